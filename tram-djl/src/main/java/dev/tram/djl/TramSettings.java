package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Parameter;
import ai.djl.training.optimizer.Optimizer;
import dev.tram.core.Ascent;
import dev.tram.core.Neighborhood;
import dev.tram.core.Noise;
import dev.tram.core.Radius;
import dev.tram.core.TrustRegion;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** What the user chose; see {@link TramOptimizer.Builder}. */
record TramSettings(
        Optimizer base,
        Ascent ascent,
        Optional<TrustRegionPenalty> penalty,
        boolean replayDropout,
        int accumulationSteps,
        int ascentInterval,
        float trustRegionFraction,
        Optional<Long> pretrainedCache,
        float maxGradNorm,
        boolean syncedAscent,
        int maxSkippedSteps,
        Function<NDList, NDArray> logits,
        Optional<BiFunction<NDList, NDList, NDArray>> validPositions,
        long seed,
        Predicate<Parameter> parameterFilter) {

    /** Whether there is ever an ascent. */
    boolean ascends() {
        return !(ascent.radius() instanceof Radius.Fixed fixed && fixed.rho() == 0f);
    }

    Optional<TrustRegion> radiusRegion() {
        return ascent.radius().trustRegion();
    }

    Optional<TrustRegion> penaltyRegion() {
        return penalty.map(TrustRegionPenalty::trustRegion);
    }

    /** The trust regions in use, at most two. */
    List<TrustRegion> regions() {
        return Stream.of(radiusRegion(), penaltyRegion()).flatMap(Optional::stream).toList();
    }

    /** TRAM-Fisher's neighborhood, if it is the one chosen. */
    Optional<Neighborhood.NoisyFisher> noisyFisher() {
        return ascent.neighborhood() instanceof Neighborhood.NoisyFisher fisher
                ? Optional.of(fisher)
                : Optional.empty();
    }

    /** Whether the first pass itself runs at x + z. */
    boolean firstPassIsNoisy() {
        return ascends() && noisyFisher().map(Neighborhood.NoisyFisher::shared).orElse(false);
    }

    /** The noise z of a step; one method never has two. */
    Optional<Noise> noise() {
        return Stream.concat(
                        regions().stream()
                                .filter(TrustRegion.NoisyInput.class::isInstance)
                                .map(region -> ((TrustRegion.NoisyInput) region).noise()),
                        noisyFisher().stream().map(Neighborhood.NoisyFisher::noise))
                .findFirst();
    }
}
