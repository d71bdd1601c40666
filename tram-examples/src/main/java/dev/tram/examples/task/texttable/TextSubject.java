package dev.tram.examples.task.texttable;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.loss.Loss;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.examples.data.TokenFile;
import dev.tram.examples.diagnostics.RunDirectory;
import dev.tram.examples.diagnostics.SampleBatches;
import dev.tram.examples.diagnostics.Subject;
import dev.tram.examples.experiment.Batches;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ModelCache;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/**
 * What diagnostics see of {@code tram text} and {@code tram xnli}: the validation examples, and the
 * tests of the groups that are never trained on, such as other languages.
 */
public final class TextSubject implements Subject {

    private final String target;
    private final Encoder encoder;
    private final TextDataset data;

    private TextSubject(String target, Encoder encoder, TextDataset data) {
        this.target = target;
        this.encoder = encoder;
        this.data = data;
    }

    /**
     * Opens the subject of an experiment of {@code tram text}.
     *
     * @param run the experiment
     * @param out where progress is printed
     * @return the subject
     * @throws IOException if a file cannot be read or written
     */
    public static TextSubject open(RunDirectory run, PrintStream out) throws IOException {
        return open(run, ModelCache.ofUser(), out);
    }

    static TextSubject open(RunDirectory run, ModelCache cache, PrintStream out)
            throws IOException {
        ExperimentConfig config = run.config();
        Encoder encoder = TextExperiment.encoder(config, run.pretrained());
        return open(config.target(), TextSources.of(config.inputs()), encoder, cache, out);
    }

    /**
     * Opens the subject of an experiment of {@code tram xnli}.
     *
     * @param run the experiment
     * @param out where progress is printed
     * @return the subject
     * @throws IOException if a file cannot be read or written
     */
    public static TextSubject openXnli(RunDirectory run, PrintStream out) throws IOException {
        return openXnli(run, ModelCache.ofUser(), out);
    }

    static TextSubject openXnli(RunDirectory run, ModelCache cache, PrintStream out)
            throws IOException {
        ExperimentConfig config = run.config();
        Encoder encoder = XnliExperiment.encoder(config, run.pretrained());
        return open(config.target(), XnliExperiment.source(config), encoder, cache, out);
    }

    private static TextSubject open(
            String target, TextSource source, Encoder encoder, ModelCache cache, PrintStream out)
            throws IOException {
        return new TextSubject(target, encoder, TextExperiment.open(source, encoder, cache, out));
    }

    @Override
    public Loss loss() {
        return Loss.softmaxCrossEntropyLoss();
    }

    @Override
    public List<Sample> samples(int examples, int batch) {
        List<Sample> samples = new ArrayList<>();
        samples.add(sample(target, data.validation(), examples, batch));
        for (TextDataset.Group group : data.groups()) {
            if (!group.seen()) {
                samples.add(sample(group.name(), data.test(group), examples, batch));
            }
        }
        return samples;
    }

    private Sample sample(String name, TokenFile file, int examples, int batch) {
        SampleBatches.Reader reader =
                (manager, chosen) -> {
                    PaddedBatch padded = PaddedBatch.read(file, chosen, encoder.padId());
                    return Batches.of(
                            manager,
                            padded.inputs(manager),
                            new NDList(padded.labels(manager)),
                            chosen.length);
                };
        return new Sample(name, new SampleBatches(file.size(), examples, batch, reader), true);
    }

    @Override
    public TransformerModel pretrained(NDManager manager, long seed) throws IOException {
        manager.getEngine().setRandomSeed((int) seed);
        return encoder.load(manager, data.labels());
    }

    @Override
    public void close() throws IOException {
        data.close();
    }
}
