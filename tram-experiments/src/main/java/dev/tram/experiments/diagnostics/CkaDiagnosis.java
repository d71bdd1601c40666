package dev.tram.experiments.diagnostics;

import ai.djl.ndarray.NDManager;
import dev.tram.djl.analysis.FeatureExtractor;
import dev.tram.djl.analysis.FeatureSimilarity;
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
 * Are the pretrained representations kept? Linear CKA between the features before the head of the
 * pretrained model and of each trained one (Table 6b).
 */
public record CkaDiagnosis(Diagnosis diagnosis) {

    private static final String NAME = "cka";
    private static final String CENTRED = "CKA";
    private static final String UNCENTRED = "CKA, uncentred";

    /** Compares, and writes cka.json, cka.csv and a section of the report. */
    public void run(List<RunDirectory> targets, Outcome report, PrintStream out)
            throws IOException, InterruptedException {
        diagnosis.run(
                targets,
                NAME,
                "Similarity to the pretrained model",
                (target, task) -> compare(target, task, out),
                report,
                out);
    }

    private String compare(RunDirectory target, Task task, PrintStream out)
            throws IOException, InterruptedException {
        Domains domains = new Domains(diagnosis.samples(task));
        Map<RunKey, Map<String, Double>> found =
                diagnosis.each(
                        target,
                        NAME,
                        domains.samples().size(),
                        (run, model, manager, tick) ->
                                compare(
                                        task.newModel(manager, run.seed()),
                                        model,
                                        domains,
                                        manager,
                                        tick),
                        Figures::inWords,
                        out);
        // The more is kept, the better.
        List<Measure> measures =
                domains.names(CENTRED, UNCENTRED).stream()
                        .map(name -> Measure.higher(name, name))
                        .toList();
        Results results = Figures.of(target, found, measures);
        Table table =
                Figures.write(results, target, NAME, "linear CKA with the pretrained model", out);
        String caption = target.target() + ": similarity to the pretrained model by method";
        return """
                <p>Linear CKA between the features before the head of the pretrained and of the \
                fine-tuned model, on held-out data: 1 if they are the same up to rotation and \
                scale, 0 if unrelated. Uncentred is the paper's Eq. 12 as printed. Mean ± 95 %% \
                confidence interval over seeds.</p>
                %s%s"""
                .formatted(
                        table.toHtml(),
                        DiagnosisCharts.intervals(results, CENTRED, "linear CKA").toHtml(caption));
    }

    private static Map<String, Double> compare(
            TransformerModel pretrained,
            TransformerModel model,
            Domains domains,
            NDManager manager,
            Runnable tick)
            throws InterruptedException {
        return domains.figures(
                sample -> {
                    FeatureSimilarity.Similarity similarity =
                            FeatureSimilarity.builder()
                                    .build()
                                    .measure(
                                            features(pretrained),
                                            features(model),
                                            sample.data(),
                                            manager);
                    tick.run();
                    Map<String, Double> found = new LinkedHashMap<>();
                    found.put(CENTRED, similarity.centred());
                    found.put(UNCENTRED, similarity.uncentred());
                    return found;
                });
    }

    private static FeatureExtractor features(TransformerModel model) {
        return (store, inputs) -> model.features(store, inputs, false);
    }
}
