package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tram.core.Ascent;
import dev.tram.core.Neighborhood;
import dev.tram.core.Noise;
import dev.tram.core.Radius;
import dev.tram.core.Schedule;
import dev.tram.core.TrustRegion;
import dev.tram.core.TrustRegionPenalty;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * TRAM-Fisher's shared mode runs the first pass at x + z. Distances are between p(·|x, θ_t) and
 * their targets all the same: those of the mode whose first pass is at x.
 */
class NoisyFirstPassTest {

    private static final Noise NOISE = Noise.gaussian(0.3f);
    private static final float ETA = 0.1f;

    static Stream<Arguments> regions() {
        return Stream.of(TestModel.MLP, TestModel.DROPOUT, TestModel.TOKENS)
                .flatMap(
                        model ->
                                Stream.of(
                                                TrustRegion.previousStep(),
                                                TrustRegion.pretrained(),
                                                TrustRegion.movingAverage(0.5f),
                                                TrustRegion.noisyInput(NOISE))
                                        .map(region -> Arguments.of(model, region)));
    }

    private static List<Neighborhood> modes() {
        return List.of(Neighborhood.fisher(ETA, NOISE), Neighborhood.fisherShared(ETA, NOISE));
    }

    /** The updates before it are plain ones, so that both modes measure the same parameters. */
    private static TramStep firstAscent(
            TestModel model, int step, Ascent ascent, TramOptimizer.Builder builder) {
        TramOptimizer tram =
                builder.setBaseOptimizer(Training.sgd(1f))
                        .optAscent(ascent.withSchedule(Schedule.from(step)))
                        .build();
        try (Training training = new Training(model, tram)) {
            training.steps(0, step);
            return training.step(step);
        }
    }

    @ParameterizedTest
    @MethodSource("regions")
    void theRadiusIsTheDistanceAtTheCleanInput(TestModel model, TrustRegion region) {
        for (float fraction : new float[] {1, 0.5f}) {
            double[] distances =
                    modes().stream()
                            .map(mode -> Ascent.of(mode, Radius.distance(region)))
                            .mapToDouble(
                                    ascent ->
                                            firstAscent(
                                                            model,
                                                            1,
                                                            ascent,
                                                            TramOptimizer.builder()
                                                                    .optTrustRegionFraction(
                                                                            fraction))
                                                    .distance())
                            .toArray();
            assertThat(distances[1]).isPositive().isCloseTo(distances[0], within(1e-6));
        }
    }

    @ParameterizedTest
    @MethodSource("regions")
    void thePenaltyIsTheDistanceAtTheCleanInput(TestModel model, TrustRegion region) {
        float lambda = 2f;
        TramStep[] steps =
                Stream.of(0f, lambda)
                        .map(weight -> penalised(model, region, weight, modes().get(1)))
                        .toArray(TramStep[]::new);
        double expected = penalised(model, region, 0f, modes().get(0)).distance();
        assertThat(expected).isPositive();
        assertThat(steps[0].distance()).isCloseTo(expected, within(1e-6));
        assertThat(steps[1].loss() - steps[0].loss())
                .isCloseTo(lambda * steps[1].distance(), within(1e-5));
        assertThat(steps[1].gradientNorm()).isNotEqualTo(steps[0].gradientNorm());
    }

    private static TramStep penalised(
            TestModel model, TrustRegion region, float weight, Neighborhood mode) {
        TrustRegionPenalty penalty = new TrustRegionPenalty(region, weight);
        Ascent ascent = Ascent.of(mode, Radius.fixed(0.1f));
        // A penalty by input noise is there from the first update on, the others' d is 0 in it.
        int step = region instanceof TrustRegion.NoisyInput ? 0 : 1;
        return firstAscent(model, step, ascent, TramOptimizer.builder().optPenalty(penalty));
    }
}
