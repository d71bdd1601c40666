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
import dev.tram.djl.internal.engine.BaseState;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
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

    /**
     * An object without a name of its own, a lambda say: its text differs from process to process.
     */
    private static final Pattern NAMELESS = Pattern.compile("[\\w.$/]+@[0-9a-f]+");

    /**
     * What a run must have in common with the one it goes on with, by name. Functions are not among
     * it, nor the learning rate's schedule, since they cannot be compared.
     */
    Map<String, String> description() {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put("seed", Long.toString(seed));
        texts.put("ascent", text(ascent));
        texts.put("penalty", text(penalty.isPresent() ? penalty.get() : "none"));
        texts.put("accumulation_steps", text(accumulationSteps));
        texts.put("ascent_interval", text(ascentInterval));
        texts.put("trust_region_fraction", text(trustRegionFraction));
        texts.put("max_grad_norm", text(maxGradNorm));
        texts.put("replay_dropout", text(replayDropout));
        texts.put("synced_ascent", text(syncedAscent));
        texts.put("base", base.getClass().getName());
        texts.put("base_settings", text(new BaseState(base).hyperParameters()));
        return texts;
    }

    private static String text(Object value) {
        return NAMELESS.matcher(value.toString()).replaceAll("custom");
    }

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

    /** The noise z of a step. */
    Optional<Noise> noise() {
        return noises().stream().findFirst();
    }

    /** The noises of the trust regions and the neighborhood; a method may have one. */
    List<Noise> noises() {
        return Stream.concat(
                        regions().stream()
                                .filter(TrustRegion.NoisyInput.class::isInstance)
                                .map(region -> ((TrustRegion.NoisyInput) region).noise()),
                        noisyFisher().stream().map(Neighborhood.NoisyFisher::noise))
                .distinct()
                .toList();
    }
}
