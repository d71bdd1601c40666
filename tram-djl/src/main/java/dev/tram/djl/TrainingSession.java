package dev.tram.djl;

import ai.djl.Device;
import ai.djl.metric.Metrics;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListener.BatchData;
import ai.djl.util.PairList;
import dev.tram.core.MultiTensor;
import dev.tram.core.Radius;
import dev.tram.core.TrustRegion;
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
    private final MultiTensor tensors;
    private final StepSeeds seeds;
    private final PassRunner runner;
    private final TrustRegionTracker tracker;
    private final StepPasses passes;
    private final DescentGradient descent;
    private final List<InputNoise> noiseBlocks;
    private final Map<Device, Replica> replicas = new LinkedHashMap<>();
    private final Map<Device, FirstPass> pending = new LinkedHashMap<>();
    private final BaseUpdate baseUpdate;

    private StepCounters counters = new StepCounters();
    private Checkpoint loaded;
    private ParameterLayout layout;
    private Phase phase = Phase.IDLE;
    private boolean updating;
    private int updatesSeen;
    private TramStep lastStep;
    private TramStep lastFiniteStep;

    TrainingSession(TramSettings settings, Trainer trainer) {
        this.settings = settings;
        this.trainer = trainer;
        block = trainer.getModel().getBlock();
        EngineBridge bridge = EngineBridge.of(trainer.getManager().getEngine());
        tensors = MultiTensors.forEngine(trainer.getManager());
        seeds = new StepSeeds(bridge, settings.seed(), settings.replayDropout());
        runner = new PassRunner(block, settings, seeds);
        tracker = new TrustRegionTracker(settings, runner, tensors);
        passes = new StepPasses(settings, trainer, runner, tracker, tensors);
        descent = new DescentGradient(tensors, settings.accumulationSteps());
        noiseBlocks = Blocks.ofType(block, InputNoise.class);
        baseUpdate = new BaseUpdate(settings.base(), trainer.getManager(), tensors);
        trainer.getModel().setBlock(new TwoPassBlock(block, this));
    }

    Trainer trainer() {
        return trainer;
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
        Device device = data.head().getDevice();
        if (phase != Phase.FORWARD || pending.containsKey(device)) {
            abandonPending();
            beginBatch(store);
        }
        Replica replica = replica(device, store);
        FirstPass pass = new FirstPass(replica, store, data, labels, params, counters.batch());
        pending.put(device, pass);
        pass.keepStatistics(layout.statistics());
        settings.noise().ifPresent(n -> pass.setNoise(new NoiseDraw(n, noiseBlocks, seeds, pass)));
        try (EngineBridge.Scope off = seeds.bridge().noGradient()) {
            replica.zeroGradients();
            tracker.beforeBatch(replica);
            settings.penaltyRegion()
                    .filter(region -> !(region instanceof TrustRegion.NoisyInput))
                    .flatMap(region -> tracker.target(region, pass))
                    .ifPresent(pass::setPenaltyTarget);
        }
        settings.penalty().ifPresent(p -> p.begin(replica.device(), passes.penaltyPass(pass)));
        NDList outputs = runner.first(pass, settings.firstPassIsNoisy() && ascendsNow());
        pass.setOutputs(outputs);
        return outputs;
    }

    /** Forgets the first passes of a batch that failed before its listeners were called. */
    private void abandonPending() {
        pending.values().forEach(FirstPass::close);
        pending.clear();
        settings.penalty().ifPresent(TrustRegionPenalty::endAll);
    }

    private void beginBatch(ParameterStore store) {
        if (phase == Phase.READY) {
            finishPartialUpdate();
        }
        checkPenalty();
        ParameterLayout current = new ParameterLayout(block, settings.parameterFilter());
        if (layout == null || !layout.sameParameters(current)) {
            if (layout != null && !descent.isEmpty()) {
                throw new IllegalStateException(
                        "The trainable parameters must stay the same within a group of "
                                + settings.accumulationSteps()
                                + " accumulated batches, received: a change after "
                                + descent.batches());
            }
            checkFilter(current);
            layout = current;
            replicas.values().forEach(replica -> replica.adopt(layout, store));
        }
        phase = Phase.FORWARD;
    }

    private void checkFilter(ParameterLayout candidate) {
        if (settings.ascends() && candidate.ascending().isEmpty()) {
            throw new IllegalStateException(
                    "optParameterFilter must leave a parameter that ascends, received: none of "
                            + candidate.parameters().size()
                            + " trainable parameters");
        }
    }

    private void finishPartialUpdate() {
        if (updatesSeen == 0) {
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
                    "The training configuration's loss must be penalty.loss(taskLoss) of the"
                            + " penalty given to optPenalty, received: "
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

    private Replica replica(Device device, ParameterStore store) {
        return replicas.computeIfAbsent(
                device,
                key -> {
                    Replica replica =
                            new Replica(
                                    device,
                                    replicas.size(),
                                    seeds.bridge(),
                                    tensors,
                                    trainer.getManager());
                    replica.adopt(layout, store);
                    takeOverState(replica);
                    return replica;
                });
    }

    private void takeOverState(Replica replica) {
        try (EngineBridge.Scope off = seeds.bridge().noGradient()) {
            if (replica.index() > 0) {
                replica.follow(firstReplica());
            } else if (loaded != null) {
                loaded.restoreReplica(layout, replica);
                loaded.close();
                loaded = null;
            }
        }
    }

    private Replica firstReplica() {
        return replicas.values().iterator().next();
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
            batchPasses.forEach(this::endFirstPass);
            step(batchPasses);
        } catch (RuntimeException | Error failure) {
            replicas.values().forEach(Replica::zeroGradients);
            throw failure;
        } finally {
            batchPasses.forEach(FirstPass::close);
            counters.batchDone();
        }
    }

    private void endFirstPass(FirstPass pass) {
        settings.penalty().ifPresent(penalty -> penalty.end(pass.replica().device()));
        pass.closeIntermediates();
    }

    private void step(List<FirstPass> batchPasses) {
        boolean ascending = ascendsNow();
        boolean fisher = ascending && passes.hasFisherPass();
        if (fisher) {
            batchPasses.forEach(passes::fisherPass);
        }
        List<Evidence> evidence = new ArrayList<>();
        for (FirstPass pass : batchPasses) {
            evidence.add(passes.evidence(pass, ascending));
        }
        if (ascending && settings.syncedAscent() && batchPasses.size() > 1) {
            synchronise(batchPasses, evidence);
        }
        StepSummary summary = new StepSummary(evidence);
        if (!evidence.stream().allMatch(Evidence::isFinite)) {
            skip(batchPasses, summary.firstOnly(), false);
            return;
        }
        if (Double.isFinite(summary.distance()) && summary.distance() > 0) {
            counters.distance().add(summary.distance());
        }
        List<SecondPass> second = new ArrayList<>();
        for (int i = 0; i < batchPasses.size(); i++) {
            second.add(secondPass(batchPasses.get(i), evidence.get(i), ascending, fisher));
        }
        boolean ascended = second.stream().anyMatch(SecondPass::ascended);
        TramStep done = summary.step(second);
        if (!second.stream().allMatch(SecondPass::isFinite)) {
            skip(batchPasses, done, ascended);
            return;
        }
        counters.countFinite(ascended);
        descent.averageDevices(batchPasses, summary.positions(), firstReplica());
        boolean complete = conclude(summary.totalPositions(), ascended);
        TramStep.Kind kind = ascended ? TramStep.Kind.ASCENDED : TramStep.Kind.PLAIN;
        record(StepSummary.withKind(done, complete ? kind : TramStep.Kind.ACCUMULATED));
    }

    /** The same gradient and distance on all replicas, hence the same ε*. */
    private void synchronise(List<FirstPass> batchPasses, List<Evidence> evidence) {
        StepSummary summary = new StepSummary(evidence);
        Replica first = batchPasses.get(0).replica();
        descent.averageDevices(batchPasses, summary.positions(), first);
        for (FirstPass pass : batchPasses) {
            if (pass.replica() != first) {
                for (int i = 0; i < first.gradients().size(); i++) {
                    NDArray gradient = first.gradients().get(i);
                    try (NDArray copy = gradient.toDevice(pass.replica().device(), true)) {
                        tensors.copy(
                                new NDList(copy), new NDList(pass.replica().gradients().get(i)));
                    }
                }
            }
        }
        for (int i = 0; i < evidence.size(); i++) {
            Evidence moments = passes.moments(batchPasses.get(i).replica());
            evidence.set(i, evidence.get(i).withGradient(moments).withDistance(summary.distance()));
        }
    }

    private SecondPass secondPass(
            FirstPass pass, Evidence evidence, boolean ascending, boolean fisher) {
        Radius radius = settings.ascent().radius();
        double d = evidence.distance();
        boolean measured = radius.trustRegion().isEmpty() || Double.isFinite(d);
        double r = ascending && measured ? radius.value(d, counters.distance()) : 0;
        return r > 0 && evidence.canAscend()
                ? passes.ascend(pass, evidence, r)
                : passes.plain(pass, r, fisher);
    }

    /**
     * Adds the batch's gradient to its group and, if that completes it, prepares the update.
     *
     * @return whether the group is complete
     */
    private boolean conclude(double positions, boolean ascended) {
        boolean complete = descent.add(firstReplica(), positions);
        boolean update = complete && descent.takeUpdate();
        if (update) {
            clip();
            boolean remembered =
                    ascended && passes.restoreBuffer().equals(TrustRegionTracker.PREVIOUS);
            if (tracker.keepsPrevious() && !remembered) {
                replicas.values().forEach(r -> r.remember(TrustRegionTracker.PREVIOUS));
            }
        }
        phase = Phase.READY;
        updating = update;
        updatesSeen = 0;
        return complete;
    }

    private void clip() {
        if (settings.maxGradNorm() == Float.POSITIVE_INFINITY) {
            return;
        }
        NDList gradients = firstReplica().gradients();
        try (NDManager scope = firstReplica().manager().newSubManager()) {
            NDArray squared = tensors.squaredNorm(gradients, scope);
            double norm = Math.sqrt(squared.toType(DataType.FLOAT64, false).getDouble());
            if (norm > settings.maxGradNorm()) {
                tensors.scale(gradients, settings.maxGradNorm() / norm);
            }
        }
    }

    /** Overwrites the gradients with 0 and puts running statistics back; nothing else changes. */
    private void skip(List<FirstPass> batchPasses, TramStep seen, boolean ascended) {
        for (FirstPass pass : batchPasses) {
            for (Map.Entry<Parameter, NDArray> entry : pass.statistics().entrySet()) {
                NDArray live = pass.store().getValue(entry.getKey(), pass.replica().device(), true);
                tensors.copy(new NDList(entry.getValue()), new NDList(live));
            }
        }
        replicas.values().forEach(Replica::zeroGradients);
        if (ascended && settings.accumulationSteps() == 1) {
            tracker.afterStep(false);
        }
        counters.countSkipped();
        conclude(0, false);
        TramStep skipped = StepSummary.withKind(seen, TramStep.Kind.SKIPPED);
        logger.warn("Batch {} skipped, not finite: {}", counters.batch(), skipped);
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
        if (done.kind() != TramStep.Kind.SKIPPED) {
            lastFiniteStep = done;
        }
        Metrics metrics = trainer.getMetrics();
        if (metrics != null) {
            metrics.addMetric("tram_distance", done.distance());
            metrics.addMetric("tram_gradient_norm", done.gradientNorm());
            metrics.addMetric("tram_perturbation_norm", done.perturbationNorm());
            metrics.addMetric("tram_perturbed_loss", done.perturbedLoss());
        }
    }

    /** One parameter's update on one device. */
    void update(String parameterId, NDArray weight, NDArray gradient) {
        if (phase != Phase.READY) {
            throw new IllegalStateException(
                    "trainer.step() must follow EasyTrain.trainBatch (or a loop that calls"
                            + " trainer.forward(data, labels) and notifies onTrainingBatch),"
                            + " received: step() without a completed batch");
        }
        Integer index = layout.indexOf(parameterId);
        if (index == null) {
            baseUpdate.applyAlone(parameterId, weight, gradient);
            return;
        }
        if (updating) {
            updateOne(index, parameterId, weight, gradient);
        }
        updatesSeen++;
        if (updatesSeen == layout.parameters().size() * trainer.getDevices().length) {
            finishStep();
        }
    }

    /** Other devices follow the first one when the step ends. */
    private void updateOne(int index, String parameterId, NDArray weight, NDArray gradient) {
        Replica first = firstReplica();
        if (weight.getDevice().equals(first.device())) {
            try (EngineBridge.Scope off = seeds.bridge().noGradient()) {
                baseUpdate.apply(index, parameterId, first, weight, gradient);
            }
        }
    }

    private void finishStep() {
        phase = Phase.IDLE;
        if (updating) {
            tracker.afterStep(true);
            try (EngineBridge.Scope off = seeds.bridge().noGradient()) {
                baseUpdate.finish(firstReplica());
                replicas.values().forEach(this::followUpdate);
            }
            counters.updateDone();
        }
    }

    private void followUpdate(Replica replica) {
        if (replica.index() > 0) {
            replica.followTheta(firstReplica());
        }
        tracker.averageInto(replica);
    }

    void save(Path path) throws IOException {
        if (phase != Phase.IDLE || replicas.isEmpty()) {
            throw new IllegalStateException(
                    "save(path) must come after a batch and its trainer.step(), received: "
                            + (replicas.isEmpty() ? "no batch yet" : "a batch without step()"));
        }
        Map<String, String> texts = counters.toTexts();
        texts.put("seed", Long.toString(settings.seed()));
        texts.put("accumulation_steps", Integer.toString(settings.accumulationSteps()));
        texts.put("updated", Boolean.toString(tracker.updated()));
        texts.put("previous_differs", Boolean.toString(tracker.previousDiffers()));
        texts.put("group_batches", Integer.toString(descent.batches()));
        texts.put("group_positions", Double.toString(descent.positions()));
        Checkpoint.write(path, layout, firstReplica(), settings.base(), texts);
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
        ParameterLayout own = new ParameterLayout(block, settings.parameterFilter());
        Checkpoint checkpoint = Checkpoint.read(path, own, settings, trainer.getManager());
        replicas.values().forEach(Replica::close);
        replicas.clear();
        layout = null;
        loaded = checkpoint;
        try (EngineBridge.Scope off = seeds.bridge().noGradient()) {
            checkpoint.restoreModelAndBase(own, settings.base());
        }
        counters = StepCounters.fromTexts(checkpoint.texts());
        tracker.resume(
                Boolean.parseBoolean(checkpoint.texts().get("updated")),
                Boolean.parseBoolean(checkpoint.texts().get("previous_differs")));
        descent.resume(
                Integer.parseInt(checkpoint.texts().get("group_batches")),
                Double.parseDouble(checkpoint.texts().get("group_positions")));
    }

    @Override
    public void close() {
        if (loaded != null) {
            loaded.close();
        }
        abandonPending();
        replicas.values().forEach(Replica::close);
        if (trainer.getModel().getBlock() instanceof TwoPassBlock) {
            trainer.getModel().setBlock(block);
        }
    }
}
