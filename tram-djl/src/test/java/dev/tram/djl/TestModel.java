package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.NormalInitializer;
import ai.djl.training.initializer.UniformInitializer;
import ai.djl.util.PairList;
import java.util.Random;

/** Small models of every kind that the two-pass step treats differently. */
public enum TestModel {
    /** Two linear layers on 5 features. */
    MLP,
    /** With dropout of one half. */
    DROPOUT,
    /** With batch normalisation. */
    BATCH_NORM,
    /** On token ids, with an InputNoise block behind the embedding and dropout behind that. */
    TOKENS,
    /** The first layer frozen. */
    FROZEN,
    /** The first and the third layer are the same block. */
    TIED;

    public static final int CLASSES = 3;

    private static final int FEATURES = 5;
    private static final int VOCABULARY = 11;
    private static final int LENGTH = 4;

    public Block newBlock() {
        Block block =
                switch (this) {
                    case MLP, FROZEN -> mlp();
                    case DROPOUT ->
                            new SequentialBlock()
                                    .add(linear(8))
                                    .add(Activation::tanh)
                                    .add(Dropout.builder().optRate(0.5f).build())
                                    .add(linear(CLASSES));
                    case BATCH_NORM ->
                            new SequentialBlock()
                                    .add(linear(7))
                                    .add(BatchNorm.builder().build())
                                    .add(Activation::tanh)
                                    .add(linear(CLASSES));
                    case TOKENS ->
                            new SequentialBlock()
                                    .add(new WordEmbedding())
                                    .add(new InputNoise())
                                    .add(Dropout.builder().optRate(0.2f).build())
                                    .add(mlp());
                    case TIED -> tied();
                };
        return initialized(block);
    }

    /** A model on token ids that says nowhere what their input noise is added to. */
    public static Block tokensWithoutInputNoise() {
        return initialized(new SequentialBlock().add(new WordEmbedding()).add(mlp()));
    }

    private static Block initialized(Block block) {
        block.setInitializer(new NormalInitializer(0.5f), Parameter.Type.WEIGHT);
        block.setInitializer(new UniformInitializer(0.1f), Parameter.Type.BIAS);
        return block;
    }

    /** An MLP with a wide hidden layer. */
    public static Block wide(int width) {
        return initialized(mlp(width));
    }

    /** A table of word vectors of 6 numbers. */
    public static Block wordEmbedding() {
        return initialized(new WordEmbedding());
    }

    /** A wide hidden layer with batch normalisation and dropout. */
    public static Block wideWithStatistics(int width) {
        return initialized(
                new SequentialBlock()
                        .add(linear(width))
                        .add(BatchNorm.builder().build())
                        .add(Activation::tanh)
                        .add(Dropout.builder().optRate(0.2f).build())
                        .add(linear(CLASSES)));
    }

    private static SequentialBlock mlp() {
        return mlp(7);
    }

    private static SequentialBlock mlp(int width) {
        return new SequentialBlock().add(linear(width)).add(Activation::tanh).add(linear(CLASSES));
    }

    private static Block tied() {
        Block shared = linear(FEATURES);
        return new SequentialBlock()
                .add(shared)
                .add(Activation::tanh)
                .add(shared)
                .add(linear(CLASSES));
    }

    private static Linear linear(long units) {
        return Linear.builder().setUnits(units).build();
    }

    /** Whether training mode differs from evaluation mode. */
    public boolean hasTwoModes() {
        return this == DROPOUT || this == BATCH_NORM || this == TOKENS;
    }

    public Shape inputShape(int batchSize) {
        return new Shape(batchSize, this == TOKENS ? LENGTH : FEATURES);
    }

    /** What is done to the model after its initialisation. */
    public void prepare(Block block) {
        if (this == FROZEN) {
            String first = block.getParameters().keys().get(0);
            block.getParameters().get(first).freeze(true);
        }
    }

    /** The inputs of the batch with a number. */
    public NDArray data(NDManager manager, int number, int size) {
        Random random = new Random(number);
        Shape shape = inputShape(size);
        float[] values = new float[(int) shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = this == TOKENS ? random.nextInt(VOCABULARY) : (float) random.nextGaussian();
        }
        NDArray data = manager.create(values, shape);
        return this == TOKENS ? data.toType(DataType.INT64, false) : data;
    }

    /** The class of each example, or of each token, as sparse float labels. */
    public NDArray labels(NDManager manager, int number, int size) {
        Random random = new Random(-1 - number);
        Shape shape = this == TOKENS ? new Shape(size, LENGTH) : new Shape(size);
        float[] values = new float[(int) shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(CLASSES);
        }
        return manager.create(values, shape);
    }

    /** A table of word vectors. */
    private static final class WordEmbedding extends AbstractBlock {

        private static final int WIDTH = 6;

        private final Parameter table =
                addParameter(
                        Parameter.builder()
                                .setName("embedding")
                                .setType(Parameter.Type.WEIGHT)
                                .optShape(new Shape(VOCABULARY, WIDTH))
                                .build());

        @Override
        protected NDList forwardInternal(
                ParameterStore store,
                NDList inputs,
                boolean training,
                PairList<String, Object> params) {
            NDArray ids = inputs.head();
            NDArray weight = store.getValue(table, ids.getDevice(), training);
            return Embedding.embedding(ids, weight, SparseFormat.DENSE);
        }

        @Override
        public Shape[] getOutputShapes(Shape[] inputShapes) {
            return new Shape[] {inputShapes[0].add(WIDTH)};
        }
    }
}
