package dev.tram.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.training.Trainer;
import dev.tram.core.MultiTensor;
import dev.tram.core.StepContext;
import dev.tram.djl.internal.engine.BaseUpdate;
import dev.tram.djl.internal.engine.Blocks;
import dev.tram.djl.internal.engine.EngineBridge;
import dev.tram.djl.internal.engine.Replica;
import dev.tram.djl.pytorch.EngineBridges;
import dev.tram.djl.pytorch.FusedOptimizer;
import dev.tram.djl.pytorch.MultiTensors;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a training session is made of, put together once, and which plan a batch is done by. */
final class StepParts {

    private final TramSettings settings;
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
    private final BaseUpdate base;
    private final GroupUpdate update;
    private final List<InputNoise> noiseBlocks;
    private final PlainStep plain;
    private final TwoPassStep twoPass;
    private final MomentumStep momentum;
    private final String restoreBuffer;
    private final OutputCheck outputs;

    StepParts(TramSettings settings, Trainer trainer, Block block) {
        this.settings = settings;
        NDManager manager = trainer.getManager();
        bridge = EngineBridges.of(manager.getEngine());
        tensors = MultiTensors.forEngine(manager);
        run = new RunState(settings.ascent(), settings.descent());
        seeds = new StepSeeds(bridge, manager, settings.replayDropout());
        outputs = new OutputCheck(settings);
        runner = new PassRunner(block, settings, seeds, bridge);
        replay = new Replay(runner, seeds);
        hidden = new HiddenState(runner);
        noiseBlocks = Blocks.ofType(block, InputNoise.class);
        UpdateFlag updated = new UpdateFlag();
        EvaluationMode mode = new EvaluationMode(runner, updated);
        targets = new RegionTargets(settings, runner, tensors, mode, updated);
        distances = new Distances(settings, runner, targets, mode, clock);
        penalty = new PenaltyTerm(settings, runner, distances);
        measurement = new Measurement(settings, trainer, distances, tensors, clock);
        means =
                new DescentGradient(
                        tensors, settings.accumulationSteps(), settings.descent().combinesMeans());
        replicas = new Replicas(block, settings, bridge, tensors, manager);
        base =
                new BaseUpdate(
                        settings.base(), tensors, FusedOptimizer.of(settings.base(), manager));
        Gradients gradients = new Gradients(settings, trainer, replay, penalty, tensors);
        update =
                new GroupUpdate(
                        settings,
                        run,
                        base,
                        replicas,
                        means,
                        targets,
                        gradients,
                        measurement,
                        tensors,
                        bridge);
        Descend descend = new Descend(settings.descent(), run, gradients, measurement, tensors);
        Ascension ascension =
                new Ascension(settings, run, gradients, measurement, means, targets, tensors);
        restoreBuffer = ascension.restoreBuffer();
        plain = new PlainStep(measurement, descend);
        SelfCheck selfCheck = new SelfCheck(settings, gradients, tensors);
        twoPass =
                new TwoPassStep(
                        settings, run, ascension, gradients, selfCheck, descend, plain, clock);
        momentum = new MomentumStep(settings, run, replicas, measurement, descend, clock);
    }

    /**
     * How the next batch is done, as far as that is known before its first pass. Draws its seed,
     * but for a method that needs none.
     */
    StepPlan plan() {
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

    /** Whether a step has several passes, or draws. */
    private boolean needsSeed() {
        if (settings.ascent().isNone()) {
            return settings.penalty().isPresent() && settings.replayDropout();
        }
        return !ascendsByMomentum()
                || settings.measuredRegion().isPresent()
                || settings.ascent().schedule().isRandom();
    }

    private StepContext context() {
        boolean rate = settings.ascent().radius().readsLearningRate();
        double next = rate ? base.nextLearningRate(replicas.currentLayout()) : Double.NaN;
        return run.begin(next, seeds.uniform());
    }

    /** Whether a plan ascends before the first pass. */
    boolean isMomentum(StepPlan plan) {
        return plan == momentum;
    }

    /** The replica of a device, if a momentum ascent has it at θ + ε. */
    Optional<Replica> climbed(Device device) {
        return momentum.climbed(device);
    }

    StepPlan plainStep() {
        return plain;
    }

    /** Whether a plan's first pass runs at x + z. */
    boolean firstPassIsNoisy(StepPlan plan) {
        return plan == twoPass && settings.neighborhood().sharesFirstPass();
    }

    /** Seeds what a closure draws before its first run of the model. */
    void startClosure() {
        seeds.start(StepSeeds.Stream.OBJECTIVE, 0, 0, 0, 0);
    }

    /** Gives a run of the model the step's noise, if the method has any. */
    void drawNoise(BatchPart part, Call call) {
        settings.noise()
                .ifPresent(
                        noise ->
                                call.setNoise(
                                        new NoiseDraw(
                                                noise, noiseBlocks, seeds, part, call.index())));
    }

    /** The replicas of which the ascent left θ in the previous step's buffer. */
    List<Replica> remembering(StepPlan.Result result) {
        return restoreBuffer.equals(PreviousStepTarget.BUFFER) && !ascendsByMomentum()
                ? result.ascended().stream().map(BatchPart::replica).toList()
                : List.of();
    }

    EngineBridge.Scope noGradient() {
        return bridge.noGradient();
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

    /** All numbers that outlive a step, for a checkpoint. */
    Map<String, String> toTexts() {
        Map<String, String> texts = run.toTexts();
        texts.putAll(targets.toTexts());
        texts.put("group_batches", Integer.toString(means.batches()));
        texts.put("group_positions", Double.toString(means.positions()));
        texts.put(StepSeeds.TEXT, seeds.toText());
        return texts;
    }

    /**
     * Checks the numbers of a checkpoint; nothing is changed.
     *
     * @throws IllegalArgumentException if one is missing or cannot be
     */
    void checkTexts(StateTexts texts) {
        new RunState(settings.ascent(), settings.descent()).resume(texts);
        targets.check(texts);
        StepSeeds.check(texts);
        texts.integer("group_batches", 0);
        texts.number("group_positions", 0);
    }

    void resume(StateTexts texts) {
        run.resume(texts);
        targets.resume(texts);
        means.resume((int) texts.integer("group_batches", 0), texts.number("group_positions", 0));
        seeds.resume(texts);
    }
}
