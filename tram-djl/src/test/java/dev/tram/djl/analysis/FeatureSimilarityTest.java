package dev.tram.djl.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.ParameterStore;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.initializer.NormalInitializer;
import dev.tram.core.analysis.LinearCka;
import dev.tram.djl.TestModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FeatureSimilarityTest {

    private static final int EXAMPLES = 50;
    private static final int WIDTH = 6;

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private Dataset data(int batchSize) {
        return new ArrayDataset.Builder()
                .setData(TestModel.MLP.data(manager, 1, EXAMPLES))
                .optLabels(TestModel.MLP.labels(manager, 1, EXAMPLES))
                .setSampling(batchSize, false)
                .build();
    }

    private static Linear linear(int units) {
        return Linear.builder().setUnits(units).build();
    }

    private SequentialBlock initialized(SequentialBlock block) {
        block.setInitializer(new NormalInitializer(0.5f), Parameter.Type.WEIGHT);
        block.setInitializer(new NormalInitializer(0.5f), Parameter.Type.BIAS);
        block.initialize(manager, DataType.FLOAT32, TestModel.MLP.inputShape(1));
        return block;
    }

    private SequentialBlock model() {
        return initialized(
                new SequentialBlock()
                        .add(linear(9))
                        .add(Activation::tanh)
                        .add(linear(WIDTH))
                        .add(linear(3)));
    }

    private FeatureSimilarity.Similarity compare(Block x, Block y, int batchSize)
            throws InterruptedException {
        return FeatureSimilarity.builder()
                .build()
                .measure(
                        FeatureExtractor.beforeHead(x),
                        FeatureExtractor.beforeHead(y),
                        data(batchSize),
                        manager);
    }

    private float[] features(Block block) {
        NDArray input = TestModel.MLP.data(manager, 1, EXAMPLES);
        return FeatureExtractor.beforeHead(block)
                .features(new ParameterStore(manager, false), new NDList(input))
                .toFloatArray();
    }

    @Test
    void takesTheOutputBeforeTheHeadOfChainsAndNestedChains() {
        Block[] parts = {linear(4), new LambdaBlock(Activation::tanh), linear(WIDTH)};
        SequentialBlock flat = initialized(new SequentialBlock().addAll(parts).add(linear(3)));
        float[] expected =
                new SequentialBlock()
                        .addAll(parts)
                        .forward(
                                new ParameterStore(manager, false),
                                new NDList(TestModel.MLP.data(manager, 1, EXAMPLES)),
                                false)
                        .head()
                        .toFloatArray();
        assertThat(features(flat)).hasSize(EXAMPLES * WIDTH).containsExactly(expected);

        Block head = flat.getChildren().get(3).getValue();
        SequentialBlock withOutput = new SequentialBlock().add(flat).add(Activation::relu);
        SequentialBlock nested =
                new SequentialBlock()
                        .addAll(parts)
                        .add(new SequentialBlock().add(Activation::tanh).add(head));
        assertThat(features(withOutput)).containsExactly(expected);
        assertThat(features(nested)).hasSize(EXAMPLES * WIDTH).isNotEqualTo(expected);
    }

    @Test
    void runsInEvaluationMode() {
        SequentialBlock model =
                initialized(
                        new SequentialBlock()
                                .add(linear(WIDTH))
                                .add(Dropout.builder().optRate(0.5f).build())
                                .add(linear(3)));
        assertThat(features(model)).doesNotContain(0f);
    }

    @Test
    void refusesBlocksWithoutAHead() {
        for (Block block :
                List.of(
                        linear(3),
                        new SequentialBlock(),
                        new SequentialBlock().add(Activation::tanh),
                        new SequentialBlock().add(Activation::tanh).add(linear(3)))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> FeatureExtractor.beforeHead(block))
                    .withMessageStartingWith("the model must be a SequentialBlock");
        }
    }

    @Test
    void agreesWithCkaOfAllFeaturesAtOnce() throws InterruptedException {
        SequentialBlock x = model();
        SequentialBlock y = model();
        FeatureSimilarity.Similarity similarity = compare(x, y, 7);
        Shape shape = new Shape(EXAMPLES, WIDTH);
        try (LinearCka whole = new LinearCka(manager)) {
            whole.add(manager.create(features(x), shape), manager.create(features(y), shape));
            assertThat(similarity.centred()).isCloseTo(whole.centred(), within(1e-6));
            assertThat(similarity.uncentred()).isCloseTo(whole.uncentred(), within(1e-6));
        }
        assertThat(similarity.rows()).isEqualTo(EXAMPLES);
        assertThat(similarity.centred()).isBetween(0.01, 0.99);
    }

    /** Rotated and scaled features, as a last layer whose weights are rotated and scaled. */
    @Test
    void isInvariantToRotationAndScaling() throws InterruptedException {
        Random random = new Random(4);
        for (int round = 0; round < 5; round++) {
            SequentialBlock model = model();
            SequentialBlock turned = new SequentialBlock();
            model.getChildren().values().subList(0, 3).forEach(turned::add);
            Linear rotation = Linear.builder().setUnits(WIDTH).optBias(false).build();
            turned.add(rotation).add(linear(2));
            initialized(turned);
            float scale = 0.01f + 10 * random.nextFloat();
            rotation.getParameters().valueAt(0).getArray().set(orthogonal(random, scale));
            FeatureSimilarity.Similarity same = compare(model, turned, 8);
            assertThat(same.centred()).isCloseTo(1, within(1e-5));
            assertThat(same.uncentred()).isCloseTo(1, within(1e-5));
        }
    }

    /** Gram and Schmidt. */
    private static float[] orthogonal(Random random, double scale) {
        double[][] rows = new double[WIDTH][WIDTH];
        float[] flat = new float[WIDTH * WIDTH];
        for (int i = 0; i < WIDTH; i++) {
            rows[i] = random.doubles(WIDTH, -1, 1).toArray();
            for (int j = 0; j < i; j++) {
                double dot = dot(rows[i], rows[j]);
                for (int k = 0; k < WIDTH; k++) {
                    rows[i][k] -= dot * rows[j][k];
                }
            }
            double norm = Math.sqrt(dot(rows[i], rows[i]));
            for (int k = 0; k < WIDTH; k++) {
                rows[i][k] /= norm;
                flat[i * WIDTH + k] = (float) (scale * rows[i][k]);
            }
        }
        return flat;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    @Test
    void takesARowPerValidPosition() throws InterruptedException {
        NDArray tokens = manager.randomNormal(new Shape(4, 5, 3));
        NDArray other = manager.randomNormal(new Shape(4, 5, 3));
        NDArray mask = manager.create(new float[] {1, 1, 0, 1, 0}).tile(new long[] {4, 1});
        Dataset dataset =
                new ArrayDataset.Builder()
                        .setData(tokens, other)
                        .optLabels(mask)
                        .setSampling(3, false)
                        .build();
        FeatureSimilarity.Similarity similarity =
                FeatureSimilarity.builder()
                        .optValidPositions((inputs, labels) -> labels.head())
                        .build()
                        .measure(
                                (store, inputs) -> inputs.get(0),
                                (store, inputs) -> inputs.get(1),
                                dataset,
                                manager);
        assertThat(similarity.rows()).isEqualTo(12);
        NDArray keep = mask.toType(DataType.BOOLEAN, false).flatten();
        try (LinearCka whole = new LinearCka(manager)) {
            whole.add(tokens.reshape(-1, 3).get(keep), other.reshape(-1, 3).get(keep));
            assertThat(similarity.centred()).isCloseTo(whole.centred(), within(1e-9));
        }
    }

    @Test
    void refusesFeaturesThatAreNoRows() {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                FeatureSimilarity.builder()
                                        .build()
                                        .measure(
                                                (store, inputs) -> inputs.head().sum(),
                                                (store, inputs) -> inputs.head(),
                                                data(5),
                                                manager))
                .withMessage("the features must be of shape (…, width), received: ()");
    }

    @Test
    void reportsProgressAndStopsAtAnInterrupt() throws InterruptedException {
        SequentialBlock model = model();
        List<Integer> done = new ArrayList<>();
        FeatureSimilarity similarity =
                FeatureSimilarity.builder()
                        .optProgress(
                                (examples, total, rows) -> {
                                    assertThat(total).isEqualTo(EXAMPLES);
                                    assertThat(rows).isEqualTo(examples);
                                    done.add(examples);
                                    if (done.size() == 6) {
                                        Thread.currentThread().interrupt();
                                    }
                                })
                        .build();
        FeatureExtractor features = FeatureExtractor.beforeHead(model);
        similarity.measure(features, features, data(20), manager);
        assertThat(done).containsExactly(20, 40, 50);
        assertThatExceptionOfType(InterruptedException.class)
                .isThrownBy(() -> similarity.measure(features, features, data(10), manager));
        assertThat(done).hasSize(6);
    }

    @Test
    void keepsNoFeatures() throws InterruptedException {
        SequentialBlock model = model();
        Dataset dataset = data(2);
        FeatureExtractor features = FeatureExtractor.beforeHead(model);
        int arrays = manager.getManagedArrays().size();
        List<Integer> during = new ArrayList<>();
        FeatureSimilarity.builder()
                .optProgress((done, total, rows) -> during.add(manager.getManagedArrays().size()))
                .build()
                .measure(features, features, dataset, manager);
        assertThat(during).hasSize(25).containsOnly(during.get(0));
        assertThat(manager.getManagedArrays()).hasSize(arrays);
    }
}
