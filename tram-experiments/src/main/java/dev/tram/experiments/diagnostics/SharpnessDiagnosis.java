package dev.tram.experiments.diagnostics;

import ai.djl.ndarray.NDManager;
import dev.tram.core.analysis.EpsilonSharpness;
import dev.tram.core.analysis.Hessian;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.analysis.ModelObjective;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.experiments.Measure;
import dev.tram.experiments.Results;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.Task;
import dev.tram.experiments.report.Table;
import java.io.IOException;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How flat the minima of an experiment's runs are: ε-sharpness on each domain (Table 6a), on
 * request with the Hessian's largest eigenvalue and trace.
 */
public final class SharpnessDiagnosis {

    private static final String NAME = "sharpness";
    private static final String LOSS = "loss";
    private static final String EIGENVALUE = "λ max";
    private static final String RESIDUAL = "λ max residual";
    private static final String TRACE = "trace";

    private final Diagnosis diagnosis;
    private final int steps;
    private final float epsilon;
    private final int hessianSteps;

    /**
     * Describes the measurement.
     *
     * @param epsilon the size ε of the box
     * @param hessianSteps the most Hessian-vector products for each of the Hessian's figures, 0 to
     *     leave them out
     */
    public SharpnessDiagnosis(Diagnosis diagnosis, int steps, float epsilon, int hessianSteps) {
        this.diagnosis = diagnosis;
        this.steps = steps;
        this.epsilon = epsilon;
        this.hessianSteps = Arguments.atLeast("--hessian", hessianSteps, 0);
        sharpness(() -> {});
        if (hessianSteps > 0) {
            hessian(() -> {});
        }
    }

    private EpsilonSharpness sharpness(Runnable tick) {
        return EpsilonSharpness.builder()
                .setSteps(steps)
                .optEpsilon(epsilon)
                .optProgress((done, total, loss) -> tick.run())
                .build();
    }

    private Hessian hessian(Runnable tick) {
        return Hessian.builder()
                .optIterations(hessianSteps)
                .optSamples(hessianSteps)
                .optTolerance(1e-3f)
                .optProgress((done, total, value) -> tick.run())
                .build();
    }

    /** Measures, and writes sharpness.json, sharpness.csv and a section of the report. */
    public void run(List<RunDirectory> targets, Outcome report, PrintStream out)
            throws IOException, InterruptedException {
        diagnosis.check(targets);
        for (RunDirectory target : targets) {
            try (Task task = diagnosis.open(target, out)) {
                Domains domains =
                        new Domains(
                                diagnosis.samples(task).stream()
                                        .filter(Diagnosis.Sample::labelled)
                                        .toList());
                Map<RunKey, Map<String, Double>> found =
                        diagnosis.each(
                                target,
                                NAME,
                                domains.samples().size() * (steps + 2 * hessianSteps),
                                (run, model, manager, tick) ->
                                        measure(model, manager, task, domains, tick),
                                Figures::inWords,
                                out);
                Results results = Figures.of(target, found, measures(domains));
                Figures.write(results, target.files().root(), NAME);
                Table table = Figures.table(results, shown(domains));
                out.printf("%n%s, ε-sharpness in %%%n%s", target.target(), table.toText());
                report.add(target, section(target, domains, results, table));
            }
        }
        report.write(NAME, "Sharpness");
    }

    private Map<String, Double> measure(
            TransformerModel model, NDManager manager, Task task, Domains domains, Runnable tick)
            throws InterruptedException {
        return domains.figures(
                sample -> {
                    try (ModelObjective objective =
                            ModelObjective.builder(model, manager, task.loss())
                                    .setDataset(sample.data())
                                    .build()) {
                        return measure(objective, tick);
                    }
                });
    }

    private Map<String, Double> measure(ModelObjective objective, Runnable tick)
            throws InterruptedException {
        Map<String, Double> figures = new LinkedHashMap<>();
        EpsilonSharpness.Sharpness found = sharpness(tick).measure(objective);
        figures.put(NAME, found.value());
        figures.put(LOSS, found.loss());
        if (hessianSteps > 0) {
            Hessian hessian = hessian(tick);
            Hessian.Eigenvalue largest = hessian.largestEigenvalue(objective);
            figures.put(EIGENVALUE, largest.value());
            figures.put(RESIDUAL, largest.residual());
            figures.put(TRACE, hessian.trace(objective).value());
        }
        return figures;
    }

    /** The flatter, the better; the Hessian's figures may be negative, at a saddle. */
    private static List<Measure> measures(Domains domains) {
        return names(domains.names(), List.of(NAME, LOSS)).stream()
                .map(name -> Measure.lower(name, name))
                .toList();
    }

    private List<String> shown(Domains domains) {
        return names(
                domains.shown(),
                hessianSteps > 0
                        ? List.of(NAME, LOSS, EIGENVALUE, RESIDUAL, TRACE)
                        : List.of(NAME, LOSS));
    }

    private static List<String> names(List<String> domains, List<String> all) {
        return domains.stream()
                .flatMap(domain -> all.stream().map(what -> Domains.name(domain, what)))
                .toList();
    }

    private String section(RunDirectory target, Domains domains, Results results, Table table)
            throws IOException {
        return "<p>By how many percent the loss can rise within a box of ε = "
                + epsilon
                + " around the weights, after "
                + steps
                + " steps of projected ascent on held-out data; lower is flatter. Mean ± 95 %"
                + " confidence interval over seeds.</p>\n"
                + table.toHtml()
                + DiagnosisCharts.intervals(results, domains.shown(), NAME, "ε-sharpness, %")
                        .toHtml(target.target() + ": ε-sharpness by method");
    }
}
