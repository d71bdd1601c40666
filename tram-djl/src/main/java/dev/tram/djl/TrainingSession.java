package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.listener.TrainingListener.BatchData;
import ai.djl.util.PairList;
import dev.tram.djl.internal.engine.EngineBridge;
import dev.tram.djl.internal.engine.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/**
 * One trainer's run: batch, plan, update, in this order. A batch comes by the listener ({@link
 * #forward} inside DJL's loop, then {@link #completeBatch}) or as a closure ({@link #step}).
 */
final class TrainingSession implements AutoCloseable {

    private final Trainer trainer;
    private final Block block;
    private final StepParts parts;
    private final StepOrder order = new StepOrder();
    private final TrainerCheck check;
    private final FirstPasses passes;
    private final ClosurePass closurePass;
    private final BatchOutcome outcome;
    private final ShownWeights shown;
    private final SavedSession saved;

    TrainingSession(TramSettings settings, Trainer trainer) {
        this.trainer = trainer;
        block = trainer.getModel().getBlock();
        Precision.check(trainer.getModel());
        parts = new StepParts(settings, trainer, block);
        check = new TrainerCheck(settings, trainer);
        passes = new FirstPasses(settings, trainer, block, parts, order, check);
        closurePass = new ClosurePass(trainer, parts, passes);
        outcome = new BatchOutcome(settings, trainer, parts, order);
        shown = new ShownWeights(settings, block, parts, order);
        saved = new SavedSession(settings, trainer, block, parts, order, passes);
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
        return outcome.last();
    }

    long batches() {
        return parts.run().batch();
    }

    /** The number of the update under way, from 1. */
    long step() {
        return parts.run().update() + 1;
    }

    /** Whether a batch is complete and waits for its update. */
    boolean isBatchComplete() {
        return order.isReadyToUpdate();
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
        if (labels == null && !passes.areOfClosure()) {
            order.runWithoutLabels();
            return block.forward(store, data, true, params);
        }
        return passes.run(store, data, labels, params);
    }

    /** A run of the model in evaluation mode, at θ whatever an ascent left in the weights. */
    NDList evaluate(ParameterStore store, NDList inputs, PairList<String, Object> params) {
        return shown.evaluate(store, inputs, params);
    }

    /** Shows θ in the model's own arrays until the scope is closed. */
    EngineBridge.Scope showTheta() {
        return shown.theta();
    }

    /** Puts the weights back to θ, whatever an ascent before the first pass made of them. */
    void restoreTheta() {
        passes.restoreTheta();
    }

    /** The task loss where the user evaluates it; with the penalty in a first pass. */
    NDArray evaluateLoss(NDList predictions, Supplier<NDArray> task) {
        return passes.evaluateLoss(predictions, task);
    }

    /** Whether the listener's batch is this session's own, told by {@link #step}. */
    boolean isStepping() {
        return passes.areOfClosure();
    }

    /** Does all that lies between the first backward pass and the update. */
    void completeBatch(BatchData batchData) {
        order.decide(StepOrder.Way.LISTENER);
        check.refuseParallelDevices();
        order.checkBatch(batchData.getPredictions().size());
        List<BatchPart> batch = passes.take();
        try {
            complete(batch);
        } finally {
            passes.closeEarlier();
        }
    }

    private void complete(List<BatchPart> batch) {
        try (EngineBridge.Scope off = parts.noGradient()) {
            check.refuseLossWithoutPenalty(batch);
            batch.forEach(BatchPart::closeIntermediates);
            batch.forEach(parts.targets()::check);
            batch.forEach(parts.hidden()::afterFirstPass);
            outcome.settle(batch, passes.plan().afterBackward(batch));
        } catch (RuntimeException | Error failure) {
            parts.replicas().zeroGradients();
            batch.forEach(BatchPart::restoreStatistics);
            order.over();
            throw failure;
        } finally {
            restoreTheta();
            batch.forEach(BatchPart::close);
            parts.seeds().end();
        }
    }

    /** A whole step of a closure: both passes, the update, and DJL's listeners in between. */
    TramStep step(Batch batch, Objective closure) {
        check.refuseSeveralDevices();
        passes.refuseWithinClosure();
        order.decide(StepOrder.Way.CLOSURE);
        install();
        try (NDManager scope = trainer.getManager().newSubManager()) {
            BatchData told = ClosurePass.told(batch, closurePass.run(closure), scope);
            complete(passes.take());
            trainer.notifyListeners(listener -> listener.onTrainingBatch(trainer, told));
            trainer.step();
            order.checkClosureUpdated();
            return outcome.last();
        } finally {
            passes.abandon();
            parts.seeds().end();
            passes.endClosure();
            if (order.isReadyToUpdate()) {
                // A listener threw between the passes and the update.
                parts.update().abandon();
            }
            order.over();
            uninstall();
        }
    }

    /** One parameter's update on one device. */
    void update(String parameterId, NDArray weight, NDArray gradient) {
        if (parts.replicas().isForeign(parameterId)) {
            return;
        }
        if (!order.isReadyToUpdate()) {
            restoreTheta();
        }
        order.checkUpdate();
        int devices = trainer.getDevices().length;
        boolean last = true;
        try {
            last = parts.update().apply(parameterId, weight, gradient, devices);
        } finally {
            // An update that failed half way is over too: to repeat it would update the rest twice.
            if (last) {
                order.over();
                parts.update().finish();
            }
        }
    }

    /** Shows θ̄ on all replicas; see {@link TramOptimizer#showWeightAverage}. */
    TramOptimizer.Shown showWeightAverage() {
        return shown.average();
    }

    void save(Path path) throws IOException {
        order.refuseShown("save(path)");
        saved.save(path);
    }

    void load(Path path) throws IOException {
        order.refuseShown("load(path)");
        saved.load(path);
    }

    void startFrom(Path path) throws IOException {
        order.refuseShown("startFrom(path)");
        saved.startFrom(path);
    }

    /** Tells what is told once an epoch. */
    void epochDone() {
        parts.targets().epochDone();
        outcome.tellOfSkipped();
    }

    @Override
    public void close() {
        outcome.tellOfSkipped();
        passes.abandon();
        parts.replicas().close();
        uninstall();
    }
}
