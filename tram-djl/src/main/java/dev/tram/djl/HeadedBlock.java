package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;

/**
 * A block in two parts: {@code forward} returns {@link #head} of the {@link #features}, and nothing
 * else.
 *
 * <p>{@link TramOptimizer.Builder#optPretrainedCache} then keeps the features rather than the
 * output where they are less than a 32nd of it, as in a language model of a large vocabulary.
 */
public interface HeadedBlock extends Block {

    /**
     * Computes what the head reads.
     *
     * @param parameterStore the parameters' values
     * @param inputs the inputs, as for {@code forward}
     * @param training whether dropout is on
     * @return the features, of shape (B, …, width)
     */
    NDArray features(ParameterStore parameterStore, NDList inputs, boolean training);

    /**
     * Computes the output from the features, which stay open.
     *
     * @param parameterStore the parameters' values
     * @param features the features, of shape (B, …, width)
     * @param training whether dropout is on
     * @return the output
     */
    NDArray head(ParameterStore parameterStore, NDArray features, boolean training);
}
