package dev.tram.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the axes say of themselves, by which a step is planned. */
class AxisPropertiesTest {

    private static final TrustRegion PREVIOUS = TrustRegion.previousStep();

    static List<Arguments> radii() {
        Radius distance = Radius.distance(PREVIOUS);
        Radius rate = Radius.byLearningRate(0, 1);
        return List.of(
                Arguments.of(Radius.fixed(1), "bounded"),
                Arguments.of(Radius.fixed(0), "zero bounded"),
                Arguments.of(Radius.fixed(0).scaledBy(2), "zero bounded"),
                Arguments.of(Radius.fixed(1).scaledBy(0), "zero bounded"),
                Arguments.of(Radius.fixed(1).scaledBy(2), "bounded"),
                Arguments.of(Radius.unnormalised(1), "gradient"),
                Arguments.of(Radius.unnormalised(0), "zero gradient"),
                Arguments.of(Radius.unnormalised(1).scaledBy(2), "gradient"),
                Arguments.of(Radius.unnormalised(1).atMost(2), "bounded gradient"),
                Arguments.of(rate, "bounded rate"),
                Arguments.of(Radius.byLearningRate(0, 0), "zero bounded rate"),
                Arguments.of(rate.scaledBy(2), "bounded rate"),
                Arguments.of(rate.atMost(2), "bounded rate"),
                Arguments.of(distance, "gradient region"),
                Arguments.of(distance.scaledBy(2), "gradient region"),
                Arguments.of(Radius.relative(PREVIOUS, 1), "gradient region"),
                Arguments.of(distance.lagged(), "lagged region"),
                Arguments.of(distance.lagged().scaledBy(2), "lagged region"),
                Arguments.of(distance.lagged().atMost(1), "lagged bounded region"),
                Arguments.of(distance.atMost(1).lagged(), "lagged bounded region"),
                Arguments.of(distance.scaledBy(0).lagged(), "zero lagged region"));
    }

    private static String join(Object... namesAndFlags) {
        List<String> holding = new ArrayList<>();
        for (int i = 0; i < namesAndFlags.length; i += 2) {
            if ((Boolean) namesAndFlags[i + 1]) {
                holding.add((String) namesAndFlags[i]);
            }
        }
        return String.join(" ", holding);
    }

    @ParameterizedTest
    @MethodSource("radii")
    void aRadiusKnowsItself(Radius radius, String properties) {
        assertThat(
                        join(
                                "zero", radius.isZero(),
                                "lagged", radius.isLagged(),
                                "bounded", radius.isBounded(),
                                "gradient", radius.readsGradient(),
                                "rate", radius.readsLearningRate(),
                                "region", radius.trustRegion().isPresent()))
                .isEqualTo(properties);
    }

    static List<Arguments> descents() {
        return List.of(
                Arguments.of(Descent.ascended(), "kept"),
                Arguments.of(Descent.functional(), "kept functional"),
                Arguments.of(Descent.gap(0.4f), "clean"),
                Arguments.of(Descent.reused(5, 0.7f), "clean means"),
                Arguments.of(Descent.weighted(0.9f), "clean"),
                Arguments.of(Descent.weighted(0.9f).decoupled(), "clean means"));
    }

    @ParameterizedTest
    @MethodSource("descents")
    void aDescentKnowsItself(Descent descent, String properties) {
        assertThat(
                        join(
                                "clean", descent.readsCleanGradient(),
                                "kept", descent.keepsAscended(),
                                "means", descent.combinesMeans(),
                                "functional", descent.isFunctional()))
                .isEqualTo(properties);
    }

    static List<Arguments> schedules() {
        Schedule adaptive = Schedule.adaptive(0.9f, -1, 1, 10);
        return List.of(
                Arguments.of(Schedule.always(), ""),
                Arguments.of(Schedule.random(0.5), ""),
                Arguments.of(adaptive, "gradient"),
                Arguments.of(Schedule.every(2).and(Schedule.from(3)), ""),
                Arguments.of(Schedule.every(2).and(adaptive), "gradient"),
                Arguments.of(adaptive.and(Schedule.every(2)), "gradient"));
    }

    @ParameterizedTest
    @MethodSource("schedules")
    void aScheduleKnowsItself(Schedule schedule, String properties) {
        assertThat(join("gradient", schedule.readsGradient())).isEqualTo(properties);
    }

    static List<Arguments> neighborhoods() {
        Noise noise = Noise.gaussian(0.1f);
        return List.of(
                Arguments.of(Neighborhood.euclidean(), ""),
                Arguments.of(Neighborhood.adaptive(), ""),
                Arguments.of(Neighborhood.fisher(0.1f), "gradient"),
                Arguments.of(Neighborhood.fisher(0.1f, noise), "gradient noise"),
                Arguments.of(Neighborhood.fisherShared(0.1f, noise), "gradient noise shared"),
                Arguments.of(Neighborhood.preconditioned(), "moment"));
    }

    @ParameterizedTest
    @MethodSource("neighborhoods")
    void aNeighborhoodKnowsItself(Neighborhood neighborhood, String properties) {
        assertThat(
                        join(
                                "gradient", neighborhood.readsGradient(),
                                "noise", neighborhood.noise().isPresent(),
                                "shared", neighborhood.sharesFirstPass(),
                                "moment", neighborhood.readsSecondMoment()))
                .isEqualTo(properties);
    }

    static List<Arguments> directions() {
        return List.of(
                Arguments.of(Direction.gradient(), 0),
                Arguments.of(Direction.friendly(1, 0.6f), 1),
                Arguments.of(Direction.averaged(0.4f), 1));
    }

    @ParameterizedTest
    @MethodSource("directions")
    void aDirectionKeepsItsBuffers(Direction direction, int buffers) {
        assertThat(direction.buffers()).hasSize(buffers);
    }
}
