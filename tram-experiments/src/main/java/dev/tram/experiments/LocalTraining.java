package dev.tram.experiments;

import ai.djl.engine.Engine;
import dev.tram.djl.TramOptimizer;
import java.io.Closeable;
import java.io.IOException;
import java.io.Serializable;

/** What several workers train together: sent to their machines, where they have some. */
@FunctionalInterface
public interface LocalTraining extends Serializable {

    /**
     * Opens what a worker trains, on the machine that this is called on. Returns the model as the
     * run begins with it, the same one each time.
     */
    Worker open() throws IOException;

    /** A model under training, which can go on from any saved state of it. */
    interface Worker extends Closeable {

        /** Returns what makes the updates, and saves and loads states. */
        TramOptimizer optimizer();

        /** Returns the engine, whose random numbers the updates draw. */
        Engine engine();

        /** Makes an update, counted from 1, on batches of the worker whose turn it is. */
        StepRecord step(WorkerBatches batches, int step) throws IOException;

        /**
         * Returns whether an update depends on nothing but the state, the engine's seed and the
         * batch, so that one worker can serve for all rounds. Another one is opened for each round.
         */
        default boolean isReusable() {
            return true;
        }
    }
}
