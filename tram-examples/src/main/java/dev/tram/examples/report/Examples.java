package dev.tram.examples.report;

import ai.djl.ndarray.NDManager;
import dev.tram.djl.transformers.model.TransformerModel;
import java.io.IOException;
import java.util.List;

/**
 * What a trained model says to the examples of the test.
 *
 * @param pictures some of them with its predictions
 * @param tables tables over all of them
 */
public record Examples(List<Prediction> pictures, List<CellTable> tables) {

    /** Asks a model. */
    @FunctionalInterface
    public interface Source {

        /** No examples. */
        Source NONE = (model, manager) -> Examples.of(List.of());

        /**
         * Asks a model.
         *
         * @param model the model
         * @param manager the owner of what is made on the way
         * @return what it says
         * @throws IOException if a file cannot be written
         */
        Examples of(TransformerModel model, NDManager manager) throws IOException;
    }

    /**
     * Returns pictures alone.
     *
     * @param pictures the pictures
     * @return the examples
     */
    public static Examples of(List<Prediction> pictures) {
        return new Examples(pictures, List.of());
    }
}
