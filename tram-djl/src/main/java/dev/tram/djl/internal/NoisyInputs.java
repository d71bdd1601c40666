package dev.tram.djl.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.nn.transformer.BertBlock;
import dev.tram.djl.internal.engine.Blocks;
import java.util.function.UnaryOperator;

/** Inputs x + z of a model without an InputNoise block. */
public final class NoisyInputs {

    private static final String PLACE =
            "put new InputNoise() after the word embedding; of a TorchScript model, trace the part"
                    + " behind the embedding and put DJL's embedding and an InputNoise block before"
                    + " it";

    private NoisyInputs() {}

    /**
     * Adds noise to the first input, which must be of floating-point type.
     *
     * @param model the model, to say where noise could go
     */
    public static NDList add(NDList inputs, Block model, UnaryOperator<NDArray> noise) {
        NDArray input = inputs.head();
        if (!input.getDataType().isFloating()) {
            throw new IllegalStateException(
                    "Noisy input needs floating-point input or an InputNoise block in the model ("
                            + advice(model)
                            + "), received: input of type "
                            + input.getDataType()
                            + " and no InputNoise block");
        }
        NDList noisy = new NDList(inputs);
        NDArray sum = input.add(noise.apply(input));
        sum.attach(input.getManager());
        noisy.set(0, sum);
        return noisy;
    }

    private static String advice(Block model) {
        return Blocks.ofType(model, Block.class).stream()
                .filter(NoisyInputs::isClosed)
                .findFirst()
                .map(
                        block ->
                                block.getClass().getSimpleName()
                                        + " embeds its input inside and has no place for one: use a"
                                        + " trust region without noise, TrustRegion.previousStep(),"
                                        + " movingAverage(decay) or pretrained() (tram-previous,"
                                        + " trpo, mesa), or fisher-sam, or a model whose embedding"
                                        + " is a block of its own")
                .orElse(PLACE);
    }

    /** Whether a block of DJL's takes ids that it embeds itself. */
    private static boolean isClosed(Block block) {
        for (Class<?> type = block.getClass(); type != null; type = type.getSuperclass()) {
            if (type == BertBlock.class
                    || type.getName().equals("ai.djl.timeseries.model.deepar.DeepARNetwork")) {
                return true;
            }
        }
        return false;
    }
}
