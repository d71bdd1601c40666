package dev.tram.examples.diagnostics;

import ai.djl.ndarray.NDManager;
import dev.tram.core.Arguments;
import dev.tram.core.analysis.EpsilonSharpness;
import dev.tram.core.analysis.Hessian;
import dev.tram.djl.ModelObjective;
import dev.tram.examples.experiment.Results;
import dev.tram.examples.experiment.RunKey;
import dev.tram.examples.model.TransformerModel;
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

    private final Diagnosis diagnosis;
    private final int steps;
    private final float epsilon;
    private final int hessianSteps;

    /**
     * Describes the measurement.
     *
     * @param diagnosis which models, on which data
     * @param steps the steps of the ascent
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

    /**
     * Measures, and writes sharpness.json, sharpness.csv and a section of the report.
     *
     * @param targets the experiment's targets
     * @param report the experiment's report
     * @param out where progress and tables are printed
     * @throws IOException if a file cannot be read or written
     * @throws InterruptedException if the thread is interrupted
     */
    public void run(List<RunDirectory> targets, Outcome report, PrintStream out)
            throws IOException, InterruptedException {
        diagnosis.check(targets);
        for (RunDirectory target : targets) {
            try (Subject subject = diagnosis.open(target, out)) {
                List<Subject.Sample> samples =
                        diagnosis.samples(subject).stream()
                                .filter(Subject.Sample::labelled)
                                .toList();
                Map<RunKey, Map<String, Double>> found =
                        diagnosis.each(
                                target,
                                NAME,
                                samples.size() * (steps + 2 * hessianSteps),
                                (model, manager, tick) ->
                                        measure(model, manager, subject, samples, tick),
                                Figures::inWords,
                                out);
                Results results = Figures.of(target, found);
                Figures.write(results, target.files().root(), NAME);
                Table table = Figures.table(results);
                out.printf("%n%s, ε-sharpness in %%%n%s", target.target(), table.toText());
                report.add(target, section(target, samples, results, table));
            }
        }
        report.write(NAME, "Sharpness");
    }

    private Map<String, Double> measure(
            TransformerModel model,
            NDManager manager,
            Subject subject,
            List<Subject.Sample> samples,
            Runnable tick)
            throws InterruptedException {
        Map<String, Double> figures = new LinkedHashMap<>();
        for (Subject.Sample sample : samples) {
            try (ModelObjective objective =
                    ModelObjective.builder(model, manager, subject.loss())
                            .setDataset(sample.data())
                            .build()) {
                EpsilonSharpness.Sharpness found = sharpness(tick).measure(objective);
                figures.put(figure(sample), found.value());
                figures.put(sample.name() + " loss", found.loss());
                if (hessianSteps > 0) {
                    Hessian hessian = hessian(tick);
                    figures.put(
                            sample.name() + " λ max", hessian.largestEigenvalue(objective).value());
                    figures.put(sample.name() + " trace", hessian.trace(objective).value());
                }
            }
        }
        return figures;
    }

    private static String figure(Subject.Sample sample) {
        return sample.name() + " sharpness";
    }

    private String section(
            RunDirectory target, List<Subject.Sample> samples, Results results, Table table)
            throws IOException {
        return "<p>By how many percent the loss can rise within a box of ε = "
                + epsilon
                + " around the weights, after "
                + steps
                + " steps of projected ascent on held-out data; lower is flatter. Mean ± 95 %"
                + " confidence interval over seeds.</p>\n"
                + table.toHtml()
                + Html.figure(
                        Charts.bars(results, samples, SharpnessDiagnosis::figure, "ε-sharpness, %"),
                        target.target() + ": ε-sharpness by method");
    }
}
