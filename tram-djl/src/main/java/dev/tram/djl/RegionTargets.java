package dev.tram.djl;

import dev.tram.core.TrustRegion;
import dev.tram.djl.internal.engine.Replica;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The targets of the trust regions in use; regions that keep the same parameters share one. */
final class RegionTargets {

    private final PassRunner runner;
    private final EvaluationMode mode;
    private final UpdateFlag flag;
    private final Optional<Long> cacheBytes;
    private final Map<String, RegionTarget> byState = new LinkedHashMap<>();
    private final Map<TrustRegion, RegionTarget> byRegion = new LinkedHashMap<>();

    RegionTargets(TramSettings settings, PassRunner runner, EvaluationMode mode, UpdateFlag flag) {
        this.runner = runner;
        this.mode = mode;
        this.flag = flag;
        cacheBytes = settings.pretrainedCache();
        settings.regions().forEach(this::add);
    }

    private void add(TrustRegion region) {
        String state = stateOf(region);
        byRegion.put(region, byState.computeIfAbsent(state, key -> target(region)));
    }

    /** Regions of the same text here keep the same parameters. */
    private static String stateOf(TrustRegion region) {
        if (region instanceof TrustRegion.MovingAverage average) {
            return MovingAverageTarget.buffer(average.decay());
        }
        return region instanceof TrustRegion.Teacher teacher
                ? "teacher-" + teacher.name()
                : region.getClass().getName();
    }

    private RegionTarget target(TrustRegion region) {
        if (region instanceof TrustRegion.PreviousStep) {
            return new PreviousStepTarget(runner);
        }
        if (region instanceof TrustRegion.Pretrained) {
            return new PretrainedTarget(runner, flag, mode, cacheBytes);
        }
        if (region instanceof TrustRegion.MovingAverage average) {
            return new MovingAverageTarget(runner, flag, average.decay());
        }
        if (region instanceof TrustRegion.NoisyInput) {
            return new NoisyInputTarget(runner);
        }
        if (region instanceof TrustRegion.Teacher teacher) {
            return new TeacherTarget(runner, teacher);
        }
        throw new IllegalStateException("No target is known for the trust region " + region);
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
