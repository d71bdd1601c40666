package dev.tram.examples.task.domains;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.examples.experiment.Batches;
import dev.tram.examples.experiment.Evaluation;
import dev.tram.examples.experiment.Measure;
import dev.tram.examples.experiment.ShuffledStream;
import dev.tram.examples.experiment.SignificanceTest;
import dev.tram.examples.experiment.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Language modelling: the next token of one domain is learned, and the perplexity per token of that
 * domain and of others is measured.
 */
final class LanguageTask implements Task {

    /** The macro-average over the domains that are not trained on. */
    static final Measure ZERO_SHOT = Measure.lower("zs_avg", "ZS avg");

    /** How many blocks a validation takes. */
    private static final int VALIDATION_BLOCKS = 32;

    private final ModelSource model;
    private final DomainTokens training;
    private final Map<String, TokenBlocks> tests;
    private final int testBlocks;

    /**
     * Describes the task.
     *
     * @param model the model before training
     * @param training the domain that is trained on, all of its splits
     * @param others the other domains' tests
     * @param testBlocks how many blocks of a domain are measured at most, 0 for all
     */
    LanguageTask(
            ModelSource model, DomainTokens training, List<DomainTokens> others, int testBlocks) {
        this.model = model;
        this.training = training;
        this.testBlocks = testBlocks;
        tests = new LinkedHashMap<>();
        tests.put(training.domain(), training.get(Split.TEST));
        others.forEach(other -> tests.put(other.domain(), other.get(Split.TEST)));
    }

    @Override
    public String target() {
        return training.domain();
    }

    @Override
    public List<Measure> measures() {
        List<Measure> measures = new ArrayList<>();
        tests.keySet().forEach(domain -> measures.add(Measure.lower(domain, domain)));
        if (tests.size() > 1) {
            measures.add(ZERO_SHOT);
        }
        return measures;
    }

    @Override
    public SignificanceTest significanceTest() {
        return SignificanceTest.KOLMOGOROV_SMIRNOV;
    }

    @Override
    public boolean isZeroShot() {
        return true;
    }

    @Override
    public Measure validation() {
        return Measure.lower("validation", "validation perplexity");
    }

    @Override
    public Loss loss() {
        return new NextTokenLoss();
    }

    @Override
    public TransformerModel newModel(NDManager manager, long seed) throws IOException {
        return model.load(manager, seed);
    }

    @Override
    public Optional<Path> pretrained() {
        return model.place();
    }

    @Override
    public void save(TransformerModel trained, Path directory) throws IOException {
        model.save(trained, directory);
    }

    @Override
    public Batch batch(NDManager manager, long seed, int step, int size) {
        TokenBlocks blocks = training.get(Split.TRAINING);
        int[] chosen = new ShuffledStream(blocks.size(), seed).batch(step, size);
        BlockBatch batch = BlockBatch.read(manager, blocks, chosen);
        return Batches.of(manager, new NDList(batch.inputs()), new NDList(batch.labels()), size);
    }

    @Override
    public double validate(TransformerModel trained, NDManager manager) {
        return BlockLosses.perplexity(
                BlockLosses.of(
                        trained, training.get(Split.VALIDATION), VALIDATION_BLOCKS, manager));
    }

    @Override
    public Evaluation evaluate(TransformerModel trained, NDManager manager) {
        Map<String, Double> perplexities = new LinkedHashMap<>();
        Map<String, double[]> losses = new LinkedHashMap<>();
        tests.forEach(
                (domain, blocks) -> {
                    double[] found = BlockLosses.of(trained, blocks, testBlocks, manager);
                    losses.put(domain, found);
                    perplexities.put(domain, BlockLosses.perplexity(found));
                });
        perplexities.entrySet().stream()
                .skip(1)
                .mapToDouble(Map.Entry::getValue)
                .average()
                .ifPresent(mean -> perplexities.put(ZERO_SHOT.name(), mean));
        return new Evaluation(perplexities, losses);
    }
}
