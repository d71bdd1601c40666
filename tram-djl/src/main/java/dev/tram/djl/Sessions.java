package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import java.util.Optional;
import java.util.function.Supplier;

/** An optimizer's training sessions: one trainer's at a time, from its first call to its end. */
final class Sessions {

    private final TramSettings settings;
    private final TrainingListener listener = new Listener();

    private TrainingSession session;
    private TrainingSession latest;

    Sessions(TramSettings settings) {
        this.settings = settings;
    }

    TramSettings settings() {
        return settings;
    }

    /** Opens, drives and closes the session of a training by DJL's loop. */
    TrainingListener listener() {
        return listener;
    }

    /** The session under way or, where there is none, the one before. */
    Optional<TrainingSession> latest() {
        return Optional.ofNullable(latest);
    }

    /** The session under way. */
    TrainingSession open() {
        if (session == null) {
            throw new IllegalStateException(
                    "TramOptimizer needs its listener in the training configuration"
                            + " (tram.trainingConfig(loss), or add"
                            + " .addTrainingListeners(tram.listener())), or a loop of tram.step,"
                            + " received: a configuration without it");
        }
        return session;
    }

    /** A trainer's session, begun if need be. */
    TrainingSession of(Trainer trainer) {
        if (session != null && session.trainer() != trainer && !session.isOpen()) {
            end(session.trainer());
        }
        if (!isUnderWay(trainer)) {
            begin(trainer);
        }
        return session;
    }

    private boolean isUnderWay(Trainer trainer) {
        return session != null && session.trainer() == trainer;
    }

    /** The task loss where the user evaluates it; with the penalty in a first pass. */
    NDArray evaluateLoss(NDList predictions, Supplier<NDArray> task) {
        return session == null ? task.get() : session.evaluateLoss(predictions, task);
    }

    private void begin(Trainer trainer) {
        if (session != null) {
            throw new IllegalStateException(
                    "A TramOptimizer serves one trainer at a time: close the first trainer or build"
                            + " a second optimizer, received: a second trainer for model "
                            + trainer.getModel().getName());
        }
        if (trainer.getModel().getBlock() instanceof TwoPassBlock) {
            throw new IllegalStateException(
                    "A model is trained by one TramOptimizer at a time, received: a second one for"
                            + " model "
                            + trainer.getModel().getName()
                            + ", which is in training already");
        }
        session = new TrainingSession(settings, trainer);
        latest = session;
    }

    private void end(Trainer trainer) {
        if (isUnderWay(trainer)) {
            session.close();
            session = null;
        }
    }

    private final class Listener extends TrainingListenerAdapter {

        @Override
        public void onTrainingBegin(Trainer trainer) {
            if (!isUnderWay(trainer)) {
                begin(trainer);
                session.install();
            }
        }

        @Override
        public void onTrainingBatch(Trainer trainer, BatchData batchData) {
            if (!open().isStepping()) {
                open().completeBatch(batchData);
            }
        }

        @Override
        public void onEpoch(Trainer trainer) {
            if (isUnderWay(trainer)) {
                session.epochDone();
            }
        }

        @Override
        public void onTrainingEnd(Trainer trainer) {
            end(trainer);
        }
    }
}
