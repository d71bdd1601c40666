package dev.tram.djl.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Linear;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.initializer.NormalInitializer;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import ai.djl.util.Progress;
import dev.tram.core.analysis.EpsilonSharpness;
import dev.tram.core.analysis.Hessian;
import dev.tram.core.analysis.LossSurface;
import dev.tram.djl.PositionLoss;
import dev.tram.djl.Rounding;
import dev.tram.djl.TestModel;
import dev.tram.djl.Training;
import dev.tram.djl.TramOptimizer;
import dev.tram.djl.internal.pytorch.MultiTensors;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelObjectiveTest {

    private static final int EXAMPLES = 10;

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private Dataset data(TestModel kind, int batchSize) {
        return new ArrayDataset.Builder()
                .setData(kind.data(manager, 1, EXAMPLES))
                .optLabels(kind.labels(manager, 1, EXAMPLES))
                .setSampling(batchSize, false)
                .build();
    }

    /** Of the products and the softmax of two layers. */
    private static Offset<Double> rounding(double loss) {
        return within(Rounding.of(16, loss));
    }

    private static Block initialized(Block block, NDManager owner, Shape input) {
        block.setInitializer(new NormalInitializer(0.5f), Parameter.Type.WEIGHT);
        block.setInitializer(new NormalInitializer(0.5f), Parameter.Type.BIAS);
        block.initialize(owner, DataType.FLOAT32, input);
        return block;
    }

    private static float[] flat(NDList arrays) {
        NDList flat = new NDList();
        arrays.forEach(array -> flat.add(array.flatten()));
        return NDArrays.concat(flat).toFloatArray();
    }

    private NDList like(NDList arrays) {
        NDList buffers = new NDList();
        // whatever the buffers held must not matter
        arrays.forEach(array -> buffers.add(manager.ones(array.getShape()).mul(Float.NaN)));
        return buffers;
    }

    // ---- loss and gradient ----

    @ParameterizedTest
    @EnumSource(TestModel.class)
    void miniBatchesGiveTheLossAndGradientOfTheWhole(TestModel kind) {
        try (Training training = Training.plain(kind, Training.sgd());
                ModelObjective whole =
                        ModelObjective.builder(training.trainer)
                                .setDataset(data(kind, EXAMPLES))
                                .build();
                ModelObjective parts =
                        ModelObjective.builder(training.trainer)
                                .setDataset(data(kind, 4))
                                .build()) {
            NDList expected = like(whole.parameters());
            double loss = whole.lossAndGradient(expected);
            NDList gradients = like(whole.parameters());
            assertThat(parts.lossAndGradient(gradients)).isCloseTo(loss, rounding(loss));
            assertThat(parts.loss()).isCloseTo(loss, rounding(loss));
            assertThat(flat(gradients)).containsExactly(flat(expected), within(2e-6f));
            assertThat(flat(gradients)).doesNotContain(Float.NaN);

            // finite differences
            NDArray first = whole.parameters().get(0);
            float slope = expected.get(0).flatten().getFloat(0);
            double ahead = movedLoss(whole, first, 1e-2f);
            double behind = movedLoss(whole, first, -1e-2f);
            assertThat((ahead - behind) / 2e-2).isCloseTo(slope, within(1e-3));
        }
    }

    private static double movedLoss(ModelObjective objective, NDArray array, float by) {
        float[] values = array.toFloatArray();
        float[] moved = values.clone();
        moved[0] += by;
        array.set(moved);
        try {
            return objective.loss();
        } finally {
            array.set(values);
        }
    }

    @Test
    void miniBatchesComeInACycle() {
        try (Training training = Training.plain(TestModel.MLP, Training.sgd());
                ModelObjective objective =
                        ModelObjective.builder(training.trainer)
                                .setDataset(data(TestModel.MLP, 4))
                                .build()) {
            NDList gradients = like(objective.parameters());
            List<Double> losses = new ArrayList<>();
            double[] mean = new double[flat(objective.parameters()).length];
            for (int i = 0; i < 6; i++) {
                losses.add(objective.batchLossAndGradient(gradients));
                float[] gradient = flat(gradients);
                double share = i < 3 ? new double[] {0.4, 0.4, 0.2}[i] : 0;
                for (int j = 0; j < mean.length; j++) {
                    mean[j] += share * gradient[j];
                }
            }
            assertThat(losses.subList(3, 6)).isEqualTo(losses.subList(0, 3));
            assertThat(losses.get(0)).isNotEqualTo(losses.get(1));
            double loss = objective.loss();
            assertThat(0.4 * losses.get(0) + 0.4 * losses.get(1) + 0.2 * losses.get(2))
                    .isCloseTo(loss, rounding(loss));
            objective.lossAndGradient(gradients);
            float[] whole = flat(gradients);
            for (int j = 0; j < mean.length; j++) {
                assertThat(mean[j]).isCloseTo(whole[j], within(1e-6));
            }
        }
    }

    @Test
    void batchesWeighAsManyAsTheirValidPositions() {
        TestModel kind = TestModel.TOKENS;
        Loss masked = new MaskedLoss();
        try (Training training = Training.plain(kind, kind.newBlock(), Training.sgd(), masked)) {
            List<Double> losses = new ArrayList<>();
            for (int size : new int[] {4, EXAMPLES}) {
                try (ModelObjective objective =
                        ModelObjective.builder(training.trainer)
                                .setDataset(data(kind, size))
                                .optValidPositions((inputs, labels) -> labels.head().gt(0))
                                .build()) {
                    losses.add(objective.loss());
                }
            }
            assertThat(losses.get(0)).isCloseTo(losses.get(1), rounding(losses.get(1)));
            try (ModelObjective unweighted =
                    ModelObjective.builder(training.trainer).setDataset(data(kind, 4)).build()) {
                assertThat(unweighted.loss()).isNotCloseTo(losses.get(0), within(1e-5));
            }
        }
    }

    /** The mean over positions whose class is not 0. */
    private static final class MaskedLoss extends Loss {

        MaskedLoss() {
            super("masked");
        }

        @Override
        public NDArray evaluate(NDList labels, NDList predictions) {
            NDArray mask = labels.head().gt(0).toType(DataType.FLOAT32, false);
            NDArray logs = predictions.head().logSoftmax(-1);
            NDArray classes = labels.head().toType(DataType.INT64, false).expandDims(-1);
            NDArray losses = logs.gather(classes, -1).squeeze(-1).neg().mul(mask);
            return losses.sum().div(mask.sum());
        }
    }

    @Test
    void aPenaltyIsNoPartOfTheLoss() {
        TestModel kind = TestModel.MLP;
        Dataset data = data(kind, 4);
        double expected;
        try (Training plain = Training.plain(kind, Training.sgd());
                ModelObjective objective =
                        ModelObjective.builder(plain.trainer).setDataset(data).build()) {
            expected = objective.loss();
        }
        // between the first backward pass and the end of the step, when penalties are at work
        TramOptimizer r3f = Training.method("r3f").build();
        List<Double> losses = new ArrayList<>();
        TrainingListener measuring =
                new TrainingListenerAdapter() {
                    @Override
                    public void onTrainingBatch(Trainer trainer, BatchData batchData) {
                        try (ModelObjective objective =
                                ModelObjective.builder(trainer).setDataset(data).build()) {
                            losses.add(objective.loss());
                        }
                    }
                };
        DefaultTrainingConfig config =
                new DefaultTrainingConfig(r3f.loss(new PositionLoss()))
                        .optOptimizer(r3f)
                        .addTrainingListeners(measuring, r3f.listener(), measuring);
        try (Training training = Training.with(kind, r3f, config)) {
            training.step(0);
            assertThat(losses).containsExactly(expected, expected);
        }
    }

    @Test
    void theFilterSelectsWhatIsAnalysed() {
        try (Training training = Training.plain(TestModel.MLP, Training.sgd());
                ModelObjective all =
                        ModelObjective.builder(training.trainer)
                                .setDataset(data(TestModel.MLP, 4))
                                .build();
                ModelObjective biases =
                        ModelObjective.builder(training.trainer)
                                .setDataset(data(TestModel.MLP, 4))
                                .optParameterFilter(p -> p.getType() == Parameter.Type.BIAS)
                                .build()) {
            assertThat(all.parameters()).hasSize(4);
            assertThat(biases.parameters()).hasSize(2);
            NDList expected = like(all.parameters());
            all.lossAndGradient(expected);
            NDList gradients = like(biases.parameters());
            biases.lossAndGradient(gradients);
            for (int i = 0; i < 2; i++) {
                assertThat(gradients.get(i).toFloatArray())
                        .containsExactly(expected.get(2 * i + 1).toFloatArray());
            }
        }
    }

    @Test
    void usesTheOperationsOfTheEngine() {
        try (Training training = Training.plain(TestModel.MLP, Training.sgd());
                ModelObjective objective =
                        ModelObjective.builder(training.trainer)
                                .setDataset(data(TestModel.MLP, 4))
                                .build()) {
            assertThat(objective.multiTensor()).isSameAs(MultiTensors.forEngine(manager));
        }
    }

    // ---- the oracles ----

    /** ½ Σ a (w − m)² as a linear model with the squared error, an example per parameter. */
    private static final class Quadratic {

        final double[] a;
        final double[] m;
        final Block block;
        final Dataset dataset;

        private Quadratic(double[] a, double[] m, Block block, Dataset dataset) {
            this.a = a;
            this.m = m;
            this.block = block;
            this.dataset = dataset;
        }

        static Quadratic of(NDManager manager, int size, int batchSize) {
            Random random = new Random(3);
            double[] a = random.doubles(size, 0.5, 4).toArray();
            double[] m = random.doubles(size, -1, 1).toArray();
            float[] inputs = new float[size * size];
            float[] labels = new float[size];
            for (int i = 0; i < size; i++) {
                double root = Math.sqrt(size * a[i]);
                inputs[i * size + i] = (float) root;
                labels[i] = (float) (root * m[i]);
            }
            Block block = Linear.builder().setUnits(1).optBias(false).build();
            return new Quadratic(
                    a,
                    m,
                    initialized(block, manager, new Shape(1, size)),
                    new ArrayDataset.Builder()
                            .setData(manager.create(inputs, new Shape(size, size)))
                            .optLabels(manager.create(labels, new Shape(size, 1)))
                            .setSampling(batchSize, false)
                            .build());
        }

        ModelObjective objective(NDManager manager) {
            return ModelObjective.builder(block, manager, Loss.l2Loss())
                    .setDataset(dataset)
                    .build();
        }

        /** The largest loss over the box: each coordinate goes away from m. */
        double maximum(float[] w, double epsilon) {
            double loss = 0;
            for (int i = 0; i < w.length; i++) {
                double distance = Math.abs(w[i] - m[i]) + epsilon * (Math.abs(w[i]) + 1);
                loss += a[i] * distance * distance / 2;
            }
            return loss;
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {1e-5f, 1e-2f})
    void sharpnessAgreesWithTheClosedFormOfAQuadratic(float epsilon) throws InterruptedException {
        Quadratic quadratic = Quadratic.of(manager, 12, 3);
        try (ModelObjective objective = quadratic.objective(manager)) {
            float[] w = flat(objective.parameters());
            double loss = quadratic.maximum(w, 0);
            double rise = quadratic.maximum(w, epsilon) - loss;
            EpsilonSharpness.Sharpness sharpness =
                    EpsilonSharpness.builder()
                            .setSteps(40)
                            .optEpsilon(epsilon)
                            .optLearningRate(0.5f)
                            .build()
                            .measure(objective);
            assertThat(sharpness.loss()).isCloseTo(loss, within(1e-6 * loss));
            assertThat(sharpness.value())
                    .isCloseTo(100 * rise / (1 + loss), within(epsilon < 1e-3f ? 2e-4 : 1e-3));
            assertThat(flat(objective.parameters())).containsExactly(w);
        }
    }

    @Test
    void theHessianAgreesWithTheClosedFormWithinOnePercent() throws InterruptedException {
        Quadratic quadratic = Quadratic.of(manager, 12, 5);
        double[] a = quadratic.a;
        try (ModelObjective objective = quadratic.objective(manager)) {
            float[] w = flat(objective.parameters());
            double largest = IntStream.range(0, 12).mapToDouble(i -> a[i]).max().orElseThrow();
            double trace = IntStream.range(0, 12).mapToDouble(i -> a[i]).sum();
            Hessian hessian = Hessian.builder().optSamples(10).optIterations(500).build();
            Hessian.Eigenvalue found = hessian.largestEigenvalue(objective);
            assertThat(found.converged()).isTrue();
            assertThat(found.value()).isCloseTo(largest, within(0.01 * largest));
            assertThat(hessian.trace(objective).value()).isCloseTo(trace, within(0.01 * trace));
            assertThat(flat(objective.parameters())).containsExactly(w);
        }
    }

    @Test
    void sharpnessAgreesWithAnExhaustiveSearchOverThreeParameters() throws InterruptedException {
        Random random = new Random(8);
        double[][] inputs = new double[20][];
        float[] flat = new float[40];
        float[] labels = new float[20];
        for (int i = 0; i < 20; i++) {
            inputs[i] = new double[] {random.nextGaussian(), random.nextGaussian()};
            flat[2 * i] = (float) inputs[i][0];
            flat[2 * i + 1] = (float) inputs[i][1];
            labels[i] = random.nextBoolean() ? 1 : 0;
        }
        Block block = Linear.builder().setUnits(1).build();
        initialized(block, manager, new Shape(1, 2));
        Dataset data =
                new ArrayDataset.Builder()
                        .setData(manager.create(flat, new Shape(20, 2)))
                        .optLabels(manager.create(labels, new Shape(20, 1)))
                        .setSampling(5, false)
                        .build();
        float epsilon = 0.05f;
        try (ModelObjective objective =
                ModelObjective.builder(block, manager, Loss.sigmoidBinaryCrossEntropyLoss())
                        .setDataset(data)
                        .build()) {
            float[] w = flat(objective.parameters());
            double best = 0;
            int grid = 20;
            for (int i = 0; i <= grid; i++) {
                for (int j = 0; j <= grid; j++) {
                    for (int k = 0; k <= grid; k++) {
                        int[] at = {i, j, k};
                        double[] z = new double[3];
                        for (int p = 0; p < 3; p++) {
                            double share = 2.0 * at[p] / grid - 1;
                            z[p] = w[p] + epsilon * (Math.abs(w[p]) + 1) * share;
                        }
                        best = Math.max(best, logisticLoss(inputs, labels, z));
                    }
                }
            }
            EpsilonSharpness.Sharpness sharpness =
                    EpsilonSharpness.builder()
                            .setSteps(200)
                            .optEpsilon(epsilon)
                            .optLearningRate(0.1f)
                            .build()
                            .measure(objective);
            assertThat(sharpness.maximumLoss()).isCloseTo(best, within(1e-5));
            assertThat(best).isGreaterThan(sharpness.loss() + 0.01);
        }
    }

    private static double logisticLoss(double[][] inputs, float[] labels, double[] w) {
        double sum = 0;
        for (int i = 0; i < inputs.length; i++) {
            double logit = w[0] * inputs[i][0] + w[1] * inputs[i][1] + w[2];
            sum += Math.log1p(Math.exp(labels[i] == 1 ? -logit : logit));
        }
        return sum / inputs.length;
    }

    // ---- everything stays as it was ----

    private static void measureAll(ModelObjective objective) throws InterruptedException {
        EpsilonSharpness.builder()
                .setSteps(2)
                .optLearningRate(0.1f)
                .optEpsilon(0.1f)
                .build()
                .measure(objective);
        Hessian hessian = Hessian.builder().optIterations(2).optSamples(2).build();
        hessian.largestEigenvalue(objective);
        hessian.trace(objective);
        LossSurface.builder().optPoints(3).build().plane(objective);
    }

    private static List<byte[]> bytes(Block block) {
        List<byte[]> bytes = new ArrayList<>();
        for (Parameter parameter : block.getParameters().values()) {
            bytes.add(parameter.getArray().toByteArray());
            if (parameter.requiresGradient()) {
                try (NDArray gradient = parameter.getArray().getGradient()) {
                    bytes.add(gradient.toByteArray());
                }
            }
        }
        return bytes;
    }

    @ParameterizedTest
    @EnumSource(TestModel.class)
    void weightsStatisticsAndGradientsStay(TestModel kind) throws InterruptedException {
        try (Training training = Training.plain(kind, Training.sgd())) {
            training.trainBatch(0);
            List<byte[]> before = bytes(training.model.getBlock());
            int arrays = training.model.getNDManager().getManagedArrays().size();
            try (ModelObjective objective =
                    ModelObjective.builder(training.trainer).setDataset(data(kind, 4)).build()) {
                double loss = objective.loss();
                measureAll(objective);
                assertThat(objective.loss()).isEqualTo(loss);
            }
            assertThat(training.model.getNDManager().getManagedArrays()).hasSize(arrays);
            List<byte[]> after = bytes(training.model.getBlock());
            for (int i = 0; i < before.size(); i++) {
                assertThat(after.get(i)).containsExactly(before.get(i));
            }
        }
    }

    /** A measurement between the backward pass and the update changes no bit of the training. */
    @ParameterizedTest
    @ValueSource(strings = {"adam", "sam", "tram-previous", "tram-fisher", "asam+mesa"})
    void trainingGoesOnAsIfNothingHadBeenMeasured(String method) throws InterruptedException {
        TestModel kind = TestModel.BATCH_NORM;
        Map<String, float[]> expected;
        try (Training training = new Training(kind, Training.method(method).build())) {
            training.steps(0, 4);
            expected = training.weights();
        }
        try (Training training = new Training(kind, Training.method(method).build())) {
            training.steps(0, 2);
            training.trainBatch(2);
            try (ModelObjective objective =
                    ModelObjective.builder(training.trainer).setDataset(data(kind, 4)).build()) {
                measureAll(objective);
            }
            training.trainer.step();
            training.steps(3, 4);
            Training.assertSameBits(training.weights(), expected);
        }
    }

    @Test
    void worksOnAThreadThatRecordsGradients() throws Exception {
        TestModel kind = TestModel.MLP;
        FutureTask<Boolean> task =
                new FutureTask<>(
                        () -> {
                            assertThat(JniUtils.isGradMode()).isTrue();
                            try (Training training = Training.plain(kind, Training.sgd());
                                    ModelObjective objective =
                                            ModelObjective.builder(training.trainer)
                                                    .setDataset(data(kind, 4))
                                                    .build()) {
                                measureAll(objective);
                            }
                            return JniUtils.isGradMode();
                        });
        Thread thread = new Thread(task, "measuring");
        thread.start();
        assertThat(task.get()).isTrue();
        thread.join();
    }

    @Test
    void aModelForInferenceStaysOne() throws InterruptedException {
        Block block = TestModel.MLP.newBlock();
        block.initialize(manager, DataType.FLOAT32, TestModel.MLP.inputShape(1));
        block.getParameters().values().forEach(p -> p.getArray().setRequiresGradient(false));
        try (ModelObjective objective =
                ModelObjective.builder(block, manager, Loss.softmaxCrossEntropyLoss())
                        .setDataset(data(TestModel.MLP, 4))
                        .build()) {
            NDList gradients = like(objective.parameters());
            objective.lossAndGradient(gradients);
            assertThat(flat(gradients)).isNotEqualTo(new float[flat(gradients).length]);
        }
        assertThat(block.getParameters().values())
                .noneMatch(parameter -> parameter.getArray().hasGradient());
    }

    @Test
    void aFailingLossLeavesEverythingAsItWas() {
        TestModel kind = TestModel.BATCH_NORM;
        Loss failing =
                new Loss("failing") {
                    private int calls;

                    @Override
                    public NDArray evaluate(NDList labels, NDList predictions) {
                        if (++calls > 8) {
                            throw new UnsupportedOperationException("no more");
                        }
                        return predictions.head().square().mean();
                    }
                };
        try (Training training = Training.plain(kind, kind.newBlock(), Training.sgd(), failing)) {
            training.trainBatch(0);
            List<byte[]> before = bytes(training.model.getBlock());
            try (ModelObjective objective =
                    ModelObjective.builder(training.trainer).setDataset(data(kind, 4)).build()) {
                assertThatThrownBy(() -> measureAll(objective))
                        .isInstanceOf(UnsupportedOperationException.class)
                        .hasMessage("no more");
                List<byte[]> after = bytes(training.model.getBlock());
                for (int i = 0; i < before.size(); i++) {
                    assertThat(after.get(i)).containsExactly(before.get(i));
                }
            }
            // the collector was closed, too
            training.trainer.newGradientCollector().close();
        }
    }

    @Test
    void anInterruptLeavesTheWeightsAsTheyWere() {
        TestModel kind = TestModel.MLP;
        try (Training training = Training.plain(kind, Training.sgd());
                ModelObjective objective =
                        ModelObjective.builder(training.trainer)
                                .setDataset(data(kind, 4))
                                .build()) {
            Map<String, float[]> before = training.weights();
            EpsilonSharpness sharpness =
                    EpsilonSharpness.builder()
                            .setSteps(3)
                            .optProgress((done, total, loss) -> Thread.currentThread().interrupt())
                            .build();
            assertThatExceptionOfType(InterruptedException.class)
                    .isThrownBy(() -> sharpness.measure(objective));
            Training.assertSameBits(training.weights(), before);
        }
    }

    @Test
    void repeatedMeasurementsKeepNoArrays() throws InterruptedException {
        TestModel kind = TestModel.MLP;
        try (Training training = Training.plain(kind, Training.sgd())) {
            ArrayDataset data = (ArrayDataset) data(kind, 4);
            try (ModelObjective objective =
                    ModelObjective.builder(training.trainer).setDataset(data).build()) {
                measureAll(objective);
                int model = training.model.getNDManager().getManagedArrays().size();
                int own = manager.getManagedArrays().size();
                for (int i = 0; i < 3; i++) {
                    measureAll(objective);
                }
                assertThat(training.model.getNDManager().getManagedArrays()).hasSize(model);
                assertThat(manager.getManagedArrays()).hasSize(own);
            }
        }
    }

    // ---- misuse ----

    @Test
    void saysWhatIsMissing() {
        TestModel kind = TestModel.MLP;
        Dataset data = data(kind, 4);
        try (Training training = Training.plain(kind, Training.sgd())) {
            ModelObjective.Builder builder = ModelObjective.builder(training.trainer);
            assertThatIllegalStateException()
                    .isThrownBy(builder::build)
                    .withMessage("ModelObjective needs setDataset(...), received: nothing");
            assertThatIllegalStateException()
                    .isThrownBy(
                            builder.setDataset(data).optParameterFilter(parameter -> false)::build)
                    .withMessage(
                            "the model must have a parameter that is trained and passes the"
                                    + " filter, received: none of 4");
        }
        try (Model model = Model.newInstance("fresh", "PyTorch")) {
            model.setBlock(kind.newBlock());
            assertThatIllegalStateException()
                    .isThrownBy(
                            ModelObjective.builder(model, Loss.l2Loss()).setDataset(data)::build)
                    .withMessageContaining("must be initialised");
        }
    }

    @Test
    void refusesADatasetWithoutBatches() {
        TestModel kind = TestModel.MLP;
        Dataset empty =
                new Dataset() {
                    @Override
                    public Iterable<Batch> getData(NDManager owner) {
                        return List.of();
                    }

                    @Override
                    public void prepare(Progress progress) {}
                };
        try (Training training = Training.plain(kind, Training.sgd());
                ModelObjective objective =
                        ModelObjective.builder(training.trainer).setDataset(empty).build()) {
            assertThatIllegalStateException()
                    .isThrownBy(objective::loss)
                    .withMessage("the dataset must have at least 1 batch, received: none");
        }
    }

    @Test
    void passesOnWhatTheDatasetThrows() {
        TestModel kind = TestModel.MLP;
        Dataset broken =
                new Dataset() {
                    @Override
                    public Iterable<Batch> getData(NDManager owner) throws IOException {
                        throw new IOException("no such disk");
                    }

                    @Override
                    public void prepare(Progress progress) {}
                };
        try (Training training = Training.plain(kind, Training.sgd());
                ModelObjective objective =
                        ModelObjective.builder(training.trainer).setDataset(broken).build()) {
            assertThatThrownBy(objective::loss).hasRootCauseMessage("no such disk");
        }
    }
}
