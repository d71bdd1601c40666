package dev.tram.djl;

/**
 * The order in which a training calls: the first passes of a batch, their end, its updates, and all
 * batches by the same way. A call out of turn is refused by name.
 */
final class StepOrder {

    /** How batches come. */
    enum Way {
        LISTENER,
        CLOSURE
    }

    private enum Phase {
        /** The next call is a first pass. */
        IDLE,
        /** First passes are in; the batch has not ended yet. */
        FORWARD,
        /** First passes have ended; the step's own passes run. */
        PASSES,
        /** The gradient is ready; the next calls are updates. */
        READY
    }

    private Phase phase = Phase.IDLE;

    /** The way of the first batch; null before it. */
    private Way way;

    private boolean ranWithoutLabels;
    private boolean givenUp;
    private boolean shown;

    boolean isIdle() {
        return phase == Phase.IDLE;
    }

    boolean isInFirstPasses() {
        return phase == Phase.FORWARD;
    }

    boolean isInPasses() {
        return phase == Phase.PASSES;
    }

    boolean isReadyToUpdate() {
        return phase == Phase.READY;
    }

    void firstPassesBegin() {
        phase = Phase.FORWARD;
        givenUp = false;
    }

    void firstPassesEnd() {
        phase = Phase.PASSES;
        ranWithoutLabels = false;
    }

    void readyToUpdate() {
        phase = Phase.READY;
    }

    /** The batch is over, updated or given up. */
    void over() {
        phase = Phase.IDLE;
    }

    /** The batch under way came to nothing; its listener may be told of it all the same. */
    void giveUp() {
        over();
        givenUp = true;
    }

    /** Takes note of a training run that cannot be told from an evaluation. */
    void runWithoutLabels() {
        ranWithoutLabels = true;
    }

    /** Sets whether the weights shown in the model are others than the trained ones. */
    void setShown(boolean value) {
        shown = value;
    }

    boolean isShown() {
        return shown;
    }

    void refuseShown(String what) {
        if (shown) {
            throw new IllegalStateException(
                    what
                            + " must come after the scope of showWeightAverage() is closed,"
                            + " received: an open scope");
        }
    }

    /** The first batch decides on the way of all. */
    void decide(Way chosen) {
        if (way == null) {
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

    /** Refuses a listener's batch without a first pass. */
    void checkBatch(int devices) {
        if (phase == Phase.READY || phase == Phase.PASSES) {
            throw new IllegalStateException(
                    "A batch is told once, after its backward pass and before trainer.step()"
                            + " (is tram.listener() in the configuration twice?), received: a"
                            + " batch told again");
        }
        if (phase == Phase.IDLE && givenUp) {
            throw new IllegalStateException(
                    "A batch is told after all of it has run, received: one of which a forward"
                            + " pass or the loss failed, or into which load(path) came");
        }
        if (phase == Phase.IDLE) {
            throw new IllegalStateException(
                    ranWithoutLabels
                            ? "A training batch must run by trainer.forward(data, labels), which"
                                    + " tells it from an evaluation, or by tram.step(trainer,"
                                    + " batch, closure), received: trainer.forward(data)"
                            : "A training batch must run through the trainer's own model (its"
                                    + " block was replaced during training?), received: a batch"
                                    + " of "
                                    + devices
                                    + " devices without a first pass");
        }
    }

    /** Refuses an update without a batch. */
    void checkUpdate() {
        if (phase != Phase.READY) {
            throw new IllegalStateException(
                    "trainer.step() must follow EasyTrain.trainBatch (or a loop that calls"
                            + " trainer.forward(data, labels) and notifies onTrainingBatch);"
                            + " tram.step calls it itself, received: step() without a completed"
                            + " batch");
        }
    }

    /** Refuses a closure's step that {@code trainer.step()} did not end. */
    void checkClosureUpdated() {
        if (phase == Phase.READY) {
            throw new IllegalStateException(
                    "tram.step needs the optimizer in the training configuration: use"
                            + " tram.trainingConfig(loss) or optOptimizer(tram), received: a"
                            + " trainer with another optimizer");
        }
    }
}
