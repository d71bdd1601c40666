package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.tram.core.Noise;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * Marks where a model's input noise z is added (Eq. 5 of the TRAM paper): on pixels, or on the word
 * embedding's output before positions and normalisation.
 *
 * <p>The block is the identity except in the passes that the optimizer runs at x + z. It adds noise
 * to the first array of its input, of any shape, and passes the rest on.
 */
public final class InputNoise extends AbstractBlock {

    private static final byte VERSION = 1;

    private UnaryOperator<NDArray> transform = UnaryOperator.identity();

    /** Creates the block. */
    public InputNoise() {
        super(VERSION);
    }

    /**
     * Adds noise in every forward pass until the returned scope is closed. The optimizer does this
     * itself; call it to measure d_x without an optimizer.
     *
     * @param noise the noise z, drawn anew in each pass
     * @return the scope; closing it makes the block the identity again
     */
    public Scope with(Noise noise) {
        Objects.requireNonNull(noise, "noise");
        return apply(
                x -> {
                    NDArray z = noise.sample(x.getManager(), x.getShape());
                    return x.add(z.toType(x.getDataType(), false));
                });
    }

    /** Transforms the input in every forward pass until the returned scope is closed. */
    Scope apply(UnaryOperator<NDArray> operator) {
        UnaryOperator<NDArray> outer = transform;
        transform = operator;
        return () -> transform = outer;
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameterStore,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDArray transformed = transform.apply(inputs.head());
        if (transformed == inputs.head()) {
            return inputs;
        }
        NDList outputs = new NDList(inputs);
        outputs.set(0, transformed);
        return outputs;
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return inputShapes;
    }

    /** Until when noise is added. */
    @FunctionalInterface
    public interface Scope extends AutoCloseable {

        @Override
        void close();
    }
}
