package dev.tram.examples.diagnostics;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import dev.tram.djl.FeatureExtractor;
import dev.tram.djl.FeatureSimilarity;
import dev.tram.examples.experiment.Results;
import dev.tram.examples.experiment.RunKey;
import dev.tram.examples.model.TransformerModel;
import java.io.IOException;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Are the pretrained representations kept? Linear CKA between the features before the head of the
 * pretrained model and of each trained one (Table 6b).
 */
public final class CkaDiagnosis {

    private static final String NAME = "cka";

    private final Diagnosis diagnosis;

    /**
     * Describes the comparison.
     *
     * @param diagnosis which models, on which data
     */
    public CkaDiagnosis(Diagnosis diagnosis) {
        this.diagnosis = diagnosis;
    }

    /**
     * Compares, and writes cka.json, cka.csv and a section of the report.
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
            try (Subject subject = diagnosis.open(target, out);
                    Model owner =
                            Model.newInstance(
                                    "pretrained", target.config().toDevice(), "PyTorch")) {
                TransformerModel pretrained = subject.pretrained(owner.getNDManager());
                List<Subject.Sample> samples = diagnosis.samples(subject);
                Map<RunKey, Map<String, Double>> found =
                        diagnosis.each(
                                target,
                                NAME,
                                samples.size(),
                                (model, manager, tick) ->
                                        compare(pretrained, model, samples, manager, tick),
                                Figures::inWords,
                                out);
                Results results = Figures.of(target, found);
                Figures.write(results, target.files().root(), NAME);
                Table table = Figures.table(results);
                out.printf(
                        "%n%s, linear CKA with the pretrained model%n%s",
                        target.target(), table.toText());
                report.add(target, section(target, samples, results, table));
            }
        }
        report.write(NAME, "Similarity to the pretrained model");
    }

    private static Map<String, Double> compare(
            TransformerModel pretrained,
            TransformerModel model,
            List<Subject.Sample> samples,
            NDManager manager,
            Runnable tick)
            throws InterruptedException {
        Map<String, Double> figures = new LinkedHashMap<>();
        for (Subject.Sample sample : samples) {
            FeatureSimilarity.Similarity similarity =
                    FeatureSimilarity.builder()
                            .build()
                            .measure(features(pretrained), features(model), sample.data(), manager);
            figures.put(figure(sample), similarity.centred());
            figures.put(sample.name() + " CKA, uncentred", similarity.uncentred());
            tick.run();
        }
        return figures;
    }

    private static FeatureExtractor features(TransformerModel model) {
        return (store, inputs) -> model.features(store, inputs, false);
    }

    private static String figure(Subject.Sample sample) {
        return sample.name() + " CKA";
    }

    private static String section(
            RunDirectory target, List<Subject.Sample> samples, Results results, Table table)
            throws IOException {
        return "<p>Linear CKA between the features before the head of the pretrained and of the"
                + " fine-tuned model, on held-out data: 1 if they are the same up to rotation and"
                + " scale, 0 if unrelated. Uncentred is the paper's Eq. 12 as printed. Mean ± 95 %"
                + " confidence interval over seeds.</p>\n"
                + table.toHtml()
                + Html.figure(
                        Charts.bars(results, samples, CkaDiagnosis::figure, "linear CKA"),
                        target.target() + ": similarity to the pretrained model by method");
    }
}
