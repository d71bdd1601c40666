package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What every method owes on every kind of model, whatever it computes. */
class StepContractTest {

    private static final int WARM_UP = 3;

    static Stream<Arguments> methodsAndModels() {
        return methodsOn(TestModel.values());
    }

    static Stream<Arguments> methodsAndTwoModels() {
        return methodsOn(TestModel.BATCH_NORM, TestModel.TOKENS);
    }

    private static Stream<Arguments> methodsOn(TestModel... models) {
        return Methods.names().stream()
                .flatMap(name -> Stream.of(models).map(model -> Arguments.of(name, model)));
    }

    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("methodsAndModels")
    void ascendsOnceAndRestoresTheWeightsBitForBit(String method, TestModel model) {
        try (Training training = new Training(model, Training.method(method).build())) {
            training.steps(0, WARM_UP);
            Map<String, float[]> before = training.weights();
            AtomicInteger elsewhere = new AtomicInteger();
            training.hook.setHook(
                    (pass, outputs) -> {
                        if (!Training.sameBits(training.weights(), before)) {
                            elsewhere.incrementAndGet();
                        }
                        return outputs;
                    });
            training.trainBatch(WARM_UP);
            int expected = passesElsewhere(method, model);
            assertThat(elsewhere).as("passes at other weights").hasValue(expected);
            Training.assertSameBits(training.weights(), before);
            training.trainer.step();
            assertThat(Training.sameBits(training.weights(), before)).isFalse();
        }
    }

    /** How many runs of the model have ε in the weights, target passes of a momentum ascent too. */
    private static int passesElsewhere(String method, TestModel model) {
        if (Training.ascendsByMomentum(method)) {
            return Training.forwardPasses(method, model, false);
        }
        boolean noisyPenalty =
                Training.settings(method)
                        .penalty()
                        .flatMap(penalty -> penalty.trustRegion().noise())
                        .isPresent();
        return !Training.ascends(method) ? 0 : noisyPenalty ? 2 : 1;
    }

    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("methodsAndModels")
    void runsAsManyPassesAsItSays(String method, TestModel model) {
        try (Training training = new Training(model, Training.method(method).build())) {
            // The fourth step may have a pass of its own to find out whether there is dropout.
            training.steps(0, WARM_UP + 1);
            training.hook.resetPasses();
            training.trainer.resetBackwards();
            training.step(WARM_UP);
            Method.Passes passes = Methods.named(method).passes();
            assertThat(training.hook.passes())
                    .as("forward")
                    .isEqualTo(Training.forwardPasses(method, model, true));
            // ∂L/∂outputs, which runs the loss alone.
            int ofLoss = Training.settings(method).descent().isFunctional() ? 1 : 0;
            assertThat(training.trainer.backwards())
                    .as("backward")
                    .isEqualTo(passes.backward() + ofLoss);
        }
    }

    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("methodsAndTwoModels")
    void restoresTheWeightsWhenAnyForwardPassFails(String method, TestModel model) {
        int passes = Training.forwardPasses(method, model, false);
        for (int failing = 1; failing <= passes; failing++) {
            int pass = failing;
            checkFailure(method, model, training -> training.hook.failAt(pass));
        }
    }

    @ParameterizedTest(name = "{0} on {1}")
    @MethodSource("methodsAndTwoModels")
    void restoresTheWeightsWhenAnyBackwardPassFails(String method, TestModel model) {
        int passes = Methods.named(method).passes().backward();
        // The loop's own backward pass fails unseen: see MomentumTest.
        int first = Training.ascendsByMomentum(method) ? 2 : 1;
        for (int failing = first; failing <= passes; failing++) {
            int pass = failing;
            checkFailure(method, model, training -> training.trainer.failBackwardAt(pass));
        }
    }

    private static void checkFailure(String method, TestModel model, Consumer<Training> sabotage) {
        try (Training training = new Training(model, Training.method(method).build())) {
            training.steps(0, WARM_UP);
            Map<String, float[]> before = training.weights();
            sabotage.accept(training);
            assertThatThrownBy(() -> training.trainBatch(WARM_UP))
                    .isInstanceOf(HookBlock.TestFailure.class);
            Training.assertSameBits(training.weights(), before);
            assertThat(training.gradients().values())
                    .allSatisfy(gradient -> assertThat(gradient).containsOnly(0f));
            TramStep next = training.step(WARM_UP + 1);
            assertThat(next.kind()).isNotEqualTo(TramStep.Kind.SKIPPED);
            assertThat(Training.sameBits(training.weights(), before)).isFalse();
            TramStep later = training.step(WARM_UP + 2);
            assertThat(later.kind())
                    .isEqualTo(
                            Training.ascends(method)
                                    ? TramStep.Kind.ASCENDED
                                    : TramStep.Kind.PLAIN);
        }
    }
}
