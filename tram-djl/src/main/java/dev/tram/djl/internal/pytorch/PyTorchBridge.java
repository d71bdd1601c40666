package dev.tram.djl.internal.pytorch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.nn.Block;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import dev.tram.core.internal.Scalars;
import dev.tram.djl.internal.engine.EngineBridge;

/** PyTorch: gradient mode belongs to a thread, and gradients exist from the first backward on. */
final class PyTorchBridge implements EngineBridge {

    @Override
    public Scope noGradient() {
        boolean recorded = JniUtils.isGradMode();
        JniUtils.setGradMode(false);
        return () -> JniUtils.setGradMode(recorded);
    }

    @Override
    public void seed(long seed) {
        JniUtils.setSeed(seed);
    }

    /** Adds the gradient of 0·θ, which is 0, to each weight's gradient. */
    @Override
    public void defineGradients(NDList weights) {
        boolean recorded = JniUtils.isGradMode();
        JniUtils.setGradMode(true);
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            for (NDArray weight : weights) {
                PtNDArray zero = (PtNDArray) weight.mul(Scalars.like(0, weight)).sum();
                JniUtils.backward(zero, zero, false, false);
            }
        } finally {
            JniUtils.setGradMode(recorded);
        }
    }

    @Override
    public void exchange(NDList a, NDList b) {
        if (!a.isEmpty()) {
            ScriptModule.of(FusedMultiTensor.FOREACH, a.head().getDevice())
                    .call("exchange")
                    .arrays(a)
                    .arrays(b)
                    .run();
        }
    }

    @Override
    public boolean isConstant(NDArray array) {
        return JniUtils.isGradMode() && !StreamedDivergence.requiresGradient(array);
    }

    @Override
    public boolean ownsWeights(Block block) {
        return block instanceof PtSymbolBlock;
    }
}
