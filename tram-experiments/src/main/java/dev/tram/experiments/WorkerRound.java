package dev.tram.experiments;

import java.io.Serializable;
import java.util.List;

/**
 * A worker's part of a round: the message that it sends.
 *
 * @param worker the worker, from 0
 * @param state its state after the round: a safetensors file, not to be changed
 * @param steps the updates that it made
 * @param milliseconds the time that it spent, reading and writing its state included
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record WorkerRound(int worker, byte[] state, List<StepRecord> steps, double milliseconds)
        implements Serializable {

    public WorkerRound {
        steps = List.copyOf(steps);
    }
}
