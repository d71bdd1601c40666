package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDList;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.tram.core.Ascent;
import dev.tram.core.Direction;
import dev.tram.core.Neighborhood;
import dev.tram.core.Radius;
import dev.tram.core.Schedule;
import dev.tram.core.TrustRegion;
import dev.tram.djl.TramStep.Kind;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where ε is 0 the step is the base optimizer's, bit for bit. */
class PlainStepTest {

    private static final int STEPS = 4;

    static List<String> methods() {
        return Methods.names();
    }

    /** Methods whose target is the model itself until it was updated. */
    static Stream<String> zeroAtFirst() {
        return Methods.names().stream().filter(name -> name.matches("tram-(pre|average).*"));
    }

    private static Method withoutEffect(String name) {
        Method method = Methods.named(name);
        method = Training.changed(method, HyperParameter.RHO, 0);
        method = Training.changed(method, HyperParameter.GAMMA, 0);
        method = Training.changed(method, HyperParameter.SCALE, 0);
        return Training.changed(method, HyperParameter.LAMBDA, 0);
    }

    private static Map<String, float[]> plain(Optimizer optimizer, int steps) {
        try (Training training = Training.plain(TestModel.MLP, optimizer)) {
            training.steps(0, steps);
            return training.weights();
        }
    }

    @ParameterizedTest
    @MethodSource("methods")
    void aZeroRadiusIsTheBaseStep(String name) {
        Tracker rate = Tracker.factor().setBaseValue(0.05f).setFactor(0.9f).build();
        List<Optimizer> bases =
                List.of(
                        Optimizer.sgd().setLearningRateTracker(rate).optMomentum(0.9f).build(),
                        Optimizer.adam().optLearningRateTracker(rate).build(),
                        Optimizer.adamW().optLearningRateTracker(rate).build());
        List<Optimizer> alone =
                List.of(
                        Optimizer.sgd().setLearningRateTracker(rate).optMomentum(0.9f).build(),
                        Optimizer.adam().optLearningRateTracker(rate).build(),
                        Optimizer.adamW().optLearningRateTracker(rate).build());
        for (int i = 0; i < bases.size(); i++) {
            TramOptimizer tram =
                    withoutEffect(name).builder().setBaseOptimizer(bases.get(i)).build();
            try (Training training = new Training(TestModel.MLP, tram)) {
                training.steps(0, STEPS);
                assertThat(tram.lastStep().kind()).isEqualTo(Kind.PLAIN);
                assertThat(tram.lastStep().perturbationNorm()).isZero();
                assertThat(tram.lastStep().perturbedLoss()).isNaN();
                Training.assertSameBits(training.weights(), plain(alone.get(i), STEPS));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("methods")
    void aZeroRadiusNeedsNoSecondPass(String name) {
        try (Training training =
                new Training(
                        TestModel.MLP,
                        withoutEffect(name)
                                .builder()
                                .setBaseOptimizer(Training.fitting(name, Training.sgd()))
                                .build())) {
            training.steps(0, 2);
            training.trainer.resetBackwards();
            training.step(2);
            assertThat(training.trainer.backwards()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @MethodSource("zeroAtFirst")
    void theFirstStepIsTheBaseStepAsNothingHasMoved(String name) {
        try (Training training = new Training(TestModel.MLP, Training.method(name).build())) {
            TramStep first = training.step(0);
            assertThat(first.kind()).isEqualTo(Kind.PLAIN);
            assertThat(first.distance()).isZero();
            assertThat(first.radius()).isZero();
            Training.assertSameBits(training.weights(), plain(Training.sgd(), 1));
            TramStep second = training.step(1);
            assertThat(second.kind()).isEqualTo(Kind.ASCENDED);
            assertThat(second.distance()).isPositive();
            assertThat(Training.sameBits(training.weights(), plain(Training.sgd(), 2))).isFalse();
            assertThat(training.tram.plainSteps()).isEqualTo(1);
        }
    }

    /**
     * Methods whose steps end with their gradient, momenta and averages of earlier ones left out.
     */
    static Stream<String> withoutMemory() {
        return Methods.names().stream()
                .filter(
                        name -> {
                            Ascent ascent = Training.settings(name).ascent();
                            return ascent.direction().equals(Direction.gradient())
                                    && !ascent.neighborhood().readsSecondMoment();
                        });
    }

    @ParameterizedTest
    @MethodSource("withoutMemory")
    void aZeroGradientMovesNothing(String name) {
        try (Training training = new Training(TestModel.MLP, Training.method(name).build())) {
            training.steps(0, 2);
            Map<String, float[]> before = training.weights();
            training.hook.setHook((pass, outputs) -> new NDList(outputs.head().mul(0)));
            TramStep step = training.step(2);
            assertThat(step.kind()).isEqualTo(Kind.PLAIN);
            assertThat(step.gradientNorm()).isZero();
            assertThat(step.perturbationNorm()).isZero();
            Training.assertSameBits(training.weights(), before);
            training.hook.setHook((pass, outputs) -> outputs);
            assertThat(training.step(3).gradientNorm()).isPositive();
            assertThat(Training.sameBits(training.weights(), before)).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void ascendsOnEveryKthUpdateOnly(int interval) {
        Ascent ascent = Ascent.sam(0.05f).withSchedule(Schedule.every(interval));
        TramOptimizer tram = Training.method("sam").optAscent(ascent).build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            for (int step = 0; step < 2 * interval; step++) {
                Map<String, float[]> before = training.weights();
                Kind expected = step % interval == 0 ? Kind.ASCENDED : Kind.PLAIN;
                assertThat(training.step(step).kind()).as("step %d", step).isEqualTo(expected);
                if (expected == Kind.PLAIN) {
                    try (Training base = Training.plain(TestModel.MLP, Training.sgd())) {
                        base.setWeights(before);
                        base.step(step);
                        Training.assertSameBits(training.weights(), base.weights());
                    }
                }
            }
            assertThat(tram.plainSteps()).isEqualTo(2L * (interval - 1));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TestModel.class,
            names = {"MLP", "BATCH_NORM", "TIED"})
    void thePreviousStepIsThatBeforeTheLatestUpdateOnPlainStepsToo(TestModel model) {
        TramOptimizer every =
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.sgd())
                        .optAscent(
                                Ascent.of(
                                        Neighborhood.euclidean(),
                                        Radius.distance(TrustRegion.previousStep())
                                                .scaledBy(1e-30f)))
                        .build();
        TramOptimizer third =
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.sgd())
                        .optAscent(
                                Ascent.tram(TrustRegion.previousStep())
                                        .withSchedule(Schedule.from(2)))
                        .build();
        try (Training a = new Training(model, every);
                Training b = new Training(model, third)) {
            a.steps(0, 3);
            assertThat(every.lastStep().realisedNorm()).isZero();
            b.steps(0, 3);
            assertThat(third.lastStep().kind()).isEqualTo(Kind.ASCENDED);
            assertThat(third.lastStep().distance()).isEqualTo(every.lastStep().distance());
        }
    }
}
