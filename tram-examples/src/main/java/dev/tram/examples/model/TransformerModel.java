package dev.tram.examples.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.tram.djl.InputNoise;

/**
 * A transformer with a head: an ordinary DJL block that maps its inputs to logits.
 *
 * <p>Arrays that backward does not need are closed inside the forward pass.
 */
public abstract sealed class TransformerModel extends FixedBlock permits VisionTransformer {

    final InputNoise inputNoise = new InputNoise();

    TransformerModel() {}

    /**
     * Returns the configuration.
     *
     * @return the configuration that the block was built from
     */
    public abstract ModelConfig config();

    /**
     * Returns the block that adds input noise.
     *
     * @return the block
     */
    public final InputNoise inputNoise() {
        return inputNoise;
    }

    /**
     * Computes what the head reads.
     *
     * @param parameterStore the parameters' values
     * @param inputs the inputs, as for {@code forward}
     * @param training whether dropout is on
     * @return the features, width last
     */
    public abstract NDArray features(
            ParameterStore parameterStore, NDList inputs, boolean training);

    /** Computes the logits from the features. */
    abstract NDArray head(ParameterStore parameterStore, NDArray features, boolean training);

    @Override
    protected final NDList forwardInternal(
            ParameterStore parameterStore,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        try (NDArray features = features(parameterStore, inputs, training)) {
            return new NDList(head(parameterStore, features, training));
        }
    }
}
