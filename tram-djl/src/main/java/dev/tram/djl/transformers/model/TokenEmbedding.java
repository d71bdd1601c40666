package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Embedding;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;

/** A table of vectors: ids (B, T) to (B, T, width). */
final class TokenEmbedding extends UnaryBlock {

    private final Parameter weight;
    private Precision precision = Precision.FLOAT32;

    TokenEmbedding(int rows, int width, Initializer initializer) {
        weight = addParameter("weight", Parameter.Type.WEIGHT, initializer, rows, width);
    }

    @Override
    NDArray apply(ParameterStore store, NDArray ids, boolean training) {
        return Embedding.embedding(ids, rows(store, ids, training), SparseFormat.DENSE)
                .singletonOrThrow();
    }

    /**
     * Scores every row for each vector: the transposed table as an output layer.
     *
     * @param vectors of shape (B, T, width)
     * @param bias of shape (rows), or null
     * @return the scores, of shape (B, T, rows)
     */
    NDArray score(ParameterStore store, NDArray vectors, NDArray bias, boolean training) {
        return precision.linear(vectors, rows(store, vectors, training), bias);
    }

    @Override
    void setPrecision(Precision newPrecision) {
        precision = newPrecision;
    }

    /** Returns the table itself, on the device of another array. */
    NDArray rows(ParameterStore store, NDArray other, boolean training) {
        return store.getValue(weight, other.getDevice(), training);
    }

    @Override
    Shape outputShape(Shape inputShape) {
        return inputShape.add(weight.getShape().get(1));
    }
}
