package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Parameter;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.listener.TrainingListener.BatchData;
import ai.djl.training.listener.TrainingListenerAdapter;
import dev.tram.core.Ascent;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The listener notices loops that its second pass would not repeat, and no others. */
class SelfCheckTest {

    static Stream<Arguments> methodsAndModels() {
        return Methods.names().stream()
                .flatMap(
                        name ->
                                Stream.of(TestModel.values())
                                        .map(model -> Arguments.of(name, model)));
    }

    /** On two of the engine's threads, with evaluations in between. */
    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("methodsAndModels")
    void alarmsAtNoMethodOnNoModel(String method, TestModel model) {
        int usual = JniUtils.getNumThreads();
        JniUtils.setNumThreads(2);
        TramOptimizer tram = Training.method(method).optSelfCheck(true).build();
        try (Training training = new Training(model, tram)) {
            for (int number = 0; number < 5; number++) {
                training.evaluate(number);
                training.trainBatch(number);
                training.evaluate(number);
                training.trainer.step();
            }
            assertThat(tram.batches()).isEqualTo(5);
        } finally {
            JniUtils.setNumThreads(usual);
        }
    }

    private static Training training(String method) {
        return new Training(TestModel.MLP, Training.method(method).optSelfCheck(true).build());
    }

    /** One iteration of a loop of one's own with another loss than the configuration's. */
    private static void iterate(Training training, int number, UnaryOperator<NDArray> change) {
        try (Batch batch = training.batch(number)) {
            NDList outputs;
            try (GradientCollector collector = training.trainer.newGradientCollector()) {
                outputs = training.trainer.forward(batch.getData(), batch.getLabels());
                NDArray loss = training.trainer.getLoss().evaluate(batch.getLabels(), outputs);
                collector.backward(change.apply(loss));
            }
            notify(training, batch, outputs);
            training.trainer.step();
        }
    }

    private static void notify(Training training, Batch batch, NDList outputs) {
        BatchData data =
                new BatchData(
                        batch,
                        new ConcurrentHashMap<>(Map.of(Device.cpu(), batch.getLabels())),
                        new ConcurrentHashMap<>(Map.of(Device.cpu(), outputs)));
        training.trainer.notifyListeners(
                listener -> listener.onTrainingBatch(training.trainer, data));
    }

