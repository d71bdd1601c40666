package dev.tram.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.tram.djl.internal.engine.EngineBridge;
import dev.tram.djl.internal.engine.Replica;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Which weights a training's user sees: θ whatever an ascent left in the model, or θ̄. */
final class ShownWeights {

    private final TramSettings settings;
    private final Block block;
    private final StepParts parts;
    private final StepOrder order;

    ShownWeights(TramSettings settings, Block block, StepParts parts, StepOrder order) {
        this.settings = settings;
        this.block = block;
        this.parts = parts;
        this.order = order;
    }

    /** A run of the model in evaluation mode at θ. */
    NDList evaluate(ParameterStore store, NDList inputs, PairList<String, Object> params) {
        Optional<Replica> climbed =
                inputs.isEmpty() ? Optional.empty() : climbed(inputs.head().getDevice());
        return climbed.isPresent()
                ? parts.runner().evaluate(climbed.get(), store, inputs, params)
                : block.forward(store, inputs, false, params);
    }

    private Optional<Replica> climbed(Device device) {
        return parts.momentum().climbed(device);
    }

    /** Shows θ in the model's own arrays until the scope is closed. */
    EngineBridge.Scope theta() {
        List<EngineBridge.Scope> scopes = new ArrayList<>();
        EngineBridge.Scope off = parts.noGradient();
        parts.replicas().all().forEach(replica -> scopes.add(replica.showTheta()));
        return () -> {
            scopes.forEach(EngineBridge.Scope::close);
            off.close();
        };
    }

    /** Shows θ̄ on all replicas; see {@link TramOptimizer#showWeightAverage}. */
    TramOptimizer.Shown average() {
        if (settings.weightAverage().isEmpty()) {
            throw new IllegalStateException(
                    "showWeightAverage() needs optWeightAverage(...), received: an optimizer"
                            + " without it");
        }
        order.refuseShown("showWeightAverage()");
        if (!order.isIdle() || !hasAverage()) {
            throw new IllegalStateException(
                    "showWeightAverage() must come after a batch and its trainer.step(), received: "
                            + (order.isIdle() ? "no update yet" : "a batch without step()"));
        }
        order.setShown(true);
        Replica first = parts.replicas().first();
        EngineBridge.Scope average;
        try (EngineBridge.Scope off = parts.noGradient()) {
            average = first.show(first.buffer(GroupUpdate.AVERAGE));
            showFirst();
        }
        return () -> hide(average);
    }

    private boolean hasAverage() {
        return !parts.replicas().isEmpty()
                && parts.replicas().first().hasBuffer(GroupUpdate.AVERAGE);
    }

    private void hide(EngineBridge.Scope average) {
        if (order.isShown()) {
            try (EngineBridge.Scope off = parts.noGradient()) {
                average.close();
                showFirst();
            }
            order.setShown(false);
        }
    }

    /** Lets all replicas' weights be the first one's. */
    private void showFirst() {
        Replica first = parts.replicas().first();
        for (Replica replica : parts.replicas().all()) {
            if (replica != first) {
                replica.take(first, other -> other.weights(first.buffer(GroupUpdate.AVERAGE)));
            }
        }
    }
}
