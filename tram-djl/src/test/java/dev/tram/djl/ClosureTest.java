package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import dev.tram.core.Ascent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code tram.step}: a loop of the user's own, any number of forward passes and losses. */
class ClosureTest {

    private static final int STEPS = 4;

    static Stream<Arguments> methodsAndModels() {
        return Methods.names().stream()
                .flatMap(
                        name ->
                                Stream.of(TestModel.DROPOUT, TestModel.BATCH_NORM, TestModel.TOKENS)
                                        .map(model -> Arguments.of(name, model)));
    }

    private static TramStep step(Training training, int number) {
        JniUtils.setSeed(1000L + number);
        try (Batch batch = training.batch(number)) {
            return training.tram.step(
                    training.trainer,
                    batch,
                    () -> {
                        NDList labels = batch.getLabels();
                        NDList outputs = training.trainer.forward(batch.getData(), labels);
                        return training.trainer.getLoss().evaluate(labels, outputs);
                    });
        }
    }

    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("methodsAndModels")
    void givesTheBitsOfTheListener(String method, TestModel model) {
        Optimizer adam = Training.adam();
        try (Training listened = new Training(model, builder(method, Training.adam()).build());
                Training closed = new Training(model, builder(method, adam).build())) {
            closed.setWeights(listened.weights());
            for (int number = 0; number < STEPS; number++) {
                TramStep expected = listened.step(number);
                TramStep actual = step(closed, number);
                assertThat(actual).as("step %d", number).isEqualTo(expected);
                Training.assertSameBits(closed.weights(), listened.weights());
                Training.assertSameBits(closed.statistics(), listened.statistics());
            }
            assertThat(closed.model.getBlock()).isSameAs(closed.hook);
        }
    }

    /** With the check of the first batches, which must not alarm. */
    private static TramOptimizer.Builder builder(String method, Optimizer base) {
        return Training.method(method, base).optSelfCheck(true);
    }

    @Test
    void accumulatesAsTheListenerDoes() {
        try (Training listened =
                        new Training(TestModel.DROPOUT, method().optAccumulationSteps(2).build());
                Training closed =
                        new Training(TestModel.DROPOUT, method().optAccumulationSteps(2).build())) {
            closed.setWeights(listened.weights());
            for (int number = 0; number < STEPS; number++) {
                assertThat(step(closed, number)).isEqualTo(listened.step(number));
            }
            Training.assertSameBits(closed.weights(), listened.weights());
        }
    }

    private static TramOptimizer.Builder method() {
        return Training.method("tram-pretrained").optSelfCheck(true);
    }

    /** At a radius too small to matter, any objective must descend as DJL does alone. */
    @Test
    void takesAnyNumberOfForwardPassesAndTerms() {
        try (Training plain = Training.plain(TestModel.MLP, Training.sgd());
                Training closed =
                        new Training(
                                TestModel.MLP,
                                TramOptimizer.builder()
                                        .setBaseOptimizer(Training.sgd())
                                        .optAscent(Ascent.sam(1e-6f))
                                        .build());
                Batch one = plain.batch(1);
                Batch two = plain.batch(2)) {
            closed.setWeights(plain.weights());
            for (int step = 0; step < 3; step++) {
                try (GradientCollector collector = plain.trainer.newGradientCollector()) {
                    collector.backward(twoForwards(plain, one, two));
                }
                plain.trainer.step();
                closed.tram.step(closed.trainer, () -> twoForwards(closed, one, two));
            }
            assertThat(Training.distance(closed.weights(), plain.weights())).isLessThan(1e-5);
            assertThat(Training.sameBits(closed.weights(), plain.weights())).isFalse();
        }
    }

    private static NDArray twoForwards(Training training, Batch one, Batch two) {
        NDList first = training.trainer.forward(one.getData(), one.getLabels());
        NDList second = training.trainer.forward(two.getData());
        Loss loss = training.trainer.getLoss();
        NDArray weights = training.parameter(0).getArray();
        return loss.evaluate(one.getLabels(), first)
                .add(loss.evaluate(two.getLabels(), second).mul(0.3f))
                .add(first.head().sub(second.head()).square().mean())
                .add(weights.square().sum().mul(1e-3f));
    }

