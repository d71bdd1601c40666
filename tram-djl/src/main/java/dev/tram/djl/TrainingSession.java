package dev.tram.djl;

import ai.djl.Device;
import ai.djl.metric.Metrics;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.listener.TrainingListener.BatchData;
import ai.djl.training.loss.Loss;
import ai.djl.util.PairList;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.engine.EngineBridge;
import dev.tram.djl.internal.engine.ParameterLayout;
import dev.tram.djl.internal.engine.Precision;
import dev.tram.djl.internal.engine.Replica;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One trainer's run: batch, plan, update, in this order. A batch comes by the listener ({@link
 * #forward} inside DJL's loop, then {@link #completeBatch}) or as a closure ({@link #step}).
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

    private enum Way {
        UNDECIDED,
        LISTENER,
        CLOSURE
    }

    private final TramSettings settings;
    private final Trainer trainer;
    private final Block block;
    private final StepParts parts;
    private final Map<Device, BatchPart> pending = new LinkedHashMap<>();

    /** First passes that another one on their device followed before the listener was called. */
    private final List<BatchPart> earlier = new ArrayList<>();

    private final AscentWatch watch = new AscentWatch();
    private Phase phase = Phase.IDLE;
    private Way way = Way.UNDECIDED;
    private StepPlan plan;
    private Objective closure;
    private boolean forwardWithoutLabels;
    private boolean shown;
    private ParameterStore latestStore;
    private TramStep lastStep;
    private TramStep lastFiniteStep;

    TrainingSession(TramSettings settings, Trainer trainer) {
        this.settings = settings;
        this.trainer = trainer;
        block = trainer.getModel().getBlock();
        Precision.check(trainer.getModel());
        parts = new StepParts(settings, trainer, block);
        GradientCheck.leaveToTram(trainer);
    }

    Trainer trainer() {
        return trainer;
    }

    boolean isOpen() {
        return trainer.getManager().isOpen();
    }

    Replicas replicas() {
        return parts.replicas();
    }

    TramStep lastStep() {
        return lastStep;
    }

    long batches() {
        return parts.run().batch();
    }

    /** The number of the update under way, from 1. */
    long step() {
        return parts.run().update() + 1;
    }

    /** Whether a batch is done with but for its update. */
    boolean isBatchComplete() {
        return phase == Phase.READY;
    }

    long skippedSteps() {
        return parts.run().skipped();
    }

    long plainSteps() {
        return parts.run().plain();
    }

    /** Puts the delegating block in the model's place for the block. */
    void install() {
        trainer.getModel().setBlock(new TwoPassBlock(block, this));
    }

    /** Gives the model its own block back. */
    void uninstall() {
        if (trainer.getModel().getBlock() instanceof TwoPassBlock) {
            trainer.getModel().setBlock(block);
        }
    }

    /** A training run of the model; {@code labels} is null for one without. */
    NDList forward(
            ParameterStore store, NDList data, NDList labels, PairList<String, Object> params) {
        if (parts.replay().isRunning()) {
            return parts.replay().forward(store, data, labels, params);
        }
        if (labels == null && closure == null) {
            forwardWithoutLabels = true;
            return block.forward(store, data, true, params);
        }
        if (data.isEmpty()) {
            throw Arguments.rejected("training batch", "of one input array at least", "none");
        }
        BatchPart part = partOf(data.head().getDevice(), store);
        return firstPass(part, new Call(part.calls().size(), store, data, labels, params));
    }

    /** A run of the model in evaluation mode, at θ whatever an ascent left in the weights. */
    NDList evaluate(ParameterStore store, NDList inputs, PairList<String, Object> params) {
        Optional<Replica> climbed =
                inputs.isEmpty() ? Optional.empty() : parts.climbed(inputs.head().getDevice());
        return climbed.isPresent()
                ? parts.runner().evaluate(climbed.get(), store, inputs, params)
                : block.forward(store, inputs, false, params);
    }

    /** Shows θ in the model's own arrays until the scope is closed. */
    EngineBridge.Scope showTheta() {
        List<EngineBridge.Scope> shown = new ArrayList<>();
        EngineBridge.Scope off = parts.noGradient();
        parts.replicas()
                .all()
                .forEach(
                        replica ->
                                parts.climbed(replica.device())
                                        .map(Replica::showSaved)
                                        .ifPresent(shown::add));
        return () -> {
            shown.forEach(EngineBridge.Scope::close);
            off.close();
        };
    }

    /** Puts the weights back to θ, whatever an ascent before the first pass made of them. */
    void restoreTheta() {
        if (plan != null) {
            try (EngineBridge.Scope off = parts.noGradient()) {
                plan.abandon(new ArrayList<>(pending.values()));
            }
        }
    }

    private BatchPart partOf(Device device, ParameterStore store) {
        BatchPart known = pending.get(device);
        if (known != null && closure != null) {
            return known;
        }
        refuseParallelDevices();
        if (known != null) {
            refuseAccumulationByHand(known);
            earlier.add(pending.remove(device));
        }
        if (phase != Phase.FORWARD) {
            decide(closure == null ? Way.LISTENER : Way.CLOSURE);
            beginBatch(store);
        } else if (known != null) {
            plan = parts.plan();
        }
        Replica replica = parts.replicas().on(device, store);
        BatchPart part = new BatchPart(replica, parts.run().batch(), closure != null);
        pending.put(device, part);
        part.keepStatistics(parts.replicas().layout().statistics());
        part.setNoisy(parts.firstPassIsNoisy(plan));
        try (EngineBridge.Scope off = parts.noGradient()) {
            parts.targets().beforeBatch(replica);
            if (closure != null) {
                // What other closures' backward passes left, a generator's in a discriminator say.
                replica.zeroGradients();
            }
            plan.beforeFirstPass(part);
        }
        return part;
    }

    private NDList firstPass(BatchPart part, Call call) {
        try {
            return runFirstPass(part, call);
        } catch (RuntimeException | Error failure) {
            abandonPending();
            throw failure;
        }
    }

    private NDList runFirstPass(BatchPart part, Call call) {
        parts.drawNoise(part, call);
        try (EngineBridge.Scope off = parts.noGradient()) {
            parts.hidden().beforeFirstPass(part, call);
            parts.penalty().prepare(part, call);
        }
        NDList outputs =
                part.intermediates()
                        .of(
                                call.data().head().getManager(),
                                () -> parts.runner().first(part, call));
        call.setOutputs(outputs);
        part.calls().add(call);
        if (closure == null) {
            part.setObjective(() -> loopObjective(call));
        }
        return outputs;
    }

    /** What DJL's loop does with a batch: the configuration's loss on one run of the model. */
    private NDArray loopObjective(Call call) {
        NDList outputs =
                parts.replay().forward(call.store(), call.data(), call.labels(), call.params());
        Loss loss = trainer.getLoss();
        return (loss instanceof TramLoss tram ? tram.taskLoss() : loss)
                .evaluate(call.labels(), outputs);
    }

    private void decide(Way chosen) {
        if (way == Way.UNDECIDED) {
            way = chosen;
        }
        if (way != chosen) {
            throw new IllegalStateException(
                    "A training is driven by EasyTrain.trainBatch with tram.listener(), or by"
                            + " tram.step, not by both, received: "
                            + (chosen == Way.CLOSURE ? "tram.step" : "a batch for the listener")
                            + " after the other");
        }
    }

    private void beginBatch(ParameterStore store) {
        refuseShown("A training batch");
        if (phase == Phase.READY) {
            finishPartialUpdate();
        }
        checkPenalty();
        parts.outputs().beforeFirstPass(trainer.getLoss(), closure != null);
        latestStore = store;
        parts.replicas().follow(store, parts.means());
        if (closure == null) {
            plan = parts.plan();
        }
        phase = Phase.FORWARD;
    }

    private void finishPartialUpdate() {
        if (!parts.update().hasBegun()) {
            throw new IllegalStateException(
                    "trainer.step() must follow each batch (for a larger effective batch use"
                            + " optAccumulationSteps(k) and still call step() after each) and the"
                            + " configuration needs optOptimizer(tram) beside tram.listener(),"
                            + " received: a second batch without an update");
        }
        finishStep();
    }

    private void checkPenalty() {
        Optional<TramLoss> loss =
                trainer.getLoss() instanceof TramLoss tram ? Optional.of(tram) : Optional.empty();
        boolean own = loss.map(tram -> tram.isOf(settings)).orElse(false);
        boolean foreign = !own && loss.map(TramLoss::hasPenalty).orElse(false);
        boolean missing = !own && closure == null && settings.penalty().isPresent();
        if (foreign || missing) {
            throw new IllegalStateException(
                    "The training configuration's loss must be tram.loss(taskLoss) of this"
                            + " optimizer, which adds its penalty, received: "
                            + (foreign ? "another penalty" : "a loss without the penalty"));
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

    /** A second pass could not know which of several backward passes to repeat. */
    private void refuseAccumulationByHand(BatchPart part) {
        if (plan == parts.plainStep()) {
            return;
        }
        try (EngineBridge.Scope off = parts.noGradient()) {
            if (parts.measurement().descentSquare(part.replica()) == 0) {
                return;
            }
            abandonPending();
            parts.replicas().zeroGradients();
        }
        phase = Phase.IDLE;
        throw new IllegalStateException(
                "An ascending step needs one forward and one backward pass before its listener is"
                        + " told: to accumulate gradients use optAccumulationSteps(k), for other"
                        + " loops tram.step(trainer, batch, closure), received: a second forward"
                        + " pass after a backward pass (or after a batch that failed between"
                        + " its backward pass and its listener); its gradients are 0 again");
    }

    /** Forgets the first passes of a batch that failed before its listeners were called. */
    private void abandonPending() {
        restoreTheta();
        pending.values().forEach(BatchPart::close);
        pending.clear();
        earlier.forEach(BatchPart::close);
        earlier.clear();
    }

    /** The task loss where the user evaluates it; with the penalty in a first pass. */
    NDArray evaluateLoss(NDList predictions, Supplier<NDArray> task) {
        BatchPart part = phase == Phase.FORWARD ? partOf(predictions) : null;
        if (part == null || parts.replay().isRunning()) {
            return task.get();
        }
        Supplier<NDArray> loss = closure == null ? () -> penalized(part, predictions, task) : task;
        NDArray value = part.intermediates().of(predictions.head().getManager(), loss);
        part.intermediates().keep(value);
        if (closure == null) {
            part.setLoss(value);
        }
        return value;
    }

    private NDArray penalized(BatchPart part, NDList predictions, Supplier<NDArray> task) {
        return parts.penalty()
                .add(
                        task.get(),
                        part,
                        part.calls(),
                        List.of(new NDList(predictions)),
                        part.isNoisy());
    }

    /** The first pass that predictions come from: the one that gave them, else the latest. */
    private BatchPart partOf(NDList predictions) {
        for (BatchPart part : earlier) {
            if (part.lastCall().gave(predictions)) {
                return part;
            }
        }
        BatchPart part = pending.get(predictions.head().getDevice());
        return part == null || part.calls().isEmpty() ? null : part;
    }

    /** Whether the listener's batch is this session's own, told by {@link #step}. */
    boolean isStepping() {
        return closure != null;
    }

    /** Does all that lies between the first backward pass and the update. */
    void completeBatch(BatchData batchData) {
        decide(Way.LISTENER);
        refuseParallelDevices();
        if (phase != Phase.FORWARD) {
            if (phase == Phase.READY) {
                throw new IllegalStateException(
                        "A batch is told once, after its backward pass and before trainer.step()"
                                + " (is tram.listener() in the configuration twice?), received: a"
                                + " batch told again");
            }
            throw new IllegalStateException(
                    forwardWithoutLabels
                            ? "A training batch must run by trainer.forward(data, labels), which"
                                    + " tells it from an evaluation, or by tram.step(trainer,"
                                    + " batch, closure), received: trainer.forward(data)"
                            : "A training batch must run through the trainer's own model (its"
                                    + " block was replaced during training?), received: a batch"
                                    + " of "
                                    + batchData.getPredictions().size()
                                    + " devices without a first pass");
        }
        List<BatchPart> batch = new ArrayList<>(pending.values());
        earlier.forEach(BatchPart::closeIntermediates);
        batch.forEach(part -> part.setRepeated(!earlier.isEmpty()));
        try {
            complete(batch);
        } finally {
            earlier.forEach(BatchPart::close);
            earlier.clear();
        }
    }

    private void complete(List<BatchPart> batch) {
        pending.clear();
        phase = Phase.IDLE;
        forwardWithoutLabels = false;
        try (EngineBridge.Scope off = parts.noGradient()) {
            batch.forEach(BatchPart::closeIntermediates);
            checkOutputs(batch);
            batch.forEach(parts.hidden()::afterFirstPass);
            StepPlan.Result result = plan.afterBackward(batch);
            finish(batch, result);
        } catch (RuntimeException | Error failure) {
            parts.replicas().zeroGradients();
            throw failure;
        } finally {
            restoreTheta();
            batch.forEach(BatchPart::close);
            parts.run().batchDone();
            parts.seeds().end();
        }
    }

    private void checkOutputs(List<BatchPart> batch) {
        try {
            batch.forEach(parts.outputs()::afterFirstPass);
        } catch (IllegalStateException refused) {
            batch.forEach(this::restoreStatistics);
            throw refused;
        }
    }

    private void finish(List<BatchPart> batch, StepPlan.Result result) {
        if (result.skipped().isPresent()) {
            skip(batch, result);
            return;
        }
        GradientCheck.refuseAllZero(result, parts.run().update());
        parts.run().keep(result.hasAscended());
        boolean complete = parts.update().add(result, parts.remembering(result));
        phase = Phase.READY;
        lastFiniteStep =
                complete ? result.step() : result.step().withKind(TramStep.Kind.ACCUMULATED);
        watch.observe(lastFiniteStep);
        record(lastFiniteStep);
    }

    /** Overwrites the gradients with 0 and puts running statistics back; nothing else changes. */
    private void skip(List<BatchPart> batch, StepPlan.Result result) {
        batch.forEach(this::restoreStatistics);
        parts.replicas().zeroGradients();
        if (!parts.remembering(result).isEmpty()) {
            parts.targets().previousStep().ifPresent(PreviousStepTarget::overwritten);
        }
        RunState run = parts.run();
        run.skip();
        parts.update().add(result, List.of());
        phase = Phase.READY;
        logger.warn(
                "Batch {} skipped, {}: {}",
                run.batch(),
                result.skipped().orElseThrow(),
                result.step());
        record(result.step());
        if (run.skippedInARow() >= settings.maxSkippedSteps()) {
            throw new IllegalStateException(
                    "Training stopped: at most "
                            + (settings.maxSkippedSteps() - 1)
                            + " batches in a row may be skipped, received: "
                            + run.skippedInARow()
                            + "; the last finite step was "
                            + Optional.ofNullable(lastFiniteStep)
                                    .map(TramStep::toString)
                                    .orElse("none"));
        }
    }

    private void restoreStatistics(BatchPart part) {
        for (Map.Entry<Parameter, NDArray> entry : part.statistics().entrySet()) {
            NDArray live = part.replica().live(entry.getKey());
            parts.tensors().copy(new NDList(entry.getValue()), new NDList(live));
        }
    }

    private void record(TramStep done) {
        lastStep = done;
        parts.outputs().observe(done, parts.run().update());
        Metrics metrics = trainer.getMetrics();
        if (metrics != null) {
            metrics.addMetric("tram_distance", done.distance());
            metrics.addMetric("tram_gradient_norm", done.gradientNorm());
            metrics.addMetric("tram_perturbation_norm", done.perturbationNorm());
            metrics.addMetric("tram_perturbed_loss", done.perturbedLoss());
            metrics.addMetric("tram_relative_rise", done.relativeRise());
        }
        parts.clock().report(metrics);
    }

    /** A whole step of a closure: both passes, the update, and DJL's listeners in between. */
    TramStep step(Batch batch, Objective objective) {
        if (trainer.getDevices().length > 1) {
            throw new IllegalStateException(
                    "tram.step trains on one device (several are the listener's:"
                            + " EasyTrain.trainBatch), received: "
                            + trainer.getDevices().length);
        }
        decide(Way.CLOSURE);
        install();
        closure = objective;
        try {
            BatchPart part = firstPassOfClosure();
            BatchData data = batchData(batch, part);
            complete(List.of(part));
            trainer.notifyListeners(listener -> listener.onTrainingBatch(trainer, data));
            trainer.step();
            if (phase == Phase.READY) {
                throw new IllegalStateException(
                        "tram.step needs the optimizer in the training configuration: use"
                                + " tram.trainingConfig(loss) or optOptimizer(tram), received: a"
                                + " trainer with another optimizer");
            }
            return lastStep;
        } finally {
            abandonPending();
            closure = null;
            if (phase == Phase.READY) {
                // A listener threw between the passes and the update.
                parts.update().abandon();
            }
            phase = Phase.IDLE;
            uninstall();
        }
    }

    /** A momentum ascent comes before all that the closure computes, also of the weights alone. */
    private void climbBefore() {
        if (parts.isMomentum(plan) && !parts.replicas().isEmpty()) {
            partOf(parts.replicas().first().device(), latestStore);
        }
    }

    private BatchPart firstPassOfClosure() {
        if (phase == Phase.READY) {
            finishPartialUpdate();
        }
        plan = parts.plan();
        climbBefore();
        parts.startClosure();
        try (GradientCollector collector = Gradients.collector(trainer)) {
            NDArray loss = closure.loss();
            if (loss == null || loss.size() != 1) {
                throw Arguments.rejected(
                        "closure's loss",
                        "a scalar array",
                        loss == null ? "null" : "one of shape " + loss.getShape());
            }
            if (pending.values().stream().allMatch(part -> part.calls().isEmpty())) {
                throw new IllegalStateException(
                        "The closure of tram.step must run the trainer's model"
                                + " (trainer.forward), received: no run of it");
            }
            BatchPart part = pending.values().iterator().next();
            part.setObjective(closure);
            List<NDList> outputs = part.calls().stream().map(Call::outputs).toList();
            NDArray penalized =
                    parts.penalty().add(loss, part, part.calls(), outputs, part.isNoisy());
            collector.backward(penalized);
            part.setLoss(penalized);
            return part;
        } catch (RuntimeException | Error failure) {
            zeroGradients();
            throw failure;
        }
    }

    private void zeroGradients() {
        try (EngineBridge.Scope off = parts.noGradient()) {
            parts.replicas().zeroGradients();
        }
    }

    /** The figures of the first pass for DJL's listeners: its last run with labels. */
    private static BatchData batchData(Batch batch, BatchPart part) {
        Map<Device, NDList> labels = new LinkedHashMap<>();
        Map<Device, NDList> predictions = new LinkedHashMap<>();
        for (Call call : part.calls()) {
            if (call.hasLabels()) {
                labels.put(part.replica().device(), call.labels());
                predictions.put(part.replica().device(), new NDList(call.outputs()));
            }
        }
        return new BatchData(batch, labels, predictions);
    }

    /** One parameter's update on one device. */
    void update(String parameterId, NDArray weight, NDArray gradient) {
        if (phase != Phase.READY) {
            restoreTheta();
            throw new IllegalStateException(
                    "trainer.step() must follow EasyTrain.trainBatch (or a loop that calls"
                            + " trainer.forward(data, labels) and notifies onTrainingBatch);"
                            + " tram.step calls it itself, received: step() without a completed"
                            + " batch");
        }
        int devices = trainer.getDevices().length;
        boolean last = true;
        try {
            last = parts.update().apply(parameterId, weight, gradient, devices);
        } finally {
            // An update that failed half way is over too: to repeat it would update the rest twice.
            if (last) {
                finishStep();
            }
        }
    }

    private void finishStep() {
        phase = Phase.IDLE;
        if (parts.update().finish()) {
            parts.run().updateDone();
        }
    }

    /** Shows θ̄ on all replicas; see {@link TramOptimizer#showWeightAverage}. */
    TramOptimizer.Shown showWeightAverage() {
        if (settings.weightAverage().isEmpty()) {
            throw new IllegalStateException(
                    "showWeightAverage() needs optWeightAverage(...), received: an optimizer"
                            + " without it");
        }
        refuseShown("showWeightAverage()");
        boolean none = parts.replicas().isEmpty();
        if (phase != Phase.IDLE
                || none
                || !parts.replicas().first().hasBuffer(GroupUpdate.AVERAGE)) {
            throw new IllegalStateException(
                    "showWeightAverage() must come after a batch and its trainer.step(), received: "
                            + (phase == Phase.IDLE ? "no update yet" : "a batch without step()"));
        }
        shown = true;
        Replica first = parts.replicas().first();
        EngineBridge.Scope average;
        try (EngineBridge.Scope off = parts.noGradient()) {
            average = first.show(first.buffer(GroupUpdate.AVERAGE).arrays());
            showFirst();
        }
        return () -> hide(average);
    }

    private void hide(EngineBridge.Scope average) {
        if (shown) {
            try (EngineBridge.Scope off = parts.noGradient()) {
                average.close();
                showFirst();
            }
            shown = false;
        }
    }

    /** Lets all replicas' weights be the first one's. */
    private void showFirst() {
        Replica first = parts.replicas().first();
        for (Replica replica : parts.replicas().all()) {
            if (replica != first) {
                replica.take(first, Replica::weights);
            }
        }
    }

    private void refuseShown(String what) {
        if (shown) {
            throw new IllegalStateException(
                    what
                            + " must come after the scope of showWeightAverage() is closed,"
                            + " received: an open scope");
        }
    }

    void save(Path path) throws IOException {
        refuseShown("save(path)");
        restoreTheta();
        if (phase != Phase.IDLE || parts.replicas().isEmpty()) {
            throw new IllegalStateException(
                    "save(path) must come after a batch and its trainer.step(), received: "
                            + (parts.replicas().isEmpty()
                                    ? "no batch yet"
                                    : "a batch without step()"));
        }
        Checkpoint.write(
                path,
                parts.replicas().layout(),
                parts.replicas().first(),
                settings,
                parts.toTexts());
    }

    void load(Path path) throws IOException {
        refuseShown("load(path)");
        restoreTheta();
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
        ParameterLayout own = parts.replicas().currentLayout();
        Checkpoint checkpoint = Checkpoint.read(path, own, settings, trainer.getManager());
        try {
            parts.checkTexts(checkpoint.texts());
        } catch (RuntimeException refused) {
            checkpoint.close();
            throw refused;
        }
        parts.replicas().restart(checkpoint);
        try (EngineBridge.Scope off = parts.noGradient()) {
            checkpoint.restoreModelAndBase(own, settings.base());
        }
        parts.resume(checkpoint.texts());
    }

    @Override
    public void close() {
        abandonPending();
        parts.replicas().close();
        uninstall();
    }
}
