package dev.tram.core;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

class AscentTest {

    private static final Noise NOISE = Noise.gaussian(0.1f);

    @Test
    void methodsAreCombinations() {
        assertThat(Ascent.none()).isEqualTo(Ascent.sam(0f));
        assertThat(Ascent.sam(0.05f))
                .isEqualTo(Ascent.of(Neighborhood.euclidean(), Radius.fixed(0.05f)));
        assertThat(Ascent.asam(0.5f)).isEqualTo(Ascent.asam(0.5f, 0f));
        assertThat(Ascent.asam(0.5f, 0.01f))
                .isEqualTo(Ascent.of(Neighborhood.adaptive(0.01f), Radius.fixed(0.5f)));
        assertThat(Ascent.fisher(0.1f, 0.2f))
                .isEqualTo(Ascent.of(Neighborhood.fisher(0.2f), Radius.fixed(0.1f)));
        assertThat(Ascent.tram(TrustRegion.pretrained()))
                .isEqualTo(
                        Ascent.of(
                                Neighborhood.adaptive(),
                                Radius.distance(TrustRegion.pretrained())));
        assertThat(Ascent.tramFisher(0.1f, 0.2f, NOISE).neighborhood())
                .isEqualTo(new Neighborhood.NoisyFisher(0.2f, NOISE, false));
        assertThat(Ascent.tramFisherShared(0.1f, 0.2f, NOISE).neighborhood())
                .isEqualTo(new Neighborhood.NoisyFisher(0.2f, NOISE, true));
        assertThat(Neighborhood.adaptive().onWeightsOnly())
                .isEqualTo(new Neighborhood.Adaptive(0f, true));
    }

    @Test
    void trustRegionsTakeAnyDivergence() {
        Divergence l2 = Divergences.l2();
        for (TrustRegion region :
                List.of(
                        TrustRegion.previousStep(),
                        TrustRegion.pretrained(),
                        TrustRegion.movingAverage(0.9f),
                        TrustRegion.noisyInput(NOISE))) {
            assertThat(region.divergence()).isEqualTo(Divergences.forwardKl());
            TrustRegion other = region.withDivergence(l2);
            assertThat(other.divergence()).isEqualTo(l2);
            assertThat(other).hasSameClassAs(region);
            assertThat(other.withDivergence(Divergences.forwardKl())).isEqualTo(region);
        }
    }

    @Test
    void noiseHasItsMoments() {
        try (NDManager manager = NDManager.newBaseManager()) {
            Shape shape = new Shape(300, 400);
            assertMoments(Noise.gaussian(0.1f).sample(manager, shape), 0.1);
            NDArray uniform = Noise.uniform(0.3f).sample(manager, shape);
            assertMoments(uniform, 0.3 / Math.sqrt(3));
            assertThat(uniform.abs().max().getFloat()).isBetween(0.299f, 0.3f);
        }
    }

    private static void assertMoments(NDArray sample, double deviation) {
        assertThat(sample.getShape()).isEqualTo(new Shape(300, 400));
        assertThat(sample.getDataType()).isEqualTo(DataType.FLOAT32);
        // five standard errors of mean and standard deviation over 120,000 values
        double error = 5 * deviation / Math.sqrt(120_000);
        double mean = sample.mean().getFloat();
        double second = sample.square().mean().getFloat();
        assertThat(mean).isBetween(-error, error);
        assertThat(Math.sqrt(second)).isBetween(deviation - error, deviation + error);
    }

    @Test
    void noiseOfWidthZeroIsZero() {
        try (NDManager manager = NDManager.newBaseManager()) {
            for (Noise noise : List.of(Noise.gaussian(0f), Noise.uniform(0f))) {
                NDArray z = noise.sample(manager, new Shape(4, 5));
                assertThat(z.abs().max().getFloat()).isZero();
            }
        }
    }
}
