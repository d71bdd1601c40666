package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.training.Trainer;
import dev.tram.core.MultiTensor;
import dev.tram.djl.internal.engine.BaseUpdate;
import dev.tram.djl.internal.engine.EngineBridge;
import dev.tram.djl.internal.pytorch.EngineBridges;
import dev.tram.djl.internal.pytorch.FusedOptimizer;
import dev.tram.djl.internal.pytorch.MultiTensors;

/** What a training session is made of, put together once. */
final class StepParts {

    private final EngineBridge bridge;
    private final MultiTensor tensors;
    private final StepClock clock = new StepClock();
    private final RunState run;
    private final StepSeeds seeds;
    private final PassRunner runner;
    private final Replay replay;
    private final HiddenState hidden;
    private final RegionTargets targets;
    private final Distances distances;
    private final PenaltyTerm penalty;
    private final Measurement measurement;
    private final DescentGradient means;
    private final Replicas replicas;
    private final GroupUpdate update;
    private final MomentumStep momentum;
    private final StepPlans plans;
    private final OutputCheck outputs;

    StepParts(TramSettings settings, Trainer trainer, Block block) {
        NDManager manager = trainer.getManager();
        bridge = EngineBridges.of(manager.getEngine());
        tensors = MultiTensors.forEngine(manager);
        run = new RunState(settings.ascent(), settings.descent());
        seeds = new StepSeeds(bridge, manager, settings.replayDropout());
        outputs = new OutputCheck(settings);
        runner = new PassRunner(block, settings, seeds, bridge);
        replay = new Replay(runner, seeds);
        hidden = new HiddenState(runner);
        UpdateFlag updated = new UpdateFlag();
        EvaluationMode mode = new EvaluationMode(runner, updated);
        targets = new RegionTargets(settings, runner, mode, updated);
        distances = new Distances(settings, runner, targets, mode, clock);
        penalty = new PenaltyTerm(settings, runner, distances);
        measurement =
                new Measurement(
                        settings, new TrainerCheck(settings, trainer), distances, tensors, clock);
        means =
                new DescentGradient(
                        tensors, settings.accumulationSteps(), settings.averagesCleanGradients());
        replicas = new Replicas(block, settings, bridge, tensors, manager);
        BaseUpdate base =
                new BaseUpdate(
                        settings.base(), tensors, FusedOptimizer.of(settings.base(), manager));
        Gradients gradients = new Gradients(settings, trainer, replay, penalty, tensors);
        Ascension ascension =
                new Ascension(settings, run, gradients, measurement, means, targets, tensors);
        update =
                new GroupUpdate(
                        settings,
                        run,
                        base,
                        replicas,
                        means,
                        ascension,
                        targets,
                        gradients,
                        measurement,
                        tensors,
                        bridge);
        Descend descend = new Descend(settings, run, gradients, measurement, tensors);
        PlainStep plain = new PlainStep(measurement, descend);
        SelfCheck selfCheck = new SelfCheck(settings, gradients, tensors);
        StepRadius radius = new StepRadius(settings, run);
        AscentLog leftOut = new AscentLog(settings.ascent());
        TwoPassStep twoPass =
                new TwoPassStep(
                        settings.ascent().schedule(),
                        run,
                        radius,
                        ascension,
                        gradients,
                        selfCheck,
                        descend,
                        plain,
                        clock,
                        leftOut);
        momentum =
                new MomentumStep(
                        settings, run, radius, replicas, measurement, descend, clock, leftOut);
        plans = new StepPlans(settings, run, seeds, base, replicas, plain, twoPass, momentum);
    }

    StepPlans plans() {
        return plans;
    }

    MomentumStep momentum() {
        return momentum;
    }

    EngineBridge.Scope noGradient() {
        return bridge.noGradient();
    }

    /** Whether a loss has no graph, on a thread that records graphs. */
    boolean isConstant(NDArray loss) {
        return bridge.isConstant(loss);
    }

    MultiTensor tensors() {
        return tensors;
    }

    StepClock clock() {
        return clock;
    }

    RunState run() {
        return run;
    }

    StepSeeds seeds() {
        return seeds;
    }

    PassRunner runner() {
        return runner;
    }

    Replay replay() {
        return replay;
    }

    HiddenState hidden() {
        return hidden;
    }

    RegionTargets targets() {
        return targets;
    }

    PenaltyTerm penalty() {
        return penalty;
    }

    Measurement measurement() {
        return measurement;
    }

    DescentGradient means() {
        return means;
    }

    OutputCheck outputs() {
        return outputs;
    }

    Replicas replicas() {
        return replicas;
    }

    GroupUpdate update() {
        return update;
    }
}
