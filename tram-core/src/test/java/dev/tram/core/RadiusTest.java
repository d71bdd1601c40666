package dev.tram.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.within;

import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RadiusTest {

    private static final TrustRegion REGION = TrustRegion.previousStep();

    private static double value(Radius radius, double distance) {
        RunningMean mean = new RunningMean();
        mean.add(distance);
        return value(radius, distance, mean);
    }

    private static double value(Radius radius, double distance, RunningMean mean) {
        return radius.value(StepContext.at(0).withDistance(distance, mean));
    }

    @Test
    void fixedIgnoresTheDistance() {
        assertThat(value(Radius.fixed(0.05f), 3)).isEqualTo(0.05f);
        assertThat(Radius.fixed(0.05f).trustRegion()).isEmpty();
    }

    @Test
    void distanceIsTheDistance() {
        assertThat(value(Radius.distance(REGION), 3e-4)).isEqualTo(3e-4);
        assertThat(Radius.distance(REGION).trustRegion()).contains(REGION);
    }

    @Test
    void scaledAndBoundedCombine() {
        Radius radius = Radius.distance(REGION).scaledBy(10f).atMost(0.5f);
        assertThat(value(radius, 0.02)).isCloseTo(0.2, within(1e-15));
        assertThat(value(radius, 7)).isEqualTo(0.5);
        assertThat(radius.trustRegion()).contains(REGION);
        assertThat(value(Radius.fixed(2f).scaledBy(0f), 7)).isZero();
        assertThat(value(Radius.fixed(2f).atMost(0.5f).scaledBy(3f), 7)).isEqualTo(1.5);
    }

    @Test
    void relativeIsRhoForAConstantDistance() {
        for (double distance : new double[] {1e-9, 3e-4, 20}) {
            RunningMean mean = new RunningMean();
            Radius radius = Radius.relative(REGION, 0.5f);
            for (int step = 0; step < 300; step++) {
                mean.add(distance);
                assertThat(value(radius, distance, mean)).isCloseTo(0.5, within(1e-9));
            }
        }
    }

    @Test
    void relativeStaysRhoAfterAFirstDistanceOfZero() {
        RunningMean mean = new RunningMean();
        Radius radius = Radius.relative(REGION, 0.5f);
        mean.add(0);
        assertThat(value(radius, 0, mean)).isZero();
        mean.add(0.3);
        assertThat(value(radius, 0.3, mean)).isCloseTo(0.5, within(1e-12));
        mean.add(0);
        assertThat(value(radius, 0, mean)).isZero();
        assertThat(mean.value()).isCloseTo(0.3, within(1e-15));
    }

    @Test
    void relativeDoesNotDependOnTheScaleOfTheDistance() {
        double[] distances = {0.1, 0.5, 0.02, 3};
        RunningMean plain = new RunningMean();
        RunningMean scaled = new RunningMean();
        Radius radius = Radius.relative(REGION, 2f);
        for (double distance : distances) {
            plain.add(distance);
            scaled.add(1e-6 * distance);
            assertThat(value(radius, 1e-6 * distance, scaled))
                    .isCloseTo(value(radius, distance, plain), within(1e-12));
        }
    }

    @Test
    void relativeRefusesAMeanWithoutTheDistance() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> value(Radius.relative(REGION, 1f), 0.2, new RunningMean()))
                .withMessageContaining("includes the distance 0.2");
    }

    @Test
    void runningMeanIsBiasCorrected() {
        double[] values = {4, 1, 9, 2};
        RunningMean mean = new RunningMean();
        assertThat(mean.value()).isZero();
        double weighted = 0;
        double weights = 0;
        for (int i = 0; i < values.length; i++) {
            mean.add(values[i]);
            weighted += Math.pow(0.99, -i) * values[i];
            weights += Math.pow(0.99, -i);
            assertThat(mean.value()).isCloseTo(weighted / weights, within(1e-12));
        }
    }

    @Test
    void runningMeanIsRestoredFromItsState() {
        RunningMean mean = new RunningMean();
        mean.add(4);
        mean.add(1);
        RunningMean restored = new RunningMean(mean.sum(), mean.weight());
        mean.add(3);
        restored.add(3);
        assertThat(restored.value()).isEqualTo(mean.value());
        assertThat(new RunningMean(0, 0).value()).isZero();
    }

    @ParameterizedTest
    @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY})
    void runningMeanRefusesWhatIsNoDistance(double value) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RunningMean().add(value))
                .withMessage("distance must be a finite number >= 0, received: " + value);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RunningMean(value, 0.5))
                .withMessage("sum must be a finite number >= 0, received: " + value);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RunningMean(0.5, value))
                .withMessage("weight must be in [0, 1], received: " + value);
    }

    @ParameterizedTest
    @ValueSource(floats = {-0.1f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void everyConstantIsChecked(float bad) {
        assertRefused("rho", Radius::fixed, bad);
        assertRefused("rho", rho -> Radius.relative(REGION, rho), bad);
        assertRefused("factor", Radius.distance(REGION)::scaledBy, bad);
        assertRefused("maximum", Radius.distance(REGION)::atMost, bad);
        assertRefused("rho", Ascent::sam, bad);
        assertRefused("rho", Ascent::asam, bad);
        assertRefused("eta", eta -> Ascent.asam(0.5f, eta), bad);
        assertRefused("rho", gamma -> Ascent.fisher(gamma, 0.1f), bad);
        assertRefused("eta", eta -> Ascent.fisher(0.1f, eta), bad);
        assertRefused("eta", Neighborhood::adaptive, bad);
        assertRefused("eta", Neighborhood::fisher, bad);
        assertRefused("eta", eta -> Neighborhood.fisher(eta, Noise.gaussian(1f)), bad);
        assertRefused("sigma", Noise::gaussian, bad);
        assertRefused("limit", Noise::uniform, bad);
    }

    private static void assertRefused(String name, Consumer<Float> factory, float bad) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> factory.accept(bad))
                .withMessage(name + " must be a finite number >= 0, received: " + bad);
    }

    @ParameterizedTest
    @ValueSource(floats = {-0.1f, 1f, 1.5f, Float.NaN})
    void theDecayOfAMovingAverageIsChecked(float bad) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TrustRegion.movingAverage(bad))
                .withMessage("decay must be in [0, 1), received: " + bad);
    }

    @Test
    void nullIsRefused() {
        assertThatNullPointerException().isThrownBy(() -> Radius.distance(null));
        assertThatNullPointerException().isThrownBy(() -> Radius.relative(null, 1f));
        assertThatNullPointerException().isThrownBy(() -> REGION.withDivergence(null));
        assertThatNullPointerException().isThrownBy(() -> TrustRegion.noisyInput(null));
        assertThatNullPointerException().isThrownBy(() -> Ascent.of(null, Radius.fixed(1f)));
        assertThatNullPointerException()
                .isThrownBy(() -> Ascent.of(Neighborhood.euclidean(), null));
        assertThatNullPointerException().isThrownBy(() -> Neighborhood.fisher(0.1f, null));
    }
}
