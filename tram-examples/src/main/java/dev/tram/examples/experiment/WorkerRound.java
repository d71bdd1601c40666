package dev.tram.examples.experiment;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A worker's part of a round: the message that it sends. */
public final class WorkerRound implements Serializable {

    private static final long serialVersionUID = 1;

    private final int worker;
    private final byte[] state;
    private final ArrayList<StepRecord> steps;
    private final double milliseconds;

    WorkerRound(int worker, byte[] state, List<StepRecord> steps, double milliseconds) {
        this.worker = worker;
        this.state = state;
        this.steps = new ArrayList<>(steps);
        this.milliseconds = milliseconds;
    }

    public int worker() {
        return worker;
    }

    /** Returns the worker's state after the round: a safetensors file, not to be changed. */
    byte[] state() {
        return state;
    }

    List<StepRecord> steps() {
        return Collections.unmodifiableList(steps);
    }

    /** Returns the time that the worker spent, reading and writing its state included. */
    double milliseconds() {
        return milliseconds;
    }
}
