package dev.tram.djl.transformers.inference;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.function.Function;

/**
 * Makes a model's inputs of texts or images, on any thread.
 *
 * @param <I> the type of an example
 */
@FunctionalInterface
public interface InputEncoder<I> {

    /**
     * Encodes a batch.
     *
     * @param examples the examples, at least one
     * @return creates the block's inputs, a row per example, whose owner is the manager that it is
     *     given
     * @throws IllegalArgumentException if the model cannot read an example
     */
    Function<NDManager, NDList> encode(List<I> examples);
}
