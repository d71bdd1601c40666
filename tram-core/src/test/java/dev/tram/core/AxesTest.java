package dev.tram.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The axes by hand-computed values: directions, schedules, descents, radii and their refusals. */
class AxesTest {

    private final NDManager manager = NDManager.newBaseManager("PyTorch");
    private final Map<String, NDList> buffers = new HashMap<>();
    private final Map<String, Double> numbers = new HashMap<>();

    @AfterEach
    void close() {
        manager.close();
    }

    private NDList list(float... values) {
        return new NDList(manager.create(values));
    }

    private static float[] values(NDList list) {
        return list.head().toFloatArray();
    }

    private final class State implements Direction.State, Descent.State {

        private final long step;
        private final boolean empty;

        State(long step, boolean empty) {
            this.step = step;
            this.empty = empty;
        }

        @Override
        public boolean isEmpty() {
            return empty;
        }

        @Override
        public long step() {
            return step;
        }

        @Override
        public double number(String name) {
            return numbers.getOrDefault(name, Double.NaN);
        }

        @Override
        public void setNumber(String name, double value) {
            numbers.put(name, value);
        }

        @Override
        public NDList buffer(String name) {
            return buffers.computeIfAbsent(name, key -> list(0, 0));
        }

        @Override
        public NDList output() {
            return buffer("output");
        }

        @Override
        public double dot(NDList a, NDList b) {
            return tensors().dot(a, b, manager).getFloat();
        }

        @Override
        public MultiTensor tensors() {
            return MultiTensor.portable();
        }
    }

    private List<float[]> climb(Direction direction, NDList... gradients) {
        List<float[]> climbed = new ArrayList<>();
        for (int i = 0; i < gradients.length; i++) {
            State state = new State(i, i == 0);
            climbed.add(values(direction.of(gradients[i], state)));
            direction.advance(gradients[i], state);
        }
        return climbed;
    }

    @Test
    void theGradientIsItself() {
        NDList g = list(1, 2);
        assertThat(Direction.gradient().of(g, new State(0, true))).isSameAs(g);
        assertThat(Direction.gradient().buffers()).isEmpty();
    }

    @Test
    void friendlyLeavesOutWhatTheAverageExplains() {
        Direction friendly = Direction.friendly(2f, 0.75f);
        List<float[]> v = climb(friendly, list(1, 2), list(3, 0), list(0, 0));
        assertThat(v.get(0)).containsExactly(1, 2);
        assertThat(v.get(1)).containsExactly(3 - 2, 0 - 4);
        // m = 0.75 (1, 2) + 0.25 (3, 0) = (1.5, 1.5)
        assertThat(v.get(2)).containsExactly(-3, -3);
    }

    @Test
    void averagedClimbsTheRunningMean() {
        List<float[]> v = climb(Direction.averaged(0.25f), list(4, 0), list(0, 8), list(3, 6));
        assertThat(v.get(0)).containsExactly(4, 0);
        assertThat(v.get(1)).containsExactly(3, 2);
        assertThat(v.get(2)).containsExactly(3, 3);
    }

    @Test
    void directionsCheckTheirParameters() {
        assertThatIllegalArgumentException().isThrownBy(() -> Direction.averaged(0));
        assertThatIllegalArgumentException().isThrownBy(() -> Direction.friendly(-1, 0.5f));
        assertThatIllegalArgumentException().isThrownBy(() -> Direction.friendly(1, 1));
        assertThat(Direction.momentum().isMomentum()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"0, true", "1, false", "2, false", "3, true"})
    void everyThird(long step, boolean expected) {
        assertThat(ascends(Schedule.every(3), step)).isEqualTo(expected);
    }

    private static boolean ascends(Schedule schedule, long step) {
        StepContext context = StepContext.at(step).withUniform(0.3);
        return schedule.ascends(context, schedule.observe(schedule.initialState(), context));
    }

    @Test
    void schedulesCombine() {
        Schedule schedule = Schedule.from(2).and(Schedule.until(5)).and(Schedule.every(2));
        assertThat(List.of(0L, 1L, 2L, 3L, 4L, 5L, 6L))
                .filteredOn(step -> ascends(schedule, step))
                .containsExactly(2L, 4L);
        assertThat(ascends(Schedule.random(0.3), 0)).isFalse();
        assertThat(ascends(Schedule.random(0.31), 0)).isTrue();
        assertThat(schedule.readsGradient()).isFalse();
    }

