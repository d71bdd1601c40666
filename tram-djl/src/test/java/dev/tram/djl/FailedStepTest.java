package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.tram.core.Ascent;
import dev.tram.core.MultiTensor;
import dev.tram.djl.internal.engine.Replica;
import java.lang.reflect.Field;
import java.lang.reflect.Proxy;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What throws in the user's own parts of a step leaves nothing behind: the next batch is right. */
class FailedStepTest {

    private static final int STEPS = 5;
    private static final int BAD = 2;

    private static Map<String, float[]> undisturbed(String method) {
        TramOptimizer tram = Training.method(method, Training.adam()).build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            training.steps(0, STEPS);
            return training.weights();
        }
    }

    @ParameterizedTest
    @CsvSource({"sam,1", "sam,2", "tram-pretrained,2", "asam+mesa,1", "asam+mesa,2"})
    void aLossThatThrowsLeavesNoTrace(String method, int evaluation) {
        FailingLoss loss = new FailingLoss();
        TramOptimizer tram = Training.method(method, Training.adam()).build();
        try (Training training = new Training(TestModel.MLP, tram, loss, config -> {})) {
            training.steps(0, BAD);
            loss.failAt(evaluation);
            assertThatThrownBy(() -> training.trainBatch(BAD))
                    .isInstanceOf(HookBlock.TestFailure.class);
            training.steps(BAD, STEPS);
            Training.assertSameBits(training.weights(), undisturbed(method));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aListenerThatThrowsLeavesNoTrace(boolean before) {
        String method = "tram-pretrained";
        TramOptimizer tram = Training.method(method, Training.adam()).build();
        FailingListener failing = new FailingListener();
        DefaultTrainingConfig config =
                new DefaultTrainingConfig(tram.loss(new PositionLoss())).optOptimizer(tram);
        if (before) {
            config.addTrainingListeners(failing, tram.listener());
        } else {
            config.addTrainingListeners(tram.listener(), failing);
        }
        try (Training training = Training.with(TestModel.MLP, tram, config)) {
            training.steps(0, BAD);
            failing.fails = true;
            assertThatThrownBy(() -> training.trainBatch(BAD))
                    .isInstanceOf(HookBlock.TestFailure.class);
            failing.fails = false;
            if (before) {
                // What came between the backward pass and tram's listener cannot be known.
                assertThatThrownBy(() -> training.trainBatch(BAD))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("its gradients are 0 again");
            } else {
                // The gradient was ready when the listener threw.
                training.trainer.step();
            }
            training.steps(before ? BAD : BAD + 1, STEPS);
            Training.assertSameBits(training.weights(), undisturbed(method));
        }
    }

    /** What was updated before the failure stays so, and nothing is updated twice. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void anUpdateThatThrowsIsOver(int parameter) {
        FailingOptimizer base = new FailingOptimizer();
        TramOptimizer tram =
                TramOptimizer.builder().setBaseOptimizer(base).optAscent(Ascent.sam(0.1f)).build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            training.steps(0, BAD);
            training.trainBatch(BAD);
            base.failAt(parameter);
            assertThatThrownBy(training.trainer::step).isInstanceOf(HookBlock.TestFailure.class);
            Map<String, float[]> weights = training.weights();
            assertThatThrownBy(training.trainer::step)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("step() without a completed batch");
            Training.assertSameBits(training.weights(), weights);
            assertThat(training.step(BAD + 1).kind()).isEqualTo(TramStep.Kind.ASCENDED);
            assertThat(Training.sameBits(training.weights(), weights)).isFalse();
        }
    }

    @Test
    void anImpossibleLearningRateLeavesNoTrace() {
        boolean[] bad = new boolean[1];
        Tracker rate = number -> bad[0] ? Float.NaN : 0.01f;
        Optimizer base = Optimizer.adam().optLearningRateTracker(rate).build();
        TramOptimizer tram = Training.method("sam", base).build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            training.steps(0, BAD);
            training.trainBatch(STEPS);
            bad[0] = true;
            assertThatThrownBy(training.trainer::step)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("NaN");
            bad[0] = false;
            training.steps(BAD, STEPS);
            Training.assertSameBits(training.weights(), undisturbed("sam"));
        }
    }

    /** The buffer that restores θ holds an earlier one until the ascent has saved it. */
    @ParameterizedTest
    @ValueSource(strings = {"sam", "tram-previous", "tram-pretrained"})
    void anAscentThatFailsLeavesNoTrace(String method) throws ReflectiveOperationException {
        TramOptimizer tram = Training.method(method, Training.adam()).build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            training.steps(0, BAD);
            Map<String, float[]> weights = training.weights();
            Replica replica = Training.replicas(tram).first();
            Field field = Replica.class.getDeclaredField("tensors");
            field.setAccessible(true);
            Object tensors = field.get(replica);
            field.set(replica, withoutAscent(tensors));
            assertThatThrownBy(() -> training.trainBatch(BAD))
                    .isInstanceOf(HookBlock.TestFailure.class);
            field.set(replica, tensors);
            Training.assertSameBits(training.weights(), weights);
            training.steps(BAD, STEPS);
            Training.assertSameBits(training.weights(), undisturbed(method));
        }
    }

    /** Operations on arrays, of which an ascent throws before it has changed any. */
    private static Object withoutAscent(Object tensors) {
        return Proxy.newProxyInstance(
                FailedStepTest.class.getClassLoader(),
                new Class<?>[] {MultiTensor.class},
                (proxy, operation, arguments) -> {
                    if (operation.getName().equals("ascend")) {
                        throw new HookBlock.TestFailure();
                    }
                    return operation.invoke(tensors, arguments);
                });
    }

    private static final class FailingLoss extends Loss {

        private final Loss loss = new PositionLoss();
        private int evaluations;
        private int failing;

        FailingLoss() {
            super("FailingLoss");
        }

        void failAt(int evaluation) {
            evaluations = 0;
            failing = evaluation;
        }

        @Override
        public NDArray evaluate(NDList labels, NDList predictions) {
            if (++evaluations == failing) {
                throw new HookBlock.TestFailure();
            }
            return loss.evaluate(labels, predictions);
        }
    }

    private static final class FailingListener extends TrainingListenerAdapter {

        private boolean fails;

        @Override
        public void onTrainingBatch(Trainer trainer, TrainingListener.BatchData batchData) {
            if (fails) {
                throw new HookBlock.TestFailure();
            }
        }
    }

    private static final class FailingOptimizer extends Optimizer {

        private final Optimizer optimizer = Training.sgd();
        private int updates;
        private int failing;

        FailingOptimizer() {
            super(new NoOptions());
        }

        void failAt(int update) {
            updates = 0;
            failing = update;
        }

        @Override
        public void update(String parameterId, NDArray weight, NDArray gradient) {
            if (++updates == failing) {
                throw new HookBlock.TestFailure();
            }
            optimizer.update(parameterId, weight, gradient);
        }
    }

    private static final class NoOptions extends Optimizer.OptimizerBuilder<NoOptions> {

        @Override
        protected NoOptions self() {
            return this;
        }
    }
}
