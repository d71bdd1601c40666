package dev.tram.djl;

import ai.djl.MalformedModelException;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.BlockList;
import ai.djl.nn.Parameter;
import ai.djl.nn.ParameterList;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import ai.djl.util.PairList;
import dev.tram.djl.internal.ObservedStep;
import dev.tram.djl.internal.engine.EngineBridge;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.function.Predicate;

/**
 * Stands in for the user's block while it trains. It tells the session of each training batch
 * before the first pass, which no listener can, and hands on everything else, names and files
 * included.
 */
final class TwoPassBlock implements Block, ObservedStep {

    private final Block block;
    private final TrainingSession session;

    TwoPassBlock(Block block, TrainingSession session) {
        this.block = block;
        this.session = session;
    }

    Block block() {
        return block;
    }

    @Override
    public String toString() {
        return "stands in during training, TramOptimizer.blockOf(model) is the block itself: "
                + block;
    }

    TrainingSession session() {
        return session;
    }

    @Override
    public long step() {
        return session.step();
    }

    @Override
    public boolean isBatchComplete() {
        return session.isBatchComplete();
    }

    @Override
    public double perturbationNorm() {
        return session.lastStep().perturbationNorm();
    }

    /** The first pass over a training batch. */
    @Override
    public NDList forward(
            ParameterStore parameterStore,
            NDList data,
            NDList labels,
            PairList<String, Object> params) {
        return session.forward(parameterStore, data, labels, params);
    }

    /** A run without labels: a training batch in a closure, an evaluation elsewhere. */
    @Override
    public NDList forward(
            ParameterStore parameterStore,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        return training
                ? session.forward(parameterStore, inputs, null, params)
                : session.evaluate(parameterStore, inputs, params);
    }

    @Override
    public void setInitializer(Initializer initializer, Parameter.Type type) {
        block.setInitializer(initializer, type);
    }

    @Override
    public void setInitializer(Initializer initializer, String paramName) {
        block.setInitializer(initializer, paramName);
    }

    @Override
    public void setInitializer(Initializer initializer, Predicate<Parameter> predicate) {
        block.setInitializer(initializer, predicate);
    }

    @Override
    public void initialize(NDManager manager, DataType dataType, Shape... inputShapes) {
        block.initialize(manager, dataType, inputShapes);
    }

    @Override
    public boolean isInitialized() {
        return block.isInitialized();
    }

    @Override
    public void cast(DataType dataType) {
        block.cast(dataType);
    }

    @Override
    public void clear() {
        block.clear();
    }

    @Override
    public PairList<String, Shape> describeInput() {
        return block.describeInput();
    }

    @Override
    public BlockList getChildren() {
        return block.getChildren();
    }

    @Override
    public ParameterList getDirectParameters() {
        return block.getDirectParameters();
    }

    @Override
    public ParameterList getParameters() {
        return block.getParameters();
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return block.getOutputShapes(inputShapes);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes, DataType[] inputDataTypes) {
        return block.getOutputShapes(inputShapes, inputDataTypes);
    }

    @Override
    public Shape[] getInputShapes() {
        return block.getInputShapes();
    }

    @Override
    public DataType[] getOutputDataTypes() {
        return block.getOutputDataTypes();
    }

    @Override
    public void saveParameters(DataOutputStream os) throws IOException {
        try (EngineBridge.Scope theta = session.showTheta()) {
            block.saveParameters(os);
        }
    }

    @Override
    public void loadParameters(NDManager manager, DataInputStream is)
            throws IOException, MalformedModelException {
        session.restoreTheta();
        block.loadParameters(manager, is);
    }

    @Override
    public void freezeParameters(boolean freeze) {
        block.freezeParameters(freeze);
    }

    @Override
    public void freezeParameters(boolean freeze, Predicate<Parameter> predicate) {
        block.freezeParameters(freeze, predicate);
    }
}
