package dev.tram.examples.diagnostics;

import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.loss.Loss;
import dev.tram.djl.transformers.model.TransformerModel;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;

/** What diagnostics need to know of an experiment besides its trained models. */
public interface Subject extends AutoCloseable {

    /**
     * Returns the loss.
     *
     * @return the task loss, a mean over examples or positions
     */
    Loss loss();

    /**
     * Returns held-out data that the models are looked at with.
     *
     * @param examples the most examples of each, evenly sampled
     * @param batch the number of examples of a mini-batch
     * @return the data, that of the training's own domain first
     */
    List<Sample> samples(int examples, int batch);

    /**
     * Builds the model as it was before a run's training.
     *
     * @param manager the owner of the parameters
     * @param seed the run's seed, of what was drawn anew
     * @return the model
     * @throws IOException if it cannot be read
     */
    TransformerModel pretrained(NDManager manager, long seed) throws IOException;

    @Override
    default void close() throws IOException {}

    /** Opens subjects. */
    @FunctionalInterface
    interface Opener {

        /**
         * Opens an experiment's data.
         *
         * @param run one target of the experiment
         * @param out where progress is printed
         * @return the subject
         * @throws IOException if a file cannot be read or written
         * @throws IllegalArgumentException if experiments of this kind cannot be diagnosed
         */
        Subject open(RunDirectory run, PrintStream out) throws IOException;
    }

    /**
     * Data of one domain.
     *
     * @param name the domain's name
     * @param data the mini-batches, the same each time
     * @param labelled whether the labels are those of the trained models' head, so that there is a
     *     loss
     */
    record Sample(String name, Dataset data, boolean labelled) {}
}
