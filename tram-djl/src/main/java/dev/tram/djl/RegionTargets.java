package dev.tram.djl;

import dev.tram.core.Noise;
import dev.tram.core.TrustRegion;
import dev.tram.djl.internal.engine.RegionCases;
import dev.tram.djl.internal.engine.Replica;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** The targets of the trust regions in use; regions that keep the same parameters share one. */
final class RegionTargets {

    private final PassRunner runner;
    private final EvaluationMode mode;
    private final UpdateFlag flag;
    private final Map<String, RegionTarget> byState = new LinkedHashMap<>();
    private final Map<TrustRegion, RegionTarget> byRegion = new LinkedHashMap<>();

    RegionTargets(TramSettings settings, PassRunner runner, EvaluationMode mode, UpdateFlag flag) {
        this.runner = runner;
        this.mode = mode;
        this.flag = flag;
        Kinds kinds = new Kinds(settings.pretrainedCache());
        settings.regions().forEach(region -> add(region, kinds.of(region)));
    }

    private void add(TrustRegion region, Kind kind) {
        byRegion.put(region, byState.computeIfAbsent(kind.state(), key -> kind.target().get()));
    }

    /**
     * A kind of target.
     *
     * @param state what it keeps: kinds of the same text share a target
     * @param target makes the target
     */
    private record Kind(String state, Supplier<RegionTarget> target) {}

    private final class Kinds implements RegionCases<Kind> {

        private final Optional<Long> cacheBytes;

        Kinds(Optional<Long> cacheBytes) {
            this.cacheBytes = cacheBytes;
        }

        @Override
        public Kind previousStep() {
            return new Kind("previous", () -> new PreviousStepTarget(runner));
        }

        @Override
        public Kind pretrained() {
            return new Kind(
                    "pretrained", () -> new PretrainedTarget(runner, flag, mode, cacheBytes));
        }

        @Override
        public Kind movingAverage(float decay) {
            return new Kind("average-" + decay, () -> new MovingAverageTarget(runner, flag, decay));
        }

        @Override
        public Kind noisyInput(Noise z) {
            return new Kind("noise", () -> new NoisyInputTarget(runner));
        }

        @Override
        public Kind teacher(TrustRegion.Teacher teacher) {
            return new Kind("teacher-" + teacher.name(), () -> new TeacherTarget(runner, teacher));
        }
    }

    RegionTarget of(TrustRegion region) {
        return byRegion.get(region);
    }

    Collection<RegionTarget> all() {
        return byState.values();
    }

    /** The target of the previous step, if there is one. */
    Optional<PreviousStepTarget> previousStep() {
        return all().stream()
                .filter(PreviousStepTarget.class::isInstance)
                .map(PreviousStepTarget.class::cast)
                .findFirst();
    }

    void check(BatchPart part) {
        all().forEach(target -> target.check(part));
    }

    void beforeBatch(Replica replica) {
        all().forEach(target -> target.beforeBatch(replica));
    }

    void epochDone() {
        all().forEach(RegionTarget::epochDone);
    }

    void updated() {
        flag.set(true);
        all().forEach(RegionTarget::updated);
    }

    /** What of the targets outlives a step beside their buffers, for a checkpoint. */
    Map<String, String> toTexts() {
        Map<String, String> texts = mode.toTexts();
        texts.put("updated", Boolean.toString(flag.isSet()));
        previousStep().ifPresent(p -> texts.put("previous_differs", Boolean.toString(p.differs())));
        return texts;
    }

    /** The buffer of θ_0, if there is one. */
    Optional<String> initial() {
        return all().stream()
                .filter(PretrainedTarget.class::isInstance)
                .map(PretrainedTarget.class::cast)
                .flatMap(target -> target.buffer().stream())
                .findFirst();
    }

    /** Takes from a plain run's checkpoint whether the model was updated since θ_0. */
    void startFrom(StateTexts texts) {
        flag.set(texts.flag("updated"));
    }

    void check(StateTexts texts) {
        new EvaluationMode(runner, flag).resume(texts);
        texts.flag("updated");
        previousStep().ifPresent(p -> texts.flag("previous_differs"));
    }

    void resume(StateTexts texts) {
        mode.resume(texts);
        flag.set(texts.flag("updated"));
        previousStep().ifPresent(p -> p.resume(texts.flag("previous_differs")));
    }
}
