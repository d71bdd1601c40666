package dev.tram.djl;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.Trainer;
import java.util.List;
import java.util.Optional;

/** What a trainer's configuration must be for its batches to be right. */
final class TrainerCheck {

    private final TramSettings settings;
    private final Trainer trainer;

    TrainerCheck(TramSettings settings, Trainer trainer) {
        this.settings = settings;
        this.trainer = trainer;
    }

    /** A penalty is in the configuration's loss, where the loss is not a closure's. */
    void checkPenalty(boolean ofClosure) {
        boolean own = isLossOwn();
        boolean foreign = !own && loss().map(TramLoss::hasPenalty).orElse(false);
        boolean missing = !own && !ofClosure && settings.penalty().isPresent();
        if (foreign || missing) {
            throw new IllegalStateException(
                    "The training configuration's loss must be tram.loss(taskLoss) of this"
                            + " optimizer, which adds its penalty, received: "
                            + (foreign ? "another penalty" : "a loss without the penalty"));
        }
    }

    /**
     * The configuration's task loss on labels and outputs that the listener was told of.
     *
     * @throws IllegalStateException if it cannot be evaluated on them
     */
    NDArray evaluateLoss(NDList labels, NDList outputs) {
        try {
            return loss().map(TramLoss::taskLoss)
                    .orElse(trainer.getLoss())
                    .evaluate(labels, outputs);
        } catch (EngineException failure) {
            throw new IllegalStateException(
                    "The configuration's loss must be the loop's, of the labels and outputs of the"
                            + " trainer's own model (of other losses, several models or several"
                            + " passes: tram.step(trainer, batch, closure)), received: "
                            + failure.getMessage(),
                    failure);
        }
    }

    /** Whether the configuration's loss is this optimizer's {@code tram.loss}. */
    boolean isLossOwn() {
        return loss().map(tram -> tram.isOf(settings)).orElse(false);
    }

    private Optional<TramLoss> loss() {
        return trainer.getLoss() instanceof TramLoss tram ? Optional.of(tram) : Optional.empty();
    }

    /** Refuses a loop that took the gradient of another loss than the one with the penalty. */
    void refuseLossWithoutPenalty(List<BatchPart> batch) {
        if (settings.penalty().isPresent()
                && batch.stream()
                        .allMatch(part -> part.penaltyDistance() == null && !part.isRepeated())) {
            throw new IllegalStateException(
                    "A loop with a penalty must take the gradient of trainer.getLoss(), which adds"
                            + " it (tram.step adds it to any loss), received: a batch without an"
                            + " evaluation of that loss on the model's outputs");
        }
    }

    void refuseParallelDevices() {
        if (trainer.getDevices().length > 1 && trainer.getExecutorService().isPresent()) {
            throw new IllegalStateException(
                    "An ExecutorService with several devices is refused, since EasyTrain does not"
                            + " wait for its devices before the listeners run: leave out"
                            + " optExecutorService, received: "
                            + trainer.getDevices().length
                            + " devices with an ExecutorService");
        }
    }

    void refuseSeveralDevices() {
        if (trainer.getDevices().length > 1) {
            throw new IllegalStateException(
                    "tram.step trains on one device (several are the listener's:"
                            + " EasyTrain.trainBatch), received: "
                            + trainer.getDevices().length);
        }
    }
}
