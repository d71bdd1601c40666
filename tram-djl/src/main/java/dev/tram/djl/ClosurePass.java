package dev.tram.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.listener.TrainingListener.BatchData;
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
            NDArray loss = scalar(closure.loss());
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
            collector.backward(penalized);
            part.setLoss(penalized);
            return part;
        } catch (RuntimeException | Error failure) {
            zeroGradients();
            throw failure;
        }
    }

    private static NDArray scalar(NDArray loss) {
        if (loss == null || loss.size() != 1) {
            throw Arguments.rejected(
                    "closure's loss",
                    "a scalar array",
                    loss == null ? "null" : "one of shape " + loss.getShape());
        }
        return loss;
    }

    private void zeroGradients() {
        try (EngineBridge.Scope off = parts.noGradient()) {
            parts.replicas().zeroGradients();
        }
    }

    /** The first pass as DJL's listeners are told of it: its last run with labels. */
    static BatchData told(Batch batch, BatchPart part) {
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
}
