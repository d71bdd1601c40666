package dev.tram.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.util.PairList;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.engine.Blocks;
import dev.tram.djl.internal.engine.EngineBridge;
import dev.tram.djl.internal.engine.Replica;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The first passes of a batch: what the user's loop or closure runs of the model and of its loss
 * before anything else. Each device's part is kept until the batch ends.
 */
final class FirstPasses {

    private final TramSettings settings;
    private final Trainer trainer;
    private final StepParts parts;
    private final StepOrder order;
    private final TrainerCheck check;
    private final List<InputNoise> noiseBlocks;
    private final PendingParts pending = new PendingParts();

    private StepPlan plan;

    /** What runs the model; null in a loop of the listener's. */
    private Objective closure;

    private ParameterStore latestStore;
    private boolean lossChecked;

    FirstPasses(
            TramSettings settings,
            Trainer trainer,
            Block block,
            StepParts parts,
            StepOrder order,
            TrainerCheck check) {
        this.settings = settings;
        this.trainer = trainer;
        this.parts = parts;
        this.order = order;
        this.check = check;
        noiseBlocks = Blocks.ofType(block, InputNoise.class);
    }

    /** The plan of the batch. */
    StepPlan plan() {
        return plan;
    }

    boolean areOfClosure() {
        return closure != null;
    }

    /** Begins the first pass of a closure, which may draw before it runs the model. */
    void beginClosure(Objective objective) {
        closure = objective;
        finishPartialUpdate();
        plan = parts.plans().next();
        if (parts.plans().isMomentum(plan) && !parts.replicas().isEmpty()) {
            // An ascent before all that the closure computes, also of the weights alone.
            partOf(parts.replicas().first().device(), latestStore);
        }
        parts.seeds().start(StepSeeds.Stream.OBJECTIVE, 0, 0, 0, 0);
    }

    void refuseWithinClosure() {
        if (closure != null) {
            throw new IllegalStateException(
                    "The closure of tram.step must not call tram.step: a step is taken of one loss,"
                            + " received: a step within a step");
        }
    }

    void endClosure() {
        closure = null;
    }

    /** One run of the model; {@code labels} is null for one without. */
    NDList run(ParameterStore store, NDList data, NDList labels, PairList<String, Object> params) {
        if (data.isEmpty()) {
            throw Arguments.rejected("training batch", "of one input array at least", "none");
        }
        try {
            BatchPart part = partOf(data.head().getDevice(), store);
            return run(part, new Call(part.calls().size(), store, data, labels, params));
        } catch (RuntimeException | Error failure) {
            giveUp();
            throw failure;
        }
    }

    private NDList run(BatchPart part, Call call) {
        drawNoise(part, call);
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
        try (EngineBridge.Scope off = parts.noGradient()) {
            parts.outputs().afterForward(outputs, closure != null);
        }
        part.calls().add(call);
        if (closure == null) {
            part.setObjective(() -> loopObjective(call));
        }
        return outputs;
    }

    /** Gives a run of the model the step's noise, if the method has any. */
    private void drawNoise(BatchPart part, Call call) {
        settings.noise()
                .map(noise -> new NoiseDraw(noise, noiseBlocks, parts.seeds(), part, call.index()))
                .ifPresent(call::setNoise);
    }

    /** What DJL's loop does with a batch: the configuration's loss on one run of the model. */
    private NDArray loopObjective(Call call) {
        NDList outputs =
                parts.replay().forward(call.store(), call.data(), call.labels(), call.params());
        return check.evaluateLoss(call.labels(), outputs);
    }

    private BatchPart partOf(Device device, ParameterStore store) {
        BatchPart known = pending.on(device);
        if (known != null && closure != null) {
            return known;
        }
        check.refuseParallelDevices();
        if (known != null) {
            refuseAccumulationByHand(known);
            setAside(known);
        }
        if (!order.isInFirstPasses()) {
            beginBatch(store);
        } else if (known != null) {
            plan = parts.plans().next();
        }
        return beginPart(device, store);
    }

    /**
     * Makes room for another first pass. Statistics move once a batch where the step ascends, and
     * one that nothing followed may be of a batch that failed.
     */
    private void setAside(BatchPart part) {
        if (!parts.plans().isPlain(plan)) {
            try (EngineBridge.Scope off = parts.noGradient()) {
                part.restoreStatistics();
            }
        }
        pending.setAside(part);
    }

    private void beginBatch(ParameterStore store) {
        order.decide(closure == null ? StepOrder.Way.LISTENER : StepOrder.Way.CLOSURE);
        order.refuseShown("A training batch");
        finishPartialUpdate();
        check.checkPenalty(closure != null);
        parts.outputs().beforeFirstPass(trainer.getLoss(), closure != null);
        latestStore = store;
        parts.replicas().follow(store, parts.means());
        if (closure == null) {
            plan = parts.plans().next();
        }
        order.firstPassesBegin();
    }

