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
import ai.djl.nn.Blocks;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.NormalInitializer;
import ai.djl.util.PairList;
import java.util.List;

/** A language model of GPT-2's shape: from token ids (B, L) to logits (B, L, vocabulary). */
final class SmallGpt extends AbstractBlock {

    private static final int HEAD = 64;

    private final Parameter words;
    private final Parameter positions;
    private final SequentialBlock layers = new SequentialBlock();
    private final long width;

    SmallGpt(int layerCount, long width, long vocabulary, long length) {
        this.width = width;
        words = addParameter(weight("words", new Shape(vocabulary, width)));
        positions = addParameter(weight("positions", new Shape(length, width)));
        for (int i = 0; i < layerCount; i++) {
            layers.add(residual(new Attention(width)));
            layers.add(
                    residual(
                            new SequentialBlock()
                                    .add(linear(4 * width))
                                    .add(Activation::gelu)
                                    .add(linear(width))));
        }
        addChildBlock("layers", layers.add(LayerNorm.builder().build()));
        setInitializer(new NormalInitializer(0.02f), Parameter.Type.WEIGHT);
    }

    private static Parameter weight(String name, Shape shape) {
        return Parameter.builder()
                .setName(name)
                .setType(Parameter.Type.WEIGHT)
                .optShape(shape)
                .build();
    }

    private static Linear linear(long units) {
        return Linear.builder().setUnits(units).build();
    }

    /** x + block(normalised x). */
    private static Block residual(Block block) {
        return new ParallelBlock(
                list -> new NDList(list.get(0).singletonOrThrow().add(list.get(1).head())),
                List.of(
                        Blocks.identityBlock(),
                        new SequentialBlock().add(LayerNorm.builder().build()).add(block)));
    }

    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        layers.initialize(manager, dataType, inputShapes[0].add(width));
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDArray ids = inputs.head();
        NDArray table = store.getValue(words, ids.getDevice(), training);
        NDArray x =
                Embedding.embedding(ids, table, SparseFormat.DENSE)
                        .singletonOrThrow()
                        .add(store.getValue(positions, ids.getDevice(), training));
        NDArray hidden = layers.forward(store, new NDList(x), training, params).head();
        return new NDList(hidden.matMul(table.transpose()));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return new Shape[] {inputShapes[0].add(words.getShape().get(0))};
    }

    /** Causal attention of heads of 64. */
    private static final class Attention extends AbstractBlock {

        private final Linear projections;
        private final Linear output;
        private final long width;

        Attention(long width) {
            this.width = width;
            projections = addChildBlock("projections", linear(3 * width));
            output = addChildBlock("output", linear(width));
        }

        @Override
        protected void initializeChildBlocks(
                NDManager manager, DataType dataType, Shape... inputShapes) {
            projections.initialize(manager, dataType, inputShapes);
            output.initialize(manager, dataType, inputShapes);
        }

        @Override
        protected NDList forwardInternal(
                ParameterStore store,
                NDList inputs,
                boolean training,
                PairList<String, Object> params) {
            Shape shape = inputs.head().getShape();
            long length = shape.get(1);
            NDList parts =
                    projections
                            .forward(store, inputs, training, params)
                            .head()
                            .reshape(shape.get(0), length, 3, width / HEAD, HEAD)
                            .transpose(2, 0, 3, 1, 4)
                            .split(3);
            NDArray q = parts.get(0).squeeze(0);
            NDArray k = parts.get(1).squeeze(0);
            NDArray v = parts.get(2).squeeze(0);
            NDArray position = q.getManager().arange((float) length);
            NDArray future = position.reshape(1, length).gt(position.reshape(length, 1));
            NDArray hidden = future.toType(DataType.FLOAT32, false).mul(-1e9f);
            NDArray scores = q.matMul(k.transpose(0, 1, 3, 2)).div(Math.sqrt(HEAD)).add(hidden);
            NDArray mixed = scores.softmax(-1).matMul(v).transpose(0, 2, 1, 3).reshape(shape);
            return output.forward(store, new NDList(mixed), training, params);
        }

        @Override
        public Shape[] getOutputShapes(Shape[] inputShapes) {
            return inputShapes;
        }
    }
}
