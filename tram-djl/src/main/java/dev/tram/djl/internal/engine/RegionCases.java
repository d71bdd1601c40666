package dev.tram.djl.internal.engine;

import dev.tram.core.Noise;
import dev.tram.core.TrustRegion;

/**
 * What there is for each kind of trust region. Nothing else tells the kinds apart.
 *
 * @param <T> what there is
 */
public interface RegionCases<T> {

    /** For θ_{t−1}. */
    T previousStep();

    /** For θ_0. */
    T pretrained();

    /**
     * For θ̄.
     *
     * @param decay β
     */
    T movingAverage(float decay);

    /**
     * For x + z.
     *
     * @param z the noise
     */
    T noisyInput(Noise z);

    /** For another model. */
    T teacher(TrustRegion.Teacher teacher);

    /**
     * The case of a trust region.
     *
     * @throws IllegalStateException if the region is of no kind known here
     */
    default T of(TrustRegion region) {
        if (region instanceof TrustRegion.PreviousStep) {
            return previousStep();
        }
        if (region instanceof TrustRegion.Pretrained) {
            return pretrained();
        }
        if (region instanceof TrustRegion.MovingAverage average) {
            return movingAverage(average.decay());
        }
        if (region instanceof TrustRegion.NoisyInput noisy) {
            return noisyInput(noisy.z());
        }
        if (region instanceof TrustRegion.Teacher teacher) {
            return teacher(teacher);
        }
        throw new IllegalStateException("No target is known for the trust region " + region);
    }
}
