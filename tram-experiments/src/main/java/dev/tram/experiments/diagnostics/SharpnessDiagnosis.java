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
 *
 * @param epsilon the size ε of the box
 * @param hessianSteps the most Hessian-vector products for each of the Hessian's figures, 0 to
 *     leave them out
 */
public record SharpnessDiagnosis(Diagnosis diagnosis, int steps, float epsilon, int hessianSteps) {

    private static final String NAME = "sharpness";
    private static final String LOSS = "loss";
    private static final String EIGENVALUE = "λ max";
    private static final String RESIDUAL = "λ max residual";
    private static final String TRACE = "trace";

    public SharpnessDiagnosis {
        Arguments.atLeast("--hessian", hessianSteps, 0);
        sharpness(steps, epsilon, () -> {});
        if (hessianSteps > 0) {
            hessian(hessianSteps, () -> {});
        }
    }

    private static EpsilonSharpness sharpness(int steps, float epsilon, Runnable tick) {
        return EpsilonSharpness.builder()
                .setSteps(steps)
                .optEpsilon(epsilon)
                .optProgress((done, total, loss) -> tick.run())
                .build();
    }

    private static Hessian hessian(int steps, Runnable tick) {
        return Hessian.builder()
                .optIterations(steps)
                .optSamples(steps)
                .optTolerance(1e-3f)
                .optProgress((done, total, value) -> tick.run())
                .build();
    }

    /** Measures, and writes sharpness.json, sharpness.csv and a section of the report. */
    public void run(List<RunDirectory> targets, Outcome report, PrintStream out)
            throws IOException, InterruptedException {
        diagnosis.run(
                targets,
                NAME,
                "Sharpness",
                (target, task) -> measure(target, task, out),
                report,
                out);
    }

    private String measure(RunDirectory target, Task task, PrintStream out)
            throws IOException, InterruptedException {
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
                        (run, model, manager, tick) -> measure(model, manager, task, domains, tick),
                        Figures::inWords,
                        out);
        // The flatter, the better; the Hessian's figures may be negative, at a saddle.
        List<Measure> measures =
                domains.names(NAME, LOSS).stream().map(name -> Measure.lower(name, name)).toList();
        Results results = Figures.of(target, found, measures);
        Table table = Figures.write(results, target, NAME, "ε-sharpness in %", out);
        String caption = target.target() + ": ε-sharpness by method";
        return """
                <p>By how many percent the loss can rise within a box of ε = %s around the \
                weights, after %s steps of projected ascent on held-out data; lower is flatter. \
                Mean ± 95 %% confidence interval over seeds.</p>
                %s%s"""
                .formatted(
                        epsilon,
                        steps,
                        table.toHtml(),
                        DiagnosisCharts.intervals(results, NAME, "ε-sharpness, %").toHtml(caption));
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
        EpsilonSharpness.Sharpness found = sharpness(steps, epsilon, tick).measure(objective);
        figures.put(NAME, found.value());
        figures.put(LOSS, found.loss());
        if (hessianSteps > 0) {
            Hessian hessian = hessian(hessianSteps, tick);
            Hessian.Eigenvalue largest = hessian.largestEigenvalue(objective);
            figures.put(EIGENVALUE, largest.value());
            figures.put(RESIDUAL, largest.residual());
            figures.put(TRACE, hessian.trace(objective).value());
        }
        return figures;
    }
}