    /** d is the mean over all forward passes, by their examples. */
    @Test
    void measuresTheDistanceOverAllForwardPasses() {
        try (Training both = new Training(TestModel.MLP, method().build());
                Training whole = new Training(TestModel.MLP, method().build())) {
            whole.setWeights(both.weights());
            for (int number = 0; number < 3; number++) {
                int step = number;
                try (Batch small = both.batch(step, 3);
                        Batch large = both.batch(10 + step, 5);
                        Batch joined =
                                Training.batch(
                                        both.trainer.getManager().newSubManager(),
                                        small.getData().head().concat(large.getData().head()),
                                        small.getLabels()
                                                .head()
                                                .concat(large.getLabels().head()))) {
                    TramStep parts =
                            both.tram.step(
                                    both.trainer,
                                    () ->
                                            sum(both, small)
                                                    .mul(3)
                                                    .add(sum(both, large).mul(5))
                                                    .div(8));
                    TramStep all = whole.tram.step(whole.trainer, () -> sum(whole, joined));
                    assertThat(parts.distance()).isCloseTo(all.distance(), within(1e-6));
                    assertThat(parts.loss()).isCloseTo(all.loss(), within(1e-5));
                }
            }
        }
    }

    private static NDArray sum(Training training, Batch batch) {
        NDList outputs = training.trainer.forward(batch.getData(), batch.getLabels());
        return training.trainer.getLoss().evaluate(batch.getLabels(), outputs);
    }

    /** As a generator's backward pass leaves gradients in its discriminator. */
    @ParameterizedTest
    @ValueSource(strings = {"adam", "asam"})
    void forgetsGradientsOfOtherBackwardPasses(String name) {
        try (Training disturbed =
                        new Training(
                                TestModel.MLP, Training.method(name).optSelfCheck(true).build());
                Training alone = new Training(TestModel.MLP, Training.method(name).build())) {
            alone.setWeights(disturbed.weights());
            for (int number = 0; number < 3; number++) {
                leaveGradients(disturbed);
                assertThat(step(disturbed, number)).isEqualTo(step(alone, number));
                Training.assertSameBits(disturbed.weights(), alone.weights());
            }
        }
    }

    private static void leaveGradients(Training training) {
        try (GradientCollector collector = training.trainer.newGradientCollector()) {
            collector.backward(training.parameter(0).getArray().square().sum());
        }
    }

    static Stream<Arguments> secondCollectors() {
        Consumer<Training> own =
                training -> {
                    try (GradientCollector collector = training.trainer.newGradientCollector()) {
                        collector.backward(training.parameter(0).getArray().sum());
                    }
                };
        Consumer<Training> loop = training -> training.trainBatch(1);
        Consumer<Training> step = training -> step(training, 1);
        return Stream.of(
                Arguments.of(own, "calls backward itself, received: a second collector"),
                Arguments.of(loop, "calls backward itself, received: a second collector"),
                Arguments.of(step, "received: a step within a step"));
    }

