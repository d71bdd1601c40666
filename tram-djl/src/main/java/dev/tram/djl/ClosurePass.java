package dev.tram.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.listener.TrainingListener.BatchData;
import ai.djl.translate.Batchifier;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.engine.EngineBridge;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The first pass of a closure: its runs of the model, its loss, the backward pass. */
final class ClosurePass {

    private final Trainer trainer;
    private final StepParts parts;
    private final FirstPasses passes;

    ClosurePass(Trainer trainer, StepParts parts, FirstPasses passes) {
        this.trainer = trainer;
        this.parts = parts;
        this.passes = passes;
    }

    /** Leaves g in the model. */
    BatchPart run(Objective closure) {
        passes.beginClosure(closure);
        try (GradientCollector collector = Gradients.collector(trainer)) {
            NDArray loss = lossOf(closure);
            if (!passes.haveRun()) {
                throw new IllegalStateException(
                        "The closure of tram.step must run the trainer's model"
                                + " (trainer.forward), received: no run of it");
            }
            BatchPart part = passes.all().get(0);
            part.setObjective(closure);
            List<NDList> outputs = part.calls().stream().map(Call::outputs).toList();
            NDArray penalized =
                    parts.penalty().add(loss, part, part.calls(), outputs, part.isNoisy());
            GradientCheck.backward(collector, penalized);
            part.setLoss(penalized);
            return part;
        } catch (RuntimeException | Error failure) {
            zeroGradients();
            throw failure;
        }
    }

    private static NDArray lossOf(Objective closure) {
        NDArray loss;
        try {
            loss = closure.loss();
        } catch (IllegalStateException failure) {
            throw Gradients.isSecondCollector(failure) ? secondCollector(failure) : failure;
        }
        if (loss == null || loss.size() != 1) {
            throw Arguments.rejected(
                    "closure's loss",
                    "a scalar array",
                    loss == null ? "null" : "one of shape " + loss.getShape());
        }
        return loss;
    }

    private static IllegalStateException secondCollector(IllegalStateException failure) {
        return new IllegalStateException(
                "The closure of tram.step returns the loss, and must neither open a gradient"
                        + " collector nor call EasyTrain.trainBatch: the step opens DJL's"
                        + " collector, of which a JVM has one, and calls backward itself,"
                        + " received: a second collector",
                failure);
    }

    private void zeroGradients() {
        try (EngineBridge.Scope off = parts.noGradient()) {
            parts.replicas().zeroGradients();
        }
    }

    /**
     * The first pass as DJL's listeners are told of it: its last run with labels.
     *
     * @param batch the user's batch, or null
     * @param scope the owner of a batch without arrays, for listeners that ask for its size, where
     *     there is none
     */
    static BatchData told(Batch batch, BatchPart part, NDManager scope) {
        Map<Device, NDList> labels = new LinkedHashMap<>();
        Map<Device, NDList> predictions = new LinkedHashMap<>();
        for (Call call : part.calls()) {
            if (call.hasLabels()) {
                labels.put(part.replica().device(), call.labels());
                predictions.put(part.replica().device(), new NDList(call.outputs()));
            }
        }
        return new BatchData(batch == null ? unnamed(part, scope) : batch, labels, predictions);
    }

    private static Batch unnamed(BatchPart part, NDManager scope) {
        Shape shape = part.lastCall().data().head().getShape();
        int size = shape.dimension() == 0 ? 1 : (int) shape.get(0);
        Batchifier stack = Batchifier.STACK;
        return new Batch(scope, new NDList(), new NDList(), size, stack, stack, 0, 0);
    }
}