    private BatchPart beginPart(Device device, ParameterStore store) {
        Replica replica = parts.replicas().on(device, store);
        BatchPart part = new BatchPart(replica, parts.run().batch(), closure != null);
        pending.add(part);
        part.keepStatistics(parts.replicas().layout().statistics());
        part.setNoisy(parts.plans().firstPassIsNoisy(plan));
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

    /** Ends an update whose last parameter never came, since one was frozen meanwhile. */
    private void finishPartialUpdate() {
        if (order.isReadyToUpdate()) {
            parts.update().checkBegun();
            order.over();
            parts.update().finish();
        }
    }

    /** A second pass could not know which of several backward passes to repeat. */
    private void refuseAccumulationByHand(BatchPart part) {
        if (parts.plans().isPlain(plan)) {
            return;
        }
        try (EngineBridge.Scope off = parts.noGradient()) {
            if (parts.measurement().descentSquare(part.replica()) == 0) {
                return;
            }
            parts.replicas().zeroGradients();
        }
        throw new IllegalStateException(
                "An ascending step needs one forward and one backward pass before its listener is"
                        + " told: to accumulate gradients use optAccumulationSteps(k), for other"
                        + " loops tram.step(trainer, batch, closure), received: a second forward"
                        + " pass after a backward pass (or after a batch that failed between"
                        + " its backward pass and its listener); its gradients are 0 again");
    }

    /** The task loss where the user evaluates it; with the penalty in a first pass. */
    NDArray evaluateLoss(NDList predictions, Supplier<NDArray> task) {
        BatchPart part = order.isInFirstPasses() ? pending.thatGave(predictions) : null;
        if (part == null || parts.replay().isRunning()) {
            return task.get();
        }
        try {
            return firstLoss(part, predictions, task);
        } catch (RuntimeException | Error failure) {
            giveUp();
            throw failure;
        }
    }

    private NDArray firstLoss(BatchPart part, NDList predictions, Supplier<NDArray> task) {
        Supplier<NDArray> loss = closure == null ? () -> penalized(part, task) : task;
        NDArray value = part.intermediates().of(predictions.head().getManager(), loss);
        part.intermediates().keep(value);
        if (closure == null && check.isLossOwn()) {
            refuseConstant(value);
            part.setLoss(value);
        }
        return value;
    }

    /** A loss that depends on the model once is taken to do so always: to ask takes time. */
    private void refuseConstant(NDArray loss) {
        if (!lossChecked && parts.plans().hasSecondPass(plan)) {
            if (parts.isConstant(loss)) {
                throw GradientCheck.constant(null);
            }
            lossChecked = true;
        }
    }

    /** Of the model's outputs in their order: a loss may reorder those that it is given. */
    private NDArray penalized(BatchPart part, Supplier<NDArray> task) {
        List<NDList> outputs = List.of(part.lastCall().outputs());
        return parts.penalty().add(task.get(), part, part.calls(), outputs, part.isNoisy());
    }

    /** Whether the model ran. */
    boolean haveRun() {
        return pending.hasRun();
    }

    /** The parts of the batch in the order of their first passes. */
    List<BatchPart> all() {
        return pending.all();
    }

    /** Ends the first passes: their parts are the caller's. */
    List<BatchPart> take() {
        List<BatchPart> batch = pending.take();
        order.firstPassesEnd();
        return batch;
    }

    /** Closes the first passes that others followed. */
    void closeEarlier() {
        pending.closeEarlier();
    }

    /** Puts the weights back to θ, whatever an ascent before the first pass made of them. */
    void restoreTheta() {
        if (plan != null) {
            try (EngineBridge.Scope off = parts.noGradient()) {
                plan.abandon(pending.all());
            }
        }
    }

    /** What the first passes changed of a replica, as it was before them: θ and statistics. */
    Map<Parameter, NDArray> before(Replica replica) {
        Map<Parameter, NDArray> before = pending.statisticsBefore(replica);
        before.putAll(replica.savedTheta());
        return before;
    }

    /** Gives up a batch whose first passes are under way: all is as it was before it. */
    void giveUp() {
        if (order.isInFirstPasses()) {
            abandon();
            order.giveUp();
            parts.seeds().end();
        }
    }

    /** Forgets the first passes of a batch that failed before it ended. */
    void abandon() {
        restoreTheta();
        try (EngineBridge.Scope off = parts.noGradient()) {
            pending.restoreStatistics();
        }
        parts.hidden().abandon();
        pending.close();
    }
}
