package dev.tram.djl.internal.engine;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import dev.tram.core.MultiTensor;

/** An engine that records gradients only inside a collector and allocates them with the weights. */
public record PlainBridge(Engine engine) implements EngineBridge {

    @Override
    public Scope noGradient() {
        return () -> {};
    }

    @Override
    public void seed(long seed) {
        engine.setRandomSeed((int) seed);
    }

    @Override
    public void defineGradients(NDList weights) {}

    @Override
    public void exchange(NDList a, NDList b) {
        MultiTensor.portable().swap(a, b);
    }

    /** Not known: the backward pass says so. */
    @Override
    public boolean isConstant(NDArray array) {
        return false;
    }

    @Override
    public boolean ownsWeights(Block block) {
        return false;
    }
}
