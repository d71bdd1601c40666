package dev.tram.djl.analysis;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.training.ParameterStore;
import dev.tram.core.internal.Arguments;
import java.util.ArrayList;
import java.util.List;

/**
 * Computes what a model's head reads: the features of its inputs, in evaluation mode.
 *
 * <p>For a block that is not a {@link SequentialBlock}, write a lambda that runs the block's parts
 * up to the head.
 */
@FunctionalInterface
public interface FeatureExtractor {

    /**
     * Computes the features.
     *
     * @param parameterStore the parameters' values
     * @param inputs the model's inputs
     * @return the features, of shape (…, width): the last axis is the head's, each position of the
     *     others is a row
     */
    NDArray features(ParameterStore parameterStore, NDList inputs);

    /**
     * Takes the output before the head: before the last part that has parameters, in a chain of
     * blocks that may be nested.
     *
     * @param block the model
     * @return the extractor
     * @throws IllegalArgumentException if the block is not a chain, or has parameters in fewer than
     *     two of its parts
     */
    static FeatureExtractor beforeHead(Block block) {
        List<Block> body = new ArrayList<>();
        Block rest = block;
        while (rest instanceof SequentialBlock) {
            List<Block> parts = rest.getChildren().values();
            int last = parts.size() - 1;
            while (last > 0 && parts.get(last).getParameters().isEmpty()) {
                last--;
            }
            body.addAll(parts.subList(0, Math.max(0, last)));
            rest = parts.isEmpty() ? null : parts.get(last);
        }
        if (body.stream().allMatch(part -> part.getParameters().isEmpty())) {
            throw Arguments.rejected(
                    "the model",
                    "a SequentialBlock with at least two parts that have parameters (for others"
                            + " write the extractor as a lambda)",
                    block);
        }
        return (parameterStore, inputs) -> {
            NDList current = inputs;
            for (Block part : body) {
                current = part.forward(parameterStore, current, false);
            }
            return current.head();
        };
    }
}
