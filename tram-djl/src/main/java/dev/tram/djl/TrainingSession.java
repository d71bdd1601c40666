package dev.tram.djl;

import ai.djl.Device;
import ai.djl.metric.Metrics;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListener.BatchData;
import ai.djl.util.PairList;
import dev.tram.core.MultiTensor;
import dev.tram.core.TrustRegion;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.engine.BaseUpdate;
import dev.tram.djl.internal.engine.Blocks;
import dev.tram.djl.internal.engine.EngineBridge;
import dev.tram.djl.internal.engine.FusedStep;
import dev.tram.djl.internal.engine.ParameterLayout;
import dev.tram.djl.internal.engine.Precision;
import dev.tram.djl.internal.engine.Replica;
import dev.tram.djl.pytorch.EngineBridges;
import dev.tram.djl.pytorch.FusedOptimizer;
import dev.tram.djl.pytorch.MultiTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One trainer's run: the order of a step and the state that outlives it.
 *
 * <p>A step is {@link #firstPass} (DJL's forward and backward around it), {@link #completeBatch}
 * (distance, ascent, second pass, restoration) and {@link #update} (the base optimizer, parameter
 * by parameter).
 */
final class TrainingSession implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(TrainingSession.class);

    private enum Phase {
        /** The next call is a first pass. */
        IDLE,
        /** First passes are in; the listener has not been called yet. */
        FORWARD,
        /** The gradient is ready; the next calls are updates. */
        READY
    }

    private final TramSettings settings;
    private final Trainer trainer;
    private final Block block;
    private final StepSeeds seeds;
    private final PassRunner runner;
    private final HiddenState hidden;
    private final TrustRegionTracker tracker;
    private final StepPasses passes;
    private final DescentGradient descent;
    private final List<InputNoise> noiseBlocks;
    private final Replicas replicas;
    private final BatchStep batchStep;
    private final GroupUpdate groupUpdate;
    private final Map<Device, FirstPass> pending = new LinkedHashMap<>();
    private final StepClock clock = new StepClock();

    private StepCounters counters = new StepCounters();
    private Phase phase = Phase.IDLE;
    private TramStep lastStep;
    private TramStep lastFiniteStep;

    TrainingSession(TramSettings settings, Trainer trainer) {
        this.settings = settings;
        this.trainer = trainer;
        block = trainer.getModel().getBlock();
        Precision.check(trainer.getModel());
        EngineBridge bridge = EngineBridges.of(trainer.getManager().getEngine());
        MultiTensor tensors = MultiTensors.forEngine(trainer.getManager());
        seeds = new StepSeeds(bridge, settings.seed(), settings.replayDropout());
        runner = new PassRunner(block, settings, seeds);
        hidden = new HiddenState(runner);
        tracker = new TrustRegionTracker(settings, runner, tensors, clock);
        passes = new StepPasses(settings, trainer, runner, tracker, tensors, clock);
        descent = new DescentGradient(tensors, settings.accumulationSteps());
        noiseBlocks = Blocks.ofType(block, InputNoise.class);
        replicas = new Replicas(block, settings, bridge, tensors, trainer.getManager());
        batchStep = new BatchStep(settings, passes, descent, tensors);
        Optional<FusedStep> fused = FusedOptimizer.of(settings.base(), trainer.getManager());
        BaseUpdate base = new BaseUpdate(settings.base(), tensors, fused);
        groupUpdate = new GroupUpdate(settings, base, replicas, descent, tracker, tensors, bridge);
        trainer.getModel().setBlock(new TwoPassBlock(block, this));
    }

    Trainer trainer() {
        return trainer;
    }

    Replicas replicas() {
        return replicas;
    }

    TramStep lastStep() {
        return lastStep;
    }

    long batches() {
        return counters.batch();
    }

    /** The number of the update under way, from 1. */
    long step() {
        return counters.step();
    }

    /** Whether a batch is done with but for its update. */
    boolean isBatchComplete() {
        return phase == Phase.READY;
    }

    long skippedSteps() {
        return counters.skipped();
    }

    long plainSteps() {
        return counters.plain();
    }

    /** Runs the first pass over one device's part of a batch, inside DJL's gradient collector. */
    NDList firstPass(
            ParameterStore store, NDList data, NDList labels, PairList<String, Object> params) {
        refuseParallelDevices();
        if (data.isEmpty()) {
            throw Arguments.rejected("training batch", "of one input array at least", "none");
        }
        Device device = data.head().getDevice();
        if (phase != Phase.FORWARD || pending.containsKey(device)) {
            abandonPending();
            beginBatch(store);
        }
        Replica replica = replicas.on(device, store);
        FirstPass pass = new FirstPass(replica, store, data, labels, params, counters.batch());
        pending.put(device, pass);
        pass.keepStatistics(replicas.layout().statistics());
        settings.noise().ifPresent(n -> pass.setNoise(new NoiseDraw(n, noiseBlocks, seeds, pass)));
        pass.setNoisy(settings.firstPassIsNoisy() && ascendsNow());
        try (EngineBridge.Scope off = seeds.bridge().noGradient()) {
            hidden.beforeFirstPass(pass);
            replica.zeroGradients();
            tracker.beforeBatch(replica);
            settings.penaltyRegion()
                    .filter(region -> !(region instanceof TrustRegion.NoisyInput))
                    .flatMap(region -> tracker.target(region, pass))
                    .ifPresent(pass::setPenaltyTarget);
        }
        settings.penalty()
                .ifPresent(
                        p -> p.begin(replica.device(), passes.penaltyPass(pass, pass.isNoisy())));
        if (trainer.getLoss() instanceof ObservedLoss loss) {
            loss.observeNext(replica.device(), pass::setLoss);
        }
        NDList outputs = runner.first(pass);
        pass.setOutputs(outputs);
        return outputs;
    }

    /** Forgets the first passes of a batch that failed before its listeners were called. */
    private void abandonPending() {
        if (trainer.getLoss() instanceof ObservedLoss loss) {
            pending.keySet().forEach(loss::forget);
        }
        pending.values().forEach(FirstPass::close);
        pending.clear();
        settings.penalty().ifPresent(TrustRegionPenalty::endAll);
    }

    private void beginBatch(ParameterStore store) {
        if (phase == Phase.READY) {
            finishPartialUpdate();
        }
        checkPenalty();
        replicas.follow(store, descent);
        phase = Phase.FORWARD;
    }

    private void finishPartialUpdate() {
        if (!groupUpdate.hasBegun()) {
            throw new IllegalStateException(
                    "trainer.step() must follow each batch (for a larger effective batch use"
                            + " optAccumulationSteps(k) and still call step() after each) and the"
                            + " configuration needs optOptimizer(tram) beside tram.listener(),"
                            + " received: a second batch without an update");
        }
        finishStep();
    }

    private void checkPenalty() {
        TrustRegionPenalty inLoss =
                trainer.getLoss() instanceof PenalizedLoss loss ? loss.penalty() : null;
        if (inLoss != settings.penalty().orElse(null)) {
            throw new IllegalStateException(
                    "The training configuration's loss must be tram.loss(taskLoss) of this"
                            + " optimizer, which adds its penalty, received: "
                            + (inLoss == null ? "a loss without the penalty" : "another penalty"));
        }
    }

    private void refuseParallelDevices() {
        if (trainer.getDevices().length > 1 && trainer.getExecutorService().isPresent()) {
            throw new IllegalStateException(
                    "An ExecutorService with several devices is refused, since EasyTrain does not"
                            + " wait for its devices before the listeners run: leave out"
                            + " optExecutorService, received: "
                            + trainer.getDevices().length
                            + " devices with an ExecutorService");
        }
    }

    private boolean ascendsNow() {
        return settings.ascends() && counters.step() % settings.ascentInterval() == 0;
    }

    /** Does all that lies between the first backward pass and the update. */
    void completeBatch(BatchData batchData) {
        refuseParallelDevices();
        if (phase != Phase.FORWARD) {
            throw new IllegalStateException(
                    "A training batch must run through the trainer's own model (its block was"
                            + " replaced during training?), received: a batch of "
                            + batchData.getPredictions().size()
                            + " devices without a first pass");
        }
        List<FirstPass> batchPasses = new ArrayList<>(pending.values());
        pending.clear();
        phase = Phase.IDLE;
        try (EngineBridge.Scope off = seeds.bridge().noGradient()) {
            settings.penalty().ifPresent(TrustRegionPenalty::endAll);
            FirstPass.closeIntermediates(batchPasses);
            batchPasses.forEach(hidden::afterFirstPass);
            step(batchPasses);
        } catch (RuntimeException | Error failure) {
            replicas.zeroGradients();
            throw failure;
        } finally {
            batchPasses.forEach(FirstPass::close);
            counters.batchDone();
        }
    }

    private void step(List<FirstPass> batchPasses) {
        BatchStep.Outcome outcome =
                batchStep.run(batchPasses, replicas.first(), ascendsNow(), counters.distance());
        if (outcome.skipped().isPresent()) {
            skip(batchPasses, outcome);
            return;
        }
        counters.setDistance(outcome.meanDistance());
        boolean ascended = !outcome.ascended().isEmpty();
        counters.countFinite(ascended);
        boolean remembered = passes.restoreBuffer().equals(TrustRegionTracker.PREVIOUS);
        boolean complete =
                groupUpdate.add(
                        outcome.positions(),
                        outcome.squaredGradient(),
                        remembered ? outcome.ascended() : List.of());
        phase = Phase.READY;
        TramStep.Kind kind = ascended ? TramStep.Kind.ASCENDED : TramStep.Kind.PLAIN;
        lastFiniteStep = outcome.step().withKind(complete ? kind : TramStep.Kind.ACCUMULATED);
        record(lastFiniteStep);
    }

    /** Overwrites the gradients with 0 and puts running statistics back; nothing else changes. */
    private void skip(List<FirstPass> batchPasses, BatchStep.Outcome outcome) {
        batchStep.restoreStatistics(batchPasses);
        replicas.zeroGradients();
        if (!outcome.ascended().isEmpty() && settings.accumulationSteps() == 1) {
            tracker.afterStep(false);
        }
        counters.countSkipped();
        groupUpdate.add(0, Double.NaN, List.of());
        phase = Phase.READY;
        TramStep skipped = outcome.step().withKind(TramStep.Kind.SKIPPED);
        logger.warn(
                "Batch {} skipped, {}: {}",
                counters.batch(),
                outcome.skipped().orElseThrow(),
                skipped);
        record(skipped);
        if (counters.skippedInARow() >= settings.maxSkippedSteps()) {
            throw new IllegalStateException(
                    "Training stopped: at most "
                            + (settings.maxSkippedSteps() - 1)
                            + " batches in a row may be skipped, received: "
                            + counters.skippedInARow()
                            + "; the last finite step was "
                            + Optional.ofNullable(lastFiniteStep)
                                    .map(TramStep::toString)
                                    .orElse("none"));
        }
    }

    private void record(TramStep done) {
        lastStep = done;
        Metrics metrics = trainer.getMetrics();
        if (metrics != null) {
            metrics.addMetric("tram_distance", done.distance());
            metrics.addMetric("tram_gradient_norm", done.gradientNorm());
            metrics.addMetric("tram_perturbation_norm", done.perturbationNorm());
            metrics.addMetric("tram_perturbed_loss", done.perturbedLoss());
        }
        clock.report(metrics);
    }

    /** One parameter's update on one device. */
    void update(String parameterId, NDArray weight, NDArray gradient) {
        if (phase != Phase.READY) {
            throw new IllegalStateException(
                    "trainer.step() must follow EasyTrain.trainBatch (or a loop that calls"
                            + " trainer.forward(data, labels) and notifies onTrainingBatch),"
                            + " received: step() without a completed batch");
        }
        int devices = trainer.getDevices().length;
        boolean last = true;
        try {
            last = groupUpdate.apply(parameterId, weight, gradient, devices);
        } finally {
            // An update that failed half way is over too: to repeat it would update the rest twice.
            if (last) {
                finishStep();
            }
        }
    }

    private void finishStep() {
        phase = Phase.IDLE;
        if (groupUpdate.finish()) {
            counters.updateDone();
        }
    }

    void save(Path path) throws IOException {
        if (phase != Phase.IDLE || replicas.isEmpty()) {
            throw new IllegalStateException(
                    "save(path) must come after a batch and its trainer.step(), received: "
                            + (replicas.isEmpty() ? "no batch yet" : "a batch without step()"));
        }
        Map<String, String> texts = counters.toTexts();
        texts.putAll(tracker.toTexts());
        texts.put("group_batches", Integer.toString(descent.batches()));
        texts.put("group_positions", Double.toString(descent.positions()));
        Checkpoint.write(path, replicas.layout(), replicas.first(), settings, texts);
    }

    void load(Path path) throws IOException {
        if (phase != Phase.IDLE) {
            throw new IllegalStateException(
                    "load(path) must not come between a batch and its trainer.step(), received: a"
                            + " batch under way");
        }
        if (!block.isInitialized()) {
            throw new IllegalStateException(
                    "load(path) must come after trainer.initialize(shapes), received: a model that"
                            + " is not initialised");
        }
        ParameterLayout own = replicas.currentLayout();
        Checkpoint checkpoint = Checkpoint.read(path, own, settings, trainer.getManager());
        replicas.restart(checkpoint);
        try (EngineBridge.Scope off = seeds.bridge().noGradient()) {
            checkpoint.restoreModelAndBase(own, settings.base());
        }
        Map<String, String> texts = checkpoint.texts();
        counters = StepCounters.fromTexts(texts);
        tracker.resume(texts);
        descent.resume(
                Integer.parseInt(texts.get("group_batches")),
                Double.parseDouble(texts.get("group_positions")));
    }

    @Override
    public void close() {
        abandonPending();
        replicas.close();
        if (trainer.getModel().getBlock() instanceof TwoPassBlock) {
            trainer.getModel().setBlock(block);
        }
    }
}
