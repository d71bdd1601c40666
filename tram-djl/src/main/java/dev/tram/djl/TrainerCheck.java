package dev.tram.djl;

import ai.djl.training.Trainer;
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
        Optional<TramLoss> loss =
                trainer.getLoss() instanceof TramLoss tram ? Optional.of(tram) : Optional.empty();
        boolean own = loss.map(tram -> tram.isOf(settings)).orElse(false);
        boolean foreign = !own && loss.map(TramLoss::hasPenalty).orElse(false);
        boolean missing = !own && !ofClosure && settings.penalty().isPresent();
        if (foreign || missing) {
            throw new IllegalStateException(
                    "The training configuration's loss must be tram.loss(taskLoss) of this"
                            + " optimizer, which adds its penalty, received: "
                            + (foreign ? "another penalty" : "a loss without the penalty"));
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