    /** By hand: μ and s² of ‖g‖² = 4, 9, 1 with δ = ½. */
    @Test
    void adaptiveAscendsWhereTheGradientIsLarge() {
        Schedule schedule = Schedule.adaptive(0.5f, -1f, 1f, 4);
        double[] state = schedule.initialState();
        boolean[] expected = {true, true, false};
        double[] norms = {2, 3, 1};
        for (int step = 0; step < norms.length; step++) {
            StepContext context = StepContext.at(step).withNorms(Double.NaN, norms[step]);
            state = schedule.observe(state, context);
            assertThat(schedule.ascends(context, state)).as("%d", step).isEqualTo(expected[step]);
        }
        assertThat(state[0]).isCloseTo(3.75, within(1e-12));
        assertThat(state[1]).isCloseTo(0.5 * 3.125 + 0.5 * 2.75 * 2.75, within(1e-12));
        assertThat(schedule.and(Schedule.always()).readsGradient()).isTrue();
        assertThat(schedule.and(Schedule.always()).initialState()).hasSize(3);
    }

    @Test
    void schedulesCheckTheirParameters() {
        assertThatIllegalArgumentException().isThrownBy(() -> Schedule.every(0));
        assertThatIllegalArgumentException().isThrownBy(() -> Schedule.from(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> Schedule.until(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> Schedule.random(1.1));
        assertThatIllegalArgumentException().isThrownBy(() -> Schedule.adaptive(1, 0, 0, 1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Schedule.adaptive(0.5f, Float.NaN, 0, 1));
    }

    private float[] combined(Descent descent, NDList ascended, NDList clean) {
        descent.combine(ascended, clean, new State(0, false));
        return values(ascended);
    }

    @Test
    void theAscendedGradientIsLeftAsItIs() {
        assertThat(combined(Descent.ascended(), list(3, 4), list(1, 1))).containsExactly(3, 4);
        assertThat(combined(Descent.functional(), list(3, 4), list(1, 1))).containsExactly(3, 4);
        assertThat(Descent.ascended().keepsAscended()).isTrue();
        assertThat(Descent.functional().isFunctional()).isTrue();
    }

    /** ⟨g, g′⟩ = 3, ⟨g′, g′⟩ = 9: g′ − ½ (g − ⅓ g′) = (3, 0) − ½ (0, 2). */
    @Test
    void gapTakesAwayWhatIsAcross() {
        assertThat(combined(Descent.gap(0.5f), list(3, 0), list(1, 2))).containsExactly(3, -1);
    }

    /** w = ¾ / ¼ = 3. */
    @Test
    void weightedMixesBoth() {
        assertThat(combined(Descent.weighted(0.75f), list(3, 0), list(1, 2)))
                .containsExactly(3 * 3 - 2 * 1, -2 * 2);
        Descent decoupled = Descent.weighted(0.75f).decoupled();
        NDList clean = list(1, 2);
        assertThat(combined(decoupled, list(3, 0), clean)).containsExactly(1, 2);
        assertThat(values(clean)).containsExactly(3, 0);
        assertThat(decoupled.decoupledWeight()).isEqualTo(3);
        assertThat(decoupled.combinesMeans()).isTrue();
        assertThat(Descent.weighted(0.75f).decoupledWeight()).isZero();
    }

    /** h = g′ − ⟨g, g′⟩/⟨g, g⟩ g = (4, 3) − 4 (1, 0) = (0, 3); later g + ½ ‖g‖/‖h‖ h. */
    @Test
    void reusedAddsTheLastingPartBetweenAscents() {
        Descent reused = Descent.reused(3, 0.5f);
        NDList before = list(5, 0);
        reused.plain(before, new State(1, false));
        assertThat(values(before)).containsExactly(5, 0);
        assertThat(combined(reused, list(4, 3), list(1, 0))).containsExactly(4, 3);
        NDList later = list(3, 4);
        reused.plain(later, new State(1, false));
        assertThat(values(later)[0]).isCloseTo(3, within(1e-6f));
        assertThat(values(later)[1]).isCloseTo(4 + 0.5f * 5, within(1e-6f));
        reused.plain(list(1, 1), new State(3, false));
        NDList forgotten = list(3, 4);
        reused.plain(forgotten, new State(4, false));
        assertThat(values(forgotten)).containsExactly(3, 4);
        assertThat(reused.schedule()).isEqualTo(Schedule.every(3));
        assertThat(reused.combinesMeans()).isTrue();
        assertThat(reused.buffers()).hasSize(1);
        assertThat(reused.numbers()).hasSize(1);
    }

    @Test
    void descentsCheckTheirParameters() {
        assertThatIllegalArgumentException().isThrownBy(() -> Descent.gap(-1));
        assertThatIllegalArgumentException().isThrownBy(() -> Descent.reused(0, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> Descent.weighted(1));
    }

    @Test
    void preconditionedDividesByAdamsRoot() {
        NDList theta = list(1, 1);
        AscentArrays.Preconditioner parts =
                new AscentArrays.Preconditioner(list(0.9f, 3.6f), 0.9, 0.5f);
        AscentArrays arrays =
                new AscentArrays(theta, list(3, 5), list(3, 5), Optional.of(parts), List.of(true));
        MultiTensor.portable().ascend(Neighborhood.preconditioned(), arrays, 1);
        // √(0.9/0.9) + 0.5 = 1.5 and √(3.6/0.9) + 0.5 = 2.5
        assertThat(values(theta)[0]).isCloseTo(1 + 2, within(1e-6f));
        assertThat(values(theta)[1]).isCloseTo(1 + 2, within(1e-6f));
        NDArray v = manager.create(1f);
        Neighborhood.Point none = new Neighborhood.Point(v, v, Optional.empty(), true);
        assertThat(Neighborhood.preconditioned().apply(v, none)).isSameAs(v);
        assertThat(Neighborhood.preconditioned().readsSecondMoment()).isTrue();
    }

    @Test
    void radiiOfTheStep() {
        StepContext step = StepContext.at(3).withNorms(0.5, 2).withLearningRate(0.1, 0.4);
        assertThat(Radius.unnormalised(0.2f).value(step)).isCloseTo(0.1, within(1e-8));
        assertThat(Radius.byLearningRate(1, 3).value(step)).isCloseTo(1.5, within(1e-12));
        assertThat(Radius.byLearningRate(1, 3, 0.2f).value(step)).isCloseTo(2, within(1e-6));
        assertThatThrownBy(() -> Radius.byLearningRate(1, 3).value(StepContext.at(0)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("byLearningRate");
        assertThatIllegalArgumentException().isThrownBy(() -> Radius.byLearningRate(3, 1));
        assertThat(Radius.byLearningRate(0, 0).isZero()).isTrue();
        assertThat(Radius.unnormalised(0).isZero()).isTrue();
        assertThat(Radius.byLearningRate(1, 3).readsLearningRate()).isTrue();
        assertThat(Radius.byLearningRate(1, 3).scaledBy(2).readsLearningRate()).isTrue();
        assertThat(Radius.byLearningRate(1, 3).scaledBy(2).isBounded()).isTrue();
        assertThat(Radius.fixed(1).scaledBy(0).isZero()).isTrue();
        assertThat(Radius.fixed(1).atMost(0).isZero()).isTrue();
    }

    @Test
    void aLaggedRadiusIsNothingWithoutAnEarlierDistance() {
        Radius lagged = Radius.distance(TrustRegion.pretrained()).lagged().atMost(2);
        assertThat(lagged.value(StepContext.at(0))).isZero();
        StepContext later = StepContext.at(1).withDistance(5, new RunningMean());
        assertThat(lagged.value(later)).isEqualTo(2);
        assertThat(lagged.isLagged()).isTrue();
        assertThat(lagged.readsGradient()).isFalse();
        assertThat(lagged.readsLearningRate()).isFalse();
        assertThat(lagged.isZero()).isFalse();
        assertThatIllegalArgumentException().isThrownBy(() -> Radius.fixed(1).lagged());
    }

    @Test
    void whatExcludesEachOtherIsRefusedByName() {
        Radius distance = Radius.distance(TrustRegion.pretrained());
        Ascent plain = Ascent.of(Neighborhood.euclidean(), Radius.fixed(1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Ascent.of(Neighborhood.adaptive(), distance.lagged()))
                .withMessageContaining("bounded by atMost");
        Direction momentum = Direction.momentum();
        assertThat(plain.withDirection(momentum).direction()).isEqualTo(momentum);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Ascent.fisher(1, 1).withDirection(momentum))
                .withMessageContaining("Euclidean or adaptive");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> Ascent.of(Neighborhood.euclidean(), distance).withDirection(momentum))
                .withMessageContaining("lagged().atMost(rho)");
        Schedule adaptive = Schedule.adaptive(0.9f, -1, 1, 10);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> plain.withDirection(momentum).withSchedule(adaptive))
                .withMessageContaining("does not read");
        Noise noise = Noise.gaussian(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Ascent.tramFisherShared(1, 1, noise).withSchedule(adaptive));
        assertThat(Ascent.none().isNone()).isTrue();
        assertThat(plain.isNone()).isFalse();
        assertThat(Ascent.scale(2, 4)).isCloseTo(0.5, within(1e-12));
    }

    @Test
    void regionsAndPenalties() {
        TrustRegion teacher = TrustRegion.teacher("large", NDList::head);
        assertThat(teacher).hasToString("Teacher[name=large, divergence=forward-kl]");
        assertThat(teacher.withDivergence(Divergences.l2()).divergence())
                .isEqualTo(Divergences.l2());
        assertThat(teacher.noise()).isEmpty();
        assertThat(TrustRegion.noisyInput(Noise.uniform(1)).noise()).contains(Noise.uniform(1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TrustRegion.teacher(" ", NDList::head));
        TrustRegionPenalty penalty = TrustRegionPenalty.of(teacher).withWeight(0.5f);
        NDArray penalized = penalty.penalized(manager.create(2f), manager.create(3f));
        assertThat(penalized.getFloat()).isEqualTo(3.5f);
        assertThat(penalty.toString()).startsWith("0.5 times the distance to Teacher");
        assertThatIllegalArgumentException().isThrownBy(() -> penalty.withWeight(-1));
    }
}
