package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.tram.djl.internal.engine.Blocks;
import dev.tram.djl.internal.engine.EngineBridge;
import dev.tram.djl.internal.engine.OverlayStore;
import dev.tram.djl.internal.engine.ThetaBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Runs the extra forward passes of a step: at other parameters, at noisy input, or again at the
 * same ones. Running statistics are copies in all of them, so that the live ones move in the first
 * pass only; everything made in a pass belongs to the manager of its inputs.
 */
final class PassRunner {

    private final Block block;
    private final TramSettings settings;
    private final StepSeeds seeds;
    private final EngineBridge bridge;
    private final boolean ownsWeights;

    PassRunner(Block block, TramSettings settings, StepSeeds seeds) {
        this.block = block;
        this.settings = settings;
        this.seeds = seeds;
        bridge = seeds.bridge();
        ownsWeights = Blocks.anyMatch(block, bridge::ownsWeights);
    }

    /**
     * Whether the model has blocks that read their own weights rather than those handed to them.
     */
    boolean ownsWeights() {
        return ownsWeights;
    }

    /** The first pass itself, on live weights and statistics. */
    NDList first(FirstPass pass) {
        return forward(pass, pass.store(), pass.data(), pass.isNoisy(), true);
    }

    /**
     * p(·|x, θ_t) without gradient: the first pass's logits, or a pass of its own where that ran at
     * x + z.
     */
    NDArray estimate(FirstPass pass) {
        return pass.isNoisy() || pass.outputs() == null
                ? liveLogits(pass, pass.data(), false, settings.replayDropout())
                : logits(pass.outputs());
    }

    /** A pass on the live weights with gradient, as the first one but for the statistics. */
    NDList again(FirstPass pass, NDList data, boolean noisy) {
        return forward(pass, store(pass, data, Map.of()), data, noisy, true);
    }

    /** Logits at the live weights without gradient, in the mode of target passes. */
    NDArray liveLogits(FirstPass pass, NDList data, boolean noisy, boolean training) {
        try (EngineBridge.Scope off = bridge.noGradient()) {
            ParameterStore store = store(pass, data, Map.of());
            NDArray logits = logits(forward(pass, store, data, noisy, training));
            // TorchScript evaluates in inference mode, whose arrays autograd refuses.
            return ownsWeights && !training ? logits.duplicate() : logits;
        }
    }

    /** Logits at the live weights in evaluation mode, not counted among the passes of a step. */
    NDArray evaluated(FirstPass pass) {
        try (EngineBridge.Scope off = bridge.noGradient()) {
            return logits(block.forward(pass.store(), pass.data(), false, pass.params()));
        }
    }

    /** Logits at the parameters of a buffer without gradient. */
    NDArray targetLogits(FirstPass pass, NDList data, ThetaBuffer target, boolean training) {
        try (EngineBridge.Scope off = bridge.noGradient()) {
            if (ownsWeights) {
                return shown(pass, data, target, training);
            }
            ParameterStore store = store(pass, data, target.overlay());
            return logits(forward(pass, store, data, false, training));
        }
    }

    /** The block in two parts, if it has them and reads the weights handed to it. */
    Optional<HeadedBlock> headed() {
        return !ownsWeights && block instanceof HeadedBlock headed
                ? Optional.of(headed)
                : Optional.empty();
    }

    /** A headed block's features at the parameters of a buffer without gradient. */
    NDArray targetFeatures(FirstPass pass, NDList data, ThetaBuffer target, boolean training) {
        try (EngineBridge.Scope off = bridge.noGradient()) {
            ParameterStore store = store(pass, data, target.overlay());
            HeadedBlock headed = headed().orElseThrow();
            return forward(
                            pass,
                            data,
                            false,
                            inputs -> new NDList(headed.features(store, inputs, training)))
                    .head();
        }
    }

    /** Logits from the features at the parameters of a buffer without gradient. */
    NDArray targetHead(FirstPass pass, NDArray features, ThetaBuffer target, boolean training) {
        try (EngineBridge.Scope off = bridge.noGradient()) {
            ParameterStore store = store(pass, new NDList(features), target.overlay());
            NDArray output = headed().orElseThrow().head(store, features, training);
            return logits(new NDList(output));
        }
    }

    /** The live parameters but for copies of the running statistics and the given values. */
    private ParameterStore store(FirstPass pass, NDList data, Map<Parameter, NDArray> values) {
        Map<Parameter, NDArray> overlay = statistics(pass, data);
        overlay.putAll(values);
        return new OverlayStore(pass.store(), overlay, data.head().getManager());
    }

    NDArray logits(NDList outputs) {
        return settings.logits().apply(outputs);
    }

    private NDArray shown(FirstPass pass, NDList data, ThetaBuffer target, boolean training) {
        try (EngineBridge.Scope shown = pass.replica().show(target.arrays())) {
            return liveLogits(pass, data, false, training);
        }
    }

    private NDList forward(
            FirstPass pass, ParameterStore store, NDList data, boolean noisy, boolean training) {
        return forward(pass, data, noisy, inputs -> forward(pass, store, inputs, training));
    }

    /** Runs a pass over the inputs, with the step's noise and masks. */
    private NDList forward(
            FirstPass pass, NDList data, boolean noisy, UnaryOperator<NDList> model) {
        NoiseDraw noise = pass.noise();
        NDList inputs = noisy ? noise.noisyInputs(data) : new NDList(data);
        pass.countPass();
        seeds.start(StepSeeds.Stream.PASS, pass, 0);
        if (noise == null) {
            return model.apply(inputs);
        }
        try (EngineBridge.Scope blocks = noise.enter(noisy)) {
            NDList outputs = model.apply(inputs);
            if (noisy) {
                noise.checkDrawn();
            }
            return outputs;
        }
    }

    private NDList forward(FirstPass pass, ParameterStore store, NDList data, boolean training) {
        return training
                ? block.forward(store, data, pass.labels(), pass.params())
                : block.forward(store, data, false, pass.params());
    }

    private Map<Parameter, NDArray> statistics(FirstPass pass, NDList data) {
        NDManager scope = data.head().getManager();
        Map<Parameter, NDArray> copies = new HashMap<>();
        for (Parameter parameter : pass.statistics().keySet()) {
            NDArray live = pass.store().getValue(parameter, pass.replica().device(), true);
            NDArray copy = live.duplicate();
            copy.attach(scope);
            copies.put(parameter, copy);
        }
        return copies;
    }
}
