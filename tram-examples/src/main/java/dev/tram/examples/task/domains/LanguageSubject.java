package dev.tram.examples.task.domains;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.examples.diagnostics.RunDirectory;
import dev.tram.examples.diagnostics.SampleBatches;
import dev.tram.examples.diagnostics.Subject;
import dev.tram.examples.experiment.Batches;
import dev.tram.examples.experiment.ModelCache;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What diagnostics see of {@code tram gpt2}: the training domain's validation blocks, and the
 * others' tests.
 */
public final class LanguageSubject implements Subject {

    private final Path pretrained;
    private final List<DomainTokens> tokens;

    private LanguageSubject(Path pretrained, List<DomainTokens> tokens) {
        this.pretrained = pretrained;
        this.tokens = tokens;
    }

    /**
     * Opens the subject of an experiment.
     *
     * @param run the experiment
     * @param out where the numbers of blocks are printed
     * @return the subject
     * @throws IOException if a file cannot be read or written
     */
    public static LanguageSubject open(RunDirectory run, PrintStream out) throws IOException {
        return open(run, ModelCache.ofUser(), out);
    }

    static LanguageSubject open(RunDirectory run, ModelCache cache, PrintStream out)
            throws IOException {
        Path pretrained = run.pretrained();
        return new LanguageSubject(
                pretrained, LanguageExperiment.tokens(run.config(), cache, pretrained, out));
    }

    @Override
    public Loss loss() {
        return new NextTokenLoss();
    }

    @Override
    public List<Sample> samples(int examples, int batch) {
        List<Sample> samples = new ArrayList<>();
        for (DomainTokens domain : tokens) {
            Split split = samples.isEmpty() ? Split.VALIDATION : Split.TEST;
            TokenBlocks blocks = domain.get(split);
            SampleBatches.Reader reader = (manager, chosen) -> batch(manager, blocks, chosen);
            samples.add(
                    new Sample(
                            domain.domain(),
                            new SampleBatches(blocks.size(), examples, batch, reader),
                            true));
        }
        return samples;
    }

    private static Batch batch(NDManager manager, TokenBlocks blocks, int... chosen) {
        BlockBatch batch = BlockBatch.read(manager, blocks, chosen);
        return Batches.of(
                manager, new NDList(batch.inputs()), new NDList(batch.labels()), chosen.length);
    }

    @Override
    public TransformerModel pretrained(NDManager manager, long seed) throws IOException {
        return new ModelSource.Pretrained(pretrained).load(manager, seed);
    }

    @Override
    public void close() throws IOException {
        for (DomainTokens open : tokens) {
            open.close();
        }
    }
}
