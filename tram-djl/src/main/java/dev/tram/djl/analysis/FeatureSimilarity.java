package dev.tram.djl.analysis;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.training.dataset.Dataset;
import dev.tram.core.analysis.LinearCka;
import dev.tram.core.analysis.Progress;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.analysis.EvaluationBatches.MiniBatch;
import dev.tram.djl.internal.engine.EngineBridge;
import dev.tram.djl.internal.pytorch.EngineBridges;
import java.util.Objects;
import java.util.function.BiFunction;

/**
 * How alike two models' features of the same data are, by linear CKA (Eq. 12): 1 if a rotation and
 * a scaling make them equal.
 *
 * <pre>{@code
 * FeatureSimilarity.Similarity kept = FeatureSimilarity.builder().build().measure(
 *         FeatureExtractor.beforeHead(pretrained), FeatureExtractor.beforeHead(tuned), data, manager);
 * }</pre>
 *
 * <p>Batches are read one after the other and features are not kept, see {@link LinearCka}.
 */
public final class FeatureSimilarity {

    private final BiFunction<NDList, NDList, NDArray> validPositions;
    private final Progress progress;

    private FeatureSimilarity(Builder builder) {
        validPositions = builder.validPositions;
        progress = builder.progress;
    }

    /**
     * Returns a builder.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Compares two models.
     *
     * @param x the first model's features
     * @param y the second model's features
     * @param dataset the data that both see
     * @param manager the parent of what is made on the way, on the models' device
     * @return the similarity
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalArgumentException if the features' shapes do not fit
     */
    public Similarity measure(
            FeatureExtractor x, FeatureExtractor y, Dataset dataset, NDManager manager)
            throws InterruptedException {
        EngineBridge bridge = EngineBridges.of(manager.getEngine());
        try (EngineBridge.Scope off = bridge.noGradient();
                NDManager scope = manager.newSubManager();
                LinearCka cka = new LinearCka(scope);
                EvaluationBatches batches = new EvaluationBatches(dataset, scope, validPositions)) {
            ParameterStore store = new ParameterStore(scope, false);
            batches.forEach(
                    batch -> {
                        if (Thread.interrupted()) {
                            throw new InterruptedException("the comparison was interrupted");
                        }
                        cka.add(rows(x, store, batch), rows(y, store, batch));
                        int done = Math.toIntExact(batch.done());
                        progress.report(
                                done, Math.toIntExact(batch.total()), (double) cka.examples());
                    });
            return new Similarity(cka.centred(), cka.uncentred(), cka.examples());
        }
    }

    /** The features as rows, those of padding left out. */
    private static NDArray rows(FeatureExtractor extractor, ParameterStore store, MiniBatch batch) {
        NDArray features = extractor.features(store, batch.data());
        Shape shape = features.getShape();
        if (shape.dimension() < 2) {
            throw Arguments.rejected("the features", "of shape (…, width)", shape);
        }
        NDArray rows = features.reshape(-1, shape.get(shape.dimension() - 1));
        return batch.valid()
                .filter(valid -> valid.size() == rows.getShape().get(0))
                .map(valid -> rows.get(valid.toType(DataType.BOOLEAN, false).flatten()))
                .orElse(rows);
    }

    /**
     * The similarity of two models' features.
     *
     * @param centred linear CKA with centred columns (Kornblith et al. 2019), in [0, 1]
     * @param uncentred Eq. 12 of the features as they are, in [0, 1]
     * @param rows the number of examples, or of positions
     */
    public record Similarity(double centred, double uncentred, long rows) {}

    /** Builds a {@link FeatureSimilarity}. */
    public static final class Builder {

        private BiFunction<NDList, NDList, NDArray> validPositions;
        private Progress progress = Progress.none();

        private Builder() {}

        /**
         * Sets which positions of a batch count, where features have a row per position; all by
         * default. Features with a row per example are not filtered.
         *
         * @param function from inputs and labels to a mask, 1 where a position counts
         * @return this builder
         */
        public Builder optValidPositions(BiFunction<NDList, NDList, NDArray> function) {
            validPositions = Objects.requireNonNull(function, "validPositions");
            return this;
        }

        /**
         * Sets a listener for each batch: the examples read, their total (both 0 if the dataset
         * does not say) and the rows so far.
         *
         * @param listener the listener; none by default
         * @return this builder
         */
        public Builder optProgress(Progress listener) {
            progress = Objects.requireNonNull(listener, "progress");
            return this;
        }

        /**
         * Builds the comparison.
         *
         * @return the comparison
         */
        public FeatureSimilarity build() {
            return new FeatureSimilarity(this);
        }
    }
}
