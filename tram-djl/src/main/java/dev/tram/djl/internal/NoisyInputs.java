package dev.tram.djl.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.function.UnaryOperator;

/** Inputs x + z of a model without an InputNoise block. */
public final class NoisyInputs {

    private NoisyInputs() {}

    /** Adds noise to the first input, which must be of floating-point type. */
    public static NDList add(NDList inputs, UnaryOperator<NDArray> noise) {
        NDArray input = inputs.head();
        if (!input.getDataType().isFloating()) {
            throw new IllegalStateException(
                    "Noisy input needs floating-point input or an InputNoise block in the model"
                            + " (put new InputNoise() after the word embedding; of a TorchScript model,"
                            + " trace the part behind the embedding and put DJL's embedding and an"
                            + " InputNoise block before it), received: input of type "
                            + input.getDataType()
                            + " and no InputNoise block");
        }
        NDList noisy = new NDList(inputs);
        NDArray sum = input.add(noise.apply(input));
        sum.attach(input.getManager());
        noisy.set(0, sum);
        return noisy;
    }
}
