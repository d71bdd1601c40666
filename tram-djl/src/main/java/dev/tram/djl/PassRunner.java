package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.tram.djl.internal.engine.Blocks;
import dev.tram.djl.internal.engine.EngineBridge;
import dev.tram.djl.internal.engine.OverlayStore;
import dev.tram.djl.internal.engine.Replica;
import dev.tram.djl.internal.engine.ThetaBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Runs the model: in the first pass, at other parameters, at noisy input, or again at the same
 * ones. Running statistics are copies in all passes but the first, so that the live ones move in
 * that alone; everything made in a pass belongs to the manager of its inputs.
 */
final class PassRunner {

    private final Block block;
    private final TramSettings settings;
    private final StepSeeds seeds;
    private final EngineBridge bridge;
    private final boolean ownsWeights;

    PassRunner(Block block, TramSettings settings, StepSeeds seeds, EngineBridge bridge) {
        this.block = block;
        this.settings = settings;
        this.seeds = seeds;
        this.bridge = bridge;
        ownsWeights = Blocks.anyMatch(block, bridge::ownsWeights);
    }

    /**
     * Whether the model has blocks that read their own weights rather than those handed to them.
     */
    boolean ownsWeights() {
        return ownsWeights;
    }

    /** Whether whole batches are compared with targets in training mode. */
    boolean comparesInTraining() {
        return settings.replayDropout() && settings.trustRegionFraction() == 1f;
    }

    Block block() {
        return block;
    }

    /** Stops this thread from recording gradients until the scope is closed. */
    EngineBridge.Scope noGradient() {
        return bridge.noGradient();
    }

    /** The first pass itself, on live weights and statistics. */
    NDList first(BatchPart part, Call call) {
        return forward(part, call, call.store(), part.isNoisy(), true);
    }

    /** A pass on the live weights with gradient, like the first one except for the statistics. */
    NDList again(BatchPart part, Call call, boolean noisy) {
        return forward(part, call, store(part, call, Map.of()), noisy, true);
    }

    /**
     * p(·|x, θ_t) without gradient: the first pass's logits, or a pass of its own where that ran at
     * x + z.
     */
    NDArray estimate(BatchPart part, Call call) {
        return part.isNoisy() || call.outputs() == null
                ? liveLogits(part, call, false, settings.replayDropout())
                : logits(call.outputs());
    }

    /** Logits at the live weights without gradient, in the mode of target passes. */
    NDArray liveLogits(BatchPart part, Call call, boolean noisy, boolean training) {
        try (EngineBridge.Scope off = bridge.noGradient()) {
            ParameterStore store = store(part, call, Map.of());
            NDArray logits = logits(forward(part, call, store, noisy, training));
            // TorchScript evaluates in inference mode, whose arrays autograd refuses.
            return ownsWeights && !training ? logits.duplicate() : logits;
        }
    }

    /** Logits at the live weights in evaluation mode, not counted among the passes of a step. */
    NDArray evaluated(Call call) {
        try (EngineBridge.Scope off = bridge.noGradient()) {
            return logits(block.forward(call.store(), call.data(), false, call.params()));
        }
    }

    /** The user's own evaluation, at the θ that an ascent before the first pass remembered. */
    NDList evaluate(
            Replica replica, ParameterStore store, NDList inputs, PairList<String, Object> params) {
        if (ownsWeights) {
            try (EngineBridge.Scope off = bridge.noGradient();
                    EngineBridge.Scope theta = replica.showTheta()) {
                return block.forward(store, inputs, false, params);
            }
        }
        Map<Parameter, NDArray> theta = new HashMap<>(replica.buffer(Replica.RESTORE).overlay());
        NDManager scope = inputs.head().getManager();
        return block.forward(new OverlayStore(store, theta, scope), inputs, false, params);
    }

    /** Logits at the parameters of a buffer without gradient. */
    NDArray targetLogits(BatchPart part, Call call, ThetaBuffer target, boolean training) {
        try (EngineBridge.Scope off = bridge.noGradient()) {
            if (ownsWeights) {
                return shown(part, call, target, training);
            }
            ParameterStore store = store(part, call, target.overlay());
            return logits(forward(part, call, store, false, training));
        }
    }

    private NDArray shown(BatchPart part, Call call, ThetaBuffer target, boolean training) {
        try (EngineBridge.Scope shown = part.replica().show(target)) {
            return liveLogits(part, call, false, training);
        }
    }

    /** The block in two parts, if it has them and reads the weights handed to it. */
    Optional<HeadedBlock> headed() {
        return !ownsWeights && block instanceof HeadedBlock headed
                ? Optional.of(headed)
                : Optional.empty();
    }

    /** A headed block's features at the parameters of a buffer without gradient. */
    NDArray targetFeatures(BatchPart part, Call call, ThetaBuffer target, boolean training) {
        try (EngineBridge.Scope off = bridge.noGradient()) {
            ParameterStore store = store(part, call, target.overlay());
            HeadedBlock headed = headed().orElseThrow();
            UnaryOperator<NDList> features =
                    inputs -> new NDList(headed.features(store, inputs, training));
            return forward(part, call, false, features).head();
        }
    }

    /** Logits from the features at the parameters of a buffer without gradient. */
    NDArray targetHead(
            BatchPart part, Call call, NDArray features, ThetaBuffer target, boolean training) {
        try (EngineBridge.Scope off = bridge.noGradient()) {
            ParameterStore store = store(part, call, target.overlay());
            NDArray output = headed().orElseThrow().head(store, features, training);
            return logits(new NDList(output));
        }
    }

    NDArray logits(NDList outputs) {
        return settings.logits().apply(outputs);
    }

    /** The live parameters, except for copies of the running statistics and the given values. */
    private ParameterStore store(BatchPart part, Call call, Map<Parameter, NDArray> values) {
        NDManager scope = call.data().head().getManager();
        Map<Parameter, NDArray> overlay = new HashMap<>();
        for (Parameter parameter : part.statistics().keySet()) {
            NDArray copy = part.replica().live(parameter).duplicate();
            copy.attach(scope);
            overlay.put(parameter, copy);
        }
        overlay.putAll(values);
        return new OverlayStore(call.store(), overlay, scope);
    }

    private NDList forward(
            BatchPart part, Call call, ParameterStore store, boolean noisy, boolean training) {
        return forward(
                part,
                call,
                noisy,
                inputs ->
                        training && call.hasLabels()
                                ? block.forward(store, inputs, call.labels(), call.params())
                                : block.forward(store, inputs, training, call.params()));
    }

    /** Runs a pass over the inputs, with the step's noise and masks. */
    private NDList forward(BatchPart part, Call call, boolean noisy, UnaryOperator<NDList> model) {
        NoiseDraw noise = call.noise();
        NDList inputs = noisy ? noise.noisyInputs(call.data(), block) : new NDList(call.data());
        part.countPass();
        seeds.start(StepSeeds.Stream.PASS, part.replica().index(), part.passes(), call.index(), 0);
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
}
