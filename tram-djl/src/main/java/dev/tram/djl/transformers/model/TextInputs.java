package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.tram.core.internal.Arguments;

/**
 * The inputs of a model of text, each of shape (B, T).
 *
 * @param ids token ids
 * @param attentionMask 1 for a token and 0 for padding, or null if there is none
 * @param tokenTypes which text of a pair a token belongs to, or null for the first
 */
record TextInputs(NDArray ids, NDArray attentionMask, NDArray tokenTypes) {

    /**
     * Checks a model's inputs.
     *
     * @param inputs token ids; optionally an attention mask; optionally token types
     * @param longest the greatest T that the model has positions for
     * @throws IllegalArgumentException if a shape or a data type is wrong
     */
    static TextInputs of(NDList inputs, long longest) {
        NDArray ids = inputs.head();
        if (ids.getShape().dimension() != 2 || !ids.getDataType().isInteger()) {
            throw Arguments.rejected(
                    "the token ids",
                    "integers of shape (B, T)",
                    ids.getDataType() + " " + ids.getShape());
        }
        if (ids.getShape().get(1) > longest) {
            throw Arguments.rejected(
                    "the number of tokens T", "at most " + longest, ids.getShape().get(1));
        }
        return new TextInputs(
                ids,
                optional(inputs, 1, "the attention mask"),
                optional(inputs, 2, "the token types"));
    }

    private static NDArray optional(NDList inputs, int index, String name) {
        if (inputs.size() <= index) {
            return null;
        }
        NDArray input = inputs.get(index);
        if (!input.getShape().equals(inputs.head().getShape())) {
            throw Arguments.rejected(
                    name, "of the token ids' shape " + inputs.head().getShape(), input.getShape());
        }
        return input;
    }
}