    @ParameterizedTest
    @MethodSource("secondCollectors")
    void refusesASecondCollectorInTheClosureByName(Consumer<Training> second, String message) {
        try (Training training = new Training(TestModel.BATCH_NORM, method().build());
                Batch batch = training.batch(0)) {
            step(training, 0);
            Map<String, float[]> before = training.weights();
            assertThatThrownBy(
                            () ->
                                    training.tram.step(
                                            training.trainer,
                                            batch,
                                            () -> {
                                                NDArray loss = sum(training, batch);
                                                second.accept(training);
                                                return loss;
                                            }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("closure of tram.step")
                    .hasMessageContaining(message);
            Training.assertSameBits(training.weights(), before);
            assertThat(step(training, 2).kind()).isEqualTo(TramStep.Kind.ASCENDED);
        }
    }

    @Test
    void namesDjlsLimitInsideTheUsersOwnCollector() {
        try (Training training = new Training(TestModel.MLP, method().build())) {
            step(training, 0);
            Map<String, float[]> before = training.weights();
            try (GradientCollector collector = training.trainer.newGradientCollector()) {
                assertThatThrownBy(() -> step(training, 1))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("of which a JVM has one at a time")
                        .hasMessageContaining("close yours")
                        .hasMessageContaining("train one model at a time");
            }
            Training.assertSameBits(training.weights(), before);
            assertThat(step(training, 2).kind()).isEqualTo(TramStep.Kind.ASCENDED);
        }
    }

    /** Numbers, a graph that was cut, and whole numbers. */
    static Stream<UnaryOperator<NDArray>> constants() {
        return Stream.of(
                logits -> logits.getManager().create(1f),
                logits -> logits.stopGradient().mean(),
                logits -> logits.argMax(-1).toType(DataType.FLOAT32, false).mean());
    }

    @ParameterizedTest
    @MethodSource("constants")
    void refusesAConstantLoss(UnaryOperator<NDArray> constant) {
        try (Training training = new Training(TestModel.MLP, method().build());
                Batch batch = training.batch(0)) {
            assertThatThrownBy(
                            () ->
                                    training.tram.step(
                                            training.trainer,
                                            () -> constant.apply(outputs(training, batch))))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("must depend on a trained parameter")
                    .hasMessageEndingWith("received: a constant");
            step(training, 0);
        }
    }

    /** A loss of the configuration's, which is a constant while it is told to be. */
    private static final class Switched extends Loss {

        private final Loss loss = new PositionLoss();
        private UnaryOperator<NDArray> constant;

        Switched(UnaryOperator<NDArray> constant) {
            super("switched");
            this.constant = constant;
        }

        @Override
        public NDArray evaluate(NDList labels, NDList predictions) {
            return constant == null
                    ? loss.evaluate(labels, predictions)
                    : constant.apply(predictions.head());
        }
    }

    @ParameterizedTest
    @MethodSource("constants")
    void refusesAConstantLossOfTheListenersToo(UnaryOperator<NDArray> constant) {
        Switched loss = new Switched(constant);
        TramOptimizer tram = method().build();
        try (Training training = Training.with(TestModel.MLP, tram, tram.trainingConfig(loss))) {
            Map<String, float[]> before = training.weights();
            assertThatThrownBy(() -> training.step(0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("must depend on a trained parameter")
                    .hasMessageEndingWith("received: a constant");
            Training.assertSameBits(training.weights(), before);
            loss.constant = null;
            assertThat(training.step(0).kind()).isNotEqualTo(TramStep.Kind.SKIPPED);
        }
    }

    /** For a log, say: there is no graph outside of the collector, of any loss. */
    @Test
    void theListenersLossMayBeEvaluatedOutsideOfTheCollector() {
        TramOptimizer tram = method().build();
        try (Training training =
                        Training.with(
                                TestModel.MLP, tram, tram.trainingConfig(new PositionLoss()));
                Batch batch = training.batch(0)) {
            NDList outputs;
            try (GradientCollector collector = training.trainer.newGradientCollector()) {
                outputs = training.trainer.forward(batch.getData(), batch.getLabels());
                collector.backward(training.trainer.getLoss().evaluate(batch.getLabels(), outputs));
            }
            NDArray again = training.trainer.getLoss().evaluate(batch.getLabels(), outputs);
            assertThat(again.hasGradient()).isFalse();
            assertThat(again.getFloat()).isPositive();
        }
    }

    private static NDArray outputs(Training training, Batch batch) {
        return training.trainer.forward(batch.getData(), batch.getLabels()).head();
    }

    /** DJL's progress bar asks for the batch's size. */
    @Test
    void tellsDjlsListenersOfABatchWhereTheLoopHasNone() {
        int[] size = new int[1];
        TramOptimizer tram = Training.method("sam").build();
        DefaultTrainingConfig config =
                tram.trainingConfig(new PositionLoss())
                        .addTrainingListeners(TrainingListener.Defaults.logging())
                        .addTrainingListeners(
                                new TrainingListenerAdapter() {

                                    @Override
                                    public void onTrainingBatch(Trainer trainer, BatchData data) {
                                        size[0] = data.getBatch().getSize();
                                    }
                                });
        try (Training training = Training.with(TestModel.MLP, tram, config);
                Batch batch = training.batch(0)) {
            tram.step(training.trainer, () -> sum(training, batch));
            assertThat(size[0]).isEqualTo(8);
            assertThat(batch.getData().head().toFloatArray()).isNotEmpty();
        }
    }

    @Test
    void refusesALossThatIsNoScalar() {
        try (Training training = new Training(TestModel.MLP, method().build());
                Batch batch = training.batch(0)) {
            assertThatThrownBy(
                            () ->
                                    training.tram.step(
                                            training.trainer,
                                            () ->
                                                    training.trainer
                                                            .forward(
                                                                    batch.getData(),
                                                                    batch.getLabels())
                                                            .head()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("received: one of shape");
        }
    }

    @Test
    void refusesAClosureThatDrawsFromJava() {
        Random random = new Random(1);
        try (Training training = new Training(TestModel.MLP, method().build());
                Batch batch = training.batch(0)) {
            assertThatThrownBy(
                            () ->
                                    training.tram.step(
                                            training.trainer,
                                            () -> sum(training, batch).mul(random.nextFloat())))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("relative difference");
        }
    }

    @Test
    void tellsDjlsListenersOfTheFirstPass() {
        List<Map<?, NDList>> predictions = new ArrayList<>();
        TramOptimizer tram = Training.method("sam").build();
        DefaultTrainingConfig config =
                tram.trainingConfig(new PositionLoss())
                        .addTrainingListeners(
                                new TrainingListenerAdapter() {

                                    @Override
                                    public void onTrainingBatch(Trainer trainer, BatchData data) {
                                        predictions.add(data.getPredictions());
                                    }
                                });
        try (Training training = Training.with(TestModel.MLP, tram, config)) {
            TramStep step = step(training, 0);
            assertThat(predictions).hasSize(1);
            assertThat(step.kind()).isEqualTo(TramStep.Kind.ASCENDED);
        }
    }

    @Test
    void refusesToMixTheTwoWays() {
        try (Training training = new Training(TestModel.MLP, Training.method("sam").build())) {
            training.step(0);
            assertThatThrownBy(() -> step(training, 1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("not by both");
        }
        try (Training training = new Training(TestModel.MLP, Training.method("sam").build())) {
            step(training, 0);
            assertThatThrownBy(() -> training.trainBatch(1))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("not by both");
        }
    }

    @Test
    void refusesAClosureThatDrawsItsDataAnew() {
        try (Training training = new Training(TestModel.MLP, method().build())) {
            int[] calls = new int[1];
            assertThatThrownBy(
                            () ->
                                    training.tram.step(
                                            training.trainer,
                                            () -> {
                                                try (Batch batch = training.batch(calls[0]++)) {
                                                    return sum(training, batch).mul(1);
                                                }
                                            }))
                    .isInstanceOf(IllegalStateException.class);
            step(training, 0);
        }
    }

    @Test
    void refusesAClosureThatRunsTheModelAnotherNumberOfTimes() {
        try (Training training = new Training(TestModel.MLP, method().build());
                Batch batch = training.batch(0)) {
            int[] calls = new int[1];
            assertThatThrownBy(
                            () ->
                                    training.tram.step(
                                            training.trainer,
                                            () -> {
                                                NDArray loss = sum(training, batch);
                                                return calls[0]++ == 0
                                                        ? loss
                                                        : loss.add(sum(training, batch));
                                            }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("once on inputs of the same shapes");
        }
    }

    @Test
    void needsARunOfTheModelAndALoss() {
        try (Training training = new Training(TestModel.MLP, method().build())) {
            assertThatThrownBy(() -> training.tram.step(training.trainer, () -> null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("closure's loss must be a scalar array");
            NDArray constant = training.trainer.getManager().zeros(new Shape());
            assertThatThrownBy(() -> training.tram.step(training.trainer, () -> constant))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("received: no run of it");
            assertThatThrownBy(
                            () -> {
                                try (GradientCollector open =
                                        training.trainer.newGradientCollector()) {
                                    step(training, 0);
                                }
                            })
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("close yours");
            assertThat(step(training, 0).kind()).isNotEqualTo(TramStep.Kind.SKIPPED);
        }
    }

    /** Without the listener: the configuration has the optimizer and a loss, and nothing else. */
    @Test
    void needsNoListener() {
        TramOptimizer tram = Training.method("tram-previous").build();
        DefaultTrainingConfig config =
                new DefaultTrainingConfig(new PositionLoss()).optOptimizer(tram);
        try (Training training = Training.with(TestModel.MLP, tram, config)) {
            for (int number = 0; number < 3; number++) {
                assertThat(step(training, number).distance()).isNotNaN();
                assertThat(training.model.getBlock()).isSameAs(training.hook);
            }
            training.reopen();
            assertThat(step(training, 3).distance()).isZero();
        }
    }

    @Test
    void leavesTheWeightsAsTheyWereWhereTheClosureThrows() {
        try (Training training = new Training(TestModel.MLP, method().build())) {
            step(training, 0);
            Map<String, float[]> before = training.weights();
            for (int failing = 1; failing <= 2; failing++) {
                int[] left = {failing};
                assertThatThrownBy(
                                () -> {
                                    try (Batch batch = training.batch(1)) {
                                        training.tram.step(
                                                training.trainer,
                                                batch,
                                                () -> {
                                                    NDArray loss = sum(training, batch);
                                                    if (--left[0] == 0) {
                                                        throw new HookBlock.TestFailure();
                                                    }
                                                    return loss;
                                                });
                                    }
                                })
                        .isInstanceOf(HookBlock.TestFailure.class);
                Training.assertSameBits(training.weights(), before);
                assertThat(training.model.getBlock()).isSameAs(training.hook);
            }
            assertThat(step(training, 2).kind()).isEqualTo(TramStep.Kind.ASCENDED);
        }
    }
}
