package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Parameter;
import ai.djl.training.optimizer.Optimizer;
import dev.tram.core.Ascent;
import dev.tram.core.Descent;
import dev.tram.core.Neighborhood;
import dev.tram.core.Noise;
import dev.tram.core.TrustRegion;
import dev.tram.core.TrustRegionPenalty;
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
        Descent descent,
        Optional<TrustRegionPenalty> penalty,
        boolean replayDropout,
        int accumulationSteps,
        float trustRegionFraction,
        Optional<Long> pretrainedCache,
        float maxGradNorm,
        boolean syncedAscent,
        int maxSkippedSteps,
        boolean selfCheck,
        Function<NDList, NDArray> logits,
        Optional<BiFunction<NDList, NDList, NDArray>> validPositions,
        Predicate<Parameter> parameterFilter,
        Optional<WeightAverage> weightAverage) {

    /**
     * An object without a name of its own, a lambda say: its text differs from process to process.
     */
    private static final Pattern NAMELESS = Pattern.compile("[\\w.$/]+@[0-9a-f]+");

    /** Where the logits are unless the user says otherwise. */
    static final Function<NDList, NDArray> FIRST_OUTPUT = NDList::head;

    /**
     * What a run must have in common with the one it goes on with, by name. Functions are not among
     * it, nor the learning rate's schedule, since they cannot be compared.
     */
    Map<String, String> description() {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put("ascent", text(ascent));
        texts.put("descent", text(descent));
        texts.put("penalty", text(penalty.isPresent() ? penalty.get() : "none"));
        texts.put("accumulation_steps", text(accumulationSteps));
        texts.put("trust_region_fraction", text(trustRegionFraction));
        texts.put("max_grad_norm", text(maxGradNorm));
        texts.put("replay_dropout", text(replayDropout));
        texts.put("synced_ascent", text(syncedAscent));
        texts.put("weight_average", text(weightAverage.isPresent() ? weightAverage.get() : "none"));
        texts.put("base", base.getClass().getName());
        texts.put("base_settings", text(new BaseState(base).hyperParameters()));
        return texts;
    }

    private static String text(Object value) {
        return NAMELESS.matcher(value.toString()).replaceAll("custom");
    }

    /** Whether nobody said where the logits are. */
    @SuppressWarnings("ReferenceEquality") // The user may give the same function on purpose.
    boolean readsFirstOutput() {
        return logits == FIRST_OUTPUT;
    }

    Neighborhood neighborhood() {
        return ascent.neighborhood();
    }

    /** The trust region that an ascent measures, if any. */
    Optional<TrustRegion> measuredRegion() {
        return ascent.isNone() ? Optional.empty() : ascent.radius().trustRegion();
    }

    /** The trust regions in use, at most two. */
    List<TrustRegion> regions() {
        return Stream.of(measuredRegion(), penalty.map(TrustRegionPenalty::trustRegion))
                .flatMap(Optional::stream)
                .distinct()
                .toList();
    }

    /** The noise z of a step. */
    Optional<Noise> noise() {
        return noises().stream().findFirst();
    }

    /** The noises of the trust regions and the neighborhood; a method may have one. */
    List<Noise> noises() {
        Stream<Noise> ofNeighborhood =
                ascent.isNone() ? Stream.empty() : neighborhood().noise().stream();
        return Stream.concat(
                        regions().stream().map(TrustRegion::noise).flatMap(Optional::stream),
                        ofNeighborhood)
                .distinct()
                .toList();
    }

    /**
     * Refuses what does not go together.
     *
     * @throws IllegalStateException with the reason
     */
    void check() {
        if (noises().size() > 1) {
            throw new IllegalStateException(
                    "All parts of a method must share one noise z, received: " + noises());
        }
        BaseState state = new BaseState(base);
        if (!ascent.isNone() && neighborhood().readsSecondMoment() && !state.hasSecondMoments()) {
            throw new IllegalStateException(
                    "The preconditioned neighborhood needs DJL's Adam or AdamW as base optimizer,"
                            + " received: "
                            + base.getClass().getName());
        }
        if (ascent.direction().isMomentum()) {
            checkMomentum(state);
        }
        boolean noisyPenalty = penalty.flatMap(term -> term.trustRegion().noise()).isPresent();
        if (descent.isFunctional() && noisyPenalty) {
            throw new IllegalStateException(
                    "The functional descent takes the loss as a function of one forward pass's"
                            + " outputs, which a noisy-input penalty is not, received: both");
        }
        boolean hasState = !descent.buffers().isEmpty() || !descent.numbers().isEmpty();
        if (hasState && !descent.combinesMeans()) {
            throw new IllegalStateException(
                    "A descent with buffers() or numbers() must have combinesMeans() true, since"
                            + " each device and each accumulated batch would change them, received: "
                            + descent);
        }
        if (descent.decoupledWeight() != 0 && Double.isNaN(state.nextLearningRate(""))) {
            throw new IllegalStateException(
                    "A decoupled descent needs a base optimizer whose learning rate DJL's tracker"
                            + " gives (SGD, Adam, AdamW), received: "
                            + base.getClass().getName());
        }
    }

    /** Whether g is averaged over devices and accumulated batches beside what is descended. */
    boolean averagesCleanGradients() {
        return descent.combinesMeans() || !ascent.direction().buffers().isEmpty();
    }

    /** What a run of the base optimizer alone has of these settings. */
    TramSettings plain() {
        return new TramSettings(
                base,
                Ascent.none(),
                Descent.ascended(),
                Optional.empty(),
                true,
                accumulationSteps,
                1f,
                Optional.empty(),
                maxGradNorm,
                false,
                maxSkippedSteps,
                selfCheck,
                logits,
                validPositions,
                parameter -> true,
                Optional.empty());
    }

    private void checkMomentum(BaseState state) {
        if (!state.hasMomentum()) {
            throw new IllegalStateException(
                    "A momentum ascent needs a base optimizer with momentum (SGD with optMomentum,"
                            + " Adam, AdamW), received: "
                            + base.getClass().getName()
                            + " without");
        }
        if (!(descent instanceof Descent.Ascended) || penalty.isPresent()) {
            throw new IllegalStateException(
                    "A momentum ascent goes with Descent.ascended() and no penalty, received: "
                            + descent
                            + penalty.map(term -> " and " + term).orElse(""));
        }
    }
}
