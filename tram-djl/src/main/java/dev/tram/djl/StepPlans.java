package dev.tram.djl;

import dev.tram.core.StepContext;
import dev.tram.djl.internal.engine.BaseUpdate;
import dev.tram.djl.internal.engine.Replica;
import java.util.List;

/** Decides which plan a batch is done by, as far as that is known before its first pass. */
final class StepPlans {

    private final TramSettings settings;
    private final RunState run;
    private final StepSeeds seeds;
    private final BaseUpdate base;
    private final Replicas replicas;
    private final PlainStep plain;
    private final TwoPassStep twoPass;
    private final MomentumStep momentum;

    StepPlans(
            TramSettings settings,
            RunState run,
            StepSeeds seeds,
            BaseUpdate base,
            Replicas replicas,
            PlainStep plain,
            TwoPassStep twoPass,
            MomentumStep momentum) {
        this.settings = settings;
        this.run = run;
        this.seeds = seeds;
        this.base = base;
        this.replicas = replicas;
        this.plain = plain;
        this.twoPass = twoPass;
        this.momentum = momentum;
    }

    /** The next batch's plan. Draws the batch's seed, unless the method needs none. */
    StepPlan next() {
        if (needsSeed()) {
            seeds.draw();
        } else {
            seeds.none();
        }
        StepContext step = context();
        if (settings.ascent().isNone()) {
            return plain;
        }
        if (ascendsByMomentum()) {
            return momentum.begin(step) ? momentum : plain;
        }
        return twoPass.begin(step) ? twoPass : plain;
    }

    private boolean ascendsByMomentum() {
        return settings.ascent().direction().isMomentum();
    }

    private boolean needsSeed() {
        return !settings.ascent().isNone()
                || (settings.penalty().isPresent() && settings.replayDropout());
    }

    private StepContext context() {
        boolean rate = settings.ascent().radius().readsLearningRate();
        double next = rate ? base.nextLearningRate(replicas.currentLayout()) : Double.NaN;
        return run.begin(next, seeds.uniform());
    }

    boolean isPlain(StepPlan plan) {
        return plan == plain;
    }

    /** Whether a plan ascends before the first pass. */
    boolean isMomentum(StepPlan plan) {
        return plan == momentum;
    }

    /** Whether a plan descends the configuration's loss again. */
    boolean hasSecondPass(StepPlan plan) {
        return plan == twoPass;
    }

    /** Whether a plan's first pass runs at x + z. */
    boolean firstPassIsNoisy(StepPlan plan) {
        return plan == twoPass && settings.neighborhood().sharesFirstPass();
    }

    /** The replicas of which the ascent left θ in the previous step's buffer. */
    List<Replica> remembering(StepPlan.Result result) {
        return twoPass.keepsThetaIn(PreviousStepTarget.BUFFER) && !ascendsByMomentum()
                ? result.ascended().stream().map(BatchPart::replica).toList()
                : List.of();
    }
}
