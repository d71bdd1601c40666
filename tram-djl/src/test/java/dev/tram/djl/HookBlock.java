package dev.tram.djl;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;

/** Counts the forward passes of a block and lets a test step in after each. */
final class HookBlock extends AbstractBlock {

    private final Block block;
    private int passes;
    private Hook hook = (pass, outputs) -> outputs;

    HookBlock(Block block) {
        this.block = addChildBlock("model", block);
    }

    /** The number of forward passes since {@link #setHook} or {@link #resetPasses}. */
    int passes() {
        return passes;
    }

    void resetPasses() {
        passes = 0;
    }

    /** Sets what is done after each pass; passes are counted from 1 again. */
    void setHook(Hook newHook) {
        hook = newHook;
        passes = 0;
    }

    /** Makes the n-th pass from now on throw, and only that. */
    void failAt(int failing) {
        setHook(
                (pass, outputs) -> {
                    if (pass == failing) {
                        throw new TestFailure();
                    }
                    return outputs;
                });
    }

    /** Multiplies the logits of the n-th pass from now on by a number. */
    void multiplyAt(int poisoned, float factor) {
        setHook(
                (pass, outputs) ->
                        pass == poisoned ? new NDList(outputs.head().mul(factor)) : outputs);
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore store,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDList outputs = block.forward(store, inputs, training, params);
        return hook.after(++passes, outputs);
    }

    @Override
    protected void initializeChildBlocks(
            NDManager manager, DataType dataType, Shape... inputShapes) {
        block.initialize(manager, dataType, inputShapes);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return block.getOutputShapes(inputShapes);
    }

    /** What is done after a forward pass. */
    @FunctionalInterface
    interface Hook {

        /** Returns the outputs to hand on. */
        NDList after(int pass, NDList outputs);
    }

    /** Thrown on request. */
    static final class TestFailure extends RuntimeException {

        TestFailure() {
            super("a pass failed on request");
        }
    }
}
