package dev.tram.examples.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.tram.djl.HeadedBlock;

/** A block that adds up how long its forward passes with gradient take. */
class TimedBlock extends AbstractBlock {

    private final Block block;
    private long nanoseconds;

    private TimedBlock(Block block) {
        this.block = addChildBlock("model", block);
    }

    static TimedBlock of(Block block) {
        return block instanceof HeadedBlock headed ? new Headed(headed) : new TimedBlock(block);
    }

    /** The time since the last call. */
    long take() {
        long taken = nanoseconds;
        nanoseconds = 0;
        return taken;
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        long start = System.nanoTime();
        try {
            return block.forward(store, inputs, training, params);
        } finally {
            if (JniUtils.isGradMode()) {
                nanoseconds += System.nanoTime() - start;
            }
        }
    }

    @Override
    protected void initializeChildBlocks(NDManager manager, DataType type, Shape... shapes) {
        block.initialize(manager, type, shapes);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] shapes) {
        return block.getOutputShapes(shapes);
    }

    private static final class Headed extends TimedBlock implements HeadedBlock {

        private final HeadedBlock block;

        Headed(HeadedBlock block) {
            super(block);
            this.block = block;
        }

        @Override
        public NDArray features(ParameterStore store, NDList inputs, boolean training) {
            return block.features(store, inputs, training);
        }

        @Override
        public NDArray head(ParameterStore store, NDArray features, boolean training) {
            return block.head(store, features, training);
        }
    }
}