    @ParameterizedTest
    @ValueSource(floats = {10, 1.001f})
    void refusesAnotherLoss(float factor) {
        try (Training training = training("sam")) {
            Map<String, float[]> before = training.weights();
            assertThatThrownBy(() -> iterate(training, 0, loss -> loss.mul(factor)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("relative difference")
                    .hasMessageContaining("tram.step(trainer, batch, closure)")
                    .hasMessageContaining("optAccumulationSteps");
            Training.assertSameBits(training.weights(), before);
            iterate(training, 1, loss -> loss);
            assertThat(training.tram.lastStep().kind()).isEqualTo(TramStep.Kind.ASCENDED);
        }
    }

    /** Scales gradients as a clipping listener does. */
    private static TrainingListener scaling(float factor) {
        return new TrainingListenerAdapter() {

            @Override
            public void onTrainingBatch(Trainer trainer, BatchData data) {
                for (Parameter parameter : trainer.getModel().getBlock().getParameters().values()) {
                    parameter.getArray().getGradient().muli(factor);
                }
            }
        };
    }

    private static Training scaled(TramOptimizer tram, TrainingListener... listeners) {
        DefaultTrainingConfig config =
                new DefaultTrainingConfig(new PositionLoss())
                        .optOptimizer(tram)
                        .addTrainingListeners(listeners);
        return Training.with(TestModel.MLP, tram, config);
    }

    @Test
    void refusesAListenerBeforeItThatEditsGradients() {
        TramOptimizer tram = Training.method("sam").optSelfCheck(true).build();
        try (Training training = scaled(tram, scaling(0.5f), tram.listener())) {
            assertThatThrownBy(() -> training.step(0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("a listener before tram's that edits gradients");
        }
    }

    /** SGD at half the rate. */
    @ParameterizedTest
    @ValueSource(strings = {"sam", "tram-previous", "sgd"})
    void aListenerAfterItEditsWhatIsDescended(String method) {
        TramOptimizer after =
                Training.method(method, Training.sgd(0.5f)).optSelfCheck(true).build();
        TramOptimizer half =
                Training.method(method, Training.sgd(0.25f)).optSelfCheck(true).build();
        try (Training training = scaled(after, after.listener(), scaling(0.5f));
                Training expected = new Training(TestModel.MLP, half)) {
            expected.setWeights(training.weights());
            training.steps(0, 3);
            expected.steps(0, 3);
            Training.assertSameBits(training.weights(), expected.weights());
        }
    }

    @Test
    void withoutAnAscentAListenerBeforeItEditsTheGradient() {
        TramOptimizer none = Training.method("sgd", Training.sgd(0.5f)).build();
        try (Training training = scaled(none, scaling(0.5f), none.listener());
                Training expected = Training.plain(TestModel.MLP, Training.sgd(0.25f))) {
            expected.setWeights(training.weights());
            training.steps(0, 3);
            expected.steps(0, 3);
            Training.assertSameBits(training.weights(), expected.weights());
        }
    }

    @Test
    void refusesATermOfTheWeights() {
        try (Training training = training("sam")) {
            NDArray weight = training.parameter(0).getArray();
            assertThatThrownBy(
                            () ->
                                    iterate(
                                            training,
                                            0,
                                            loss -> loss.add(weight.square().sum().mul(1e-3f))))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    /** The first two that a check of the powers of two never meets, and two more. */
    @ParameterizedTest
    @ValueSource(ints = {3, 5, 6, 7})
    void refusesAnotherLossOnEachFewBatches(int period) {
        try (Training training = training("sam")) {
            for (int number = 1; number < period; number++) {
                iterate(training, number, loss -> loss);
            }
            assertThatThrownBy(() -> iterate(training, period, loss -> loss.mul(1.1f)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("relative difference");
        }
    }

    /** Whatever a loop does on each n-th batch, from whichever on. */
    @Test
    void meetsEachPhaseOfEachShortPeriodWithinSixtyBatches() {
        for (int period = 2; period <= 10; period++) {
            int every = period;
            assertThat(listed(1, 60).map(n -> n % every).distinct()).hasSize(period);
        }
    }

    /** Loops may begin to do something else later. */
    @ParameterizedTest
    @ValueSource(ints = {10, 100, 1_000, 10_000})
    void meetsEachPhaseOfThePeriodsUpToFiveAgainLater(int from) {
        for (int period = 2; period <= 5; period++) {
            int every = period;
            assertThat(listed(from, 30L * from).map(n -> n % every).distinct()).hasSize(period);
        }
    }

    @Test
    void checksEverFewerBatches() {
        assertThat(listed(1, 100).count()).isEqualTo(14);
        assertThat(listed(1, 1_000).count()).isEqualTo(28);
        assertThat(listed(1, 1_000_000).count()).isEqualTo(75);
    }

    private static Stream<Long> listed(long from, long to) {
        return LongStream.rangeClosed(from, to).filter(SelfCheck::isListed).boxed();
    }

    @Test
    void warnsOnlyAfterTheFirstBatches() {
        try (Training training = training("sam")) {
            for (int number = 0; number < 9; number++) {
                iterate(training, number, loss -> loss);
            }
            for (int number = 9; number < 20; number++) {
                iterate(training, number, loss -> loss.mul(2));
            }
            assertThat(training.tram.batches()).isEqualTo(20);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sam", "tram-previous", "asam+mesa"})
    void refusesTwoForwardPassesAtAnyBatch(String method) {
        try (Training training = training(method)) {
            for (int number = 0; number < 10; number++) {
                iterate(training, number, loss -> loss);
            }
            assertThatThrownBy(() -> twoForwards(training))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("several forward passes");
            iterate(training, 10, loss -> loss);
        }
    }

    private static void twoForwards(Training training) {
        try (Batch one = training.batch(1);
                Batch two = training.batch(2)) {
            NDList outputs;
            try (GradientCollector collector = training.trainer.newGradientCollector()) {
                NDArray loss = loss(training, one);
                outputs = training.trainer.forward(two.getData(), two.getLabels());
                collector.backward(
                        loss.add(training.trainer.getLoss().evaluate(two.getLabels(), outputs)));
            }
            notify(training, two, outputs);
            training.trainer.step();
        }
    }

    private static NDArray loss(Training training, Batch batch) {
        NDList outputs = training.trainer.forward(batch.getData(), batch.getLabels());
        return training.trainer.getLoss().evaluate(batch.getLabels(), outputs);
    }

    private static void accumulateByHand(Training training) {
        try (Batch one = training.batch(1);
                Batch two = training.batch(2)) {
            try (GradientCollector collector = training.trainer.newGradientCollector()) {
                collector.backward(loss(training, one));
            }
            NDList outputs;
            try (GradientCollector collector = training.trainer.newGradientCollector()) {
                outputs = training.trainer.forward(two.getData(), two.getLabels());
                collector.backward(training.trainer.getLoss().evaluate(two.getLabels(), outputs));
            }
            if (training.tram != null) {
                notify(training, two, outputs);
            }
            training.trainer.step();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void refusesAccumulationByHandByName(boolean check) {
        TramOptimizer tram = Training.method("asam").optSelfCheck(check).build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            Map<String, float[]> before = training.weights();
            assertThatThrownBy(() -> accumulateByHand(training))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("optAccumulationSteps(k)");
            Training.assertSameBits(training.weights(), before);
            iterate(training, 1, loss -> loss);
        }
    }

    /** Without an ascent, any loop is DJL's own. */
    @Test
    void withoutAnAscentAccumulationByHandGivesDjlsBits() {
        TramOptimizer none =
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.adam())
                        .optAscent(Ascent.none())
                        .build();
        try (Training training = new Training(TestModel.MLP, none);
                Training plain = Training.plain(TestModel.MLP, Training.adam())) {
            training.setWeights(plain.weights());
            for (int step = 0; step < 3; step++) {
                accumulateByHand(training);
                accumulateByHand(plain);
                twoForwards(training);
                Training.assertSameBits(training.weights(), withTwoForwards(plain));
            }
        }
    }

    private static Map<String, float[]> withTwoForwards(Training plain) {
        try (Batch one = plain.batch(1);
                Batch two = plain.batch(2)) {
            try (GradientCollector collector = plain.trainer.newGradientCollector()) {
                collector.backward(loss(plain, one).add(loss(plain, two)));
            }
            plain.trainer.step();
            return plain.weights();
        }
    }

    @Test
    void namesWhatAForwardPassWithoutLabelsLacks() {
        try (Training training = training("sam");
                Batch batch = training.batch(0)) {
            assertThatThrownBy(
                            () -> {
                                NDList outputs;
                                try (GradientCollector collector =
                                        training.trainer.newGradientCollector()) {
                                    outputs = training.trainer.forward(batch.getData());
                                    collector.backward(outputs.head().sum());
                                }
                                notify(training, batch, outputs);
                            })
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("trainer.forward(data, labels)")
                    .hasMessageContaining("tram.step");
        }
    }

    @Test
    void namesTheCollectorThatIsOpen() {
        try (Training training = training("sam");
                Batch batch = training.batch(0)) {
            assertThatThrownBy(
                            () -> {
                                try (GradientCollector collector =
                                        training.trainer.newGradientCollector()) {
                                    NDList outputs =
                                            training.trainer.forward(
                                                    batch.getData(), batch.getLabels());
                                    collector.backward(
                                            training.trainer
                                                    .getLoss()
                                                    .evaluate(batch.getLabels(), outputs));
                                    notify(training, batch, outputs);
                                }
                            })
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("close yours");
        }
    }
}
