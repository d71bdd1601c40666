package dev.tram.djl.analysis;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import dev.tram.core.Divergence;
import dev.tram.core.MultiTensor;
import dev.tram.core.Noise;
import dev.tram.core.TrustRegion;
import dev.tram.djl.InputNoise;
import dev.tram.djl.analysis.EvaluationBatches.MiniBatch;
import dev.tram.djl.internal.NoisyInputs;
import dev.tram.djl.internal.engine.Blocks;
import dev.tram.djl.internal.engine.EngineBridge;
import dev.tram.djl.internal.engine.OverlayStore;
import dev.tram.djl.internal.engine.ParameterLayout;
import dev.tram.djl.internal.engine.ThetaBuffer;
import dev.tram.djl.pytorch.EngineBridges;
import dev.tram.djl.pytorch.MultiTensors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The distances d of several trust regions, measured beside any training: keeps θ_0, θ_{t−1} and θ̄
 * of its own.
 */
final class RegionDistances implements AutoCloseable {

    private final Block block;
    private final List<TrustRegion> regions;
    private final Function<NDList, NDArray> logits;
    private final EngineBridge bridge;
    private final MultiTensor tensors;
    private final NDManager manager;
    private final ParameterLayout layout;
    private final ParameterStore store;
    private final NDList weights = new NDList();
    private final Map<TrustRegion, ThetaBuffer> targets = new HashMap<>();
    private final OwnNoise ownNoise = new OwnNoise();

    private boolean started;

    RegionDistances(Trainer trainer, List<TrustRegion> regions, Function<NDList, NDArray> logits) {
        block = trainer.getModel().getBlock();
        this.regions = regions;
        this.logits = logits;
        manager = trainer.getManager().newSubManager(trainer.getDevices()[0]);
        manager.setName("trust-regions");
        bridge = EngineBridges.of(manager.getEngine());
        tensors = MultiTensors.forEngine(manager);
        store = new ParameterStore(manager, false);
        layout = new ParameterLayout(block, parameter -> true);
        layout.parameters().forEach(parameter -> weights.add(parameter.getArray()));
        checkBlock();
    }

    private void checkBlock() {
        boolean moved = regions.stream().anyMatch(r -> !(r instanceof TrustRegion.NoisyInput));
        if (moved && Blocks.anyMatch(block, bridge::ownsWeights)) {
            throw new IllegalStateException(
                    "a TorchScript model cannot be compared with its earlier parameters: use"
                            + " optTrustRegions(...) with noisyInput alone or with none, received: "
                            + regions);
        }
    }

    /** Takes note of the parameters before an update. */
    void follow() {
        try (EngineBridge.Scope off = bridge.noGradient()) {
            for (TrustRegion region : regions) {
                if (!started && !(region instanceof TrustRegion.NoisyInput)) {
                    ThetaBuffer buffer = new ThetaBuffer(manager);
                    buffer.adopt(layout.parameters(), weights);
                    targets.put(region, buffer);
                } else if (region instanceof TrustRegion.MovingAverage average) {
                    tensors.average(targets.get(region).arrays(), weights, average.decay());
                }
            }
        }
        started = true;
    }

    /** Takes the parameters as those of the previous step. */
    void rememberPrevious() {
        try (EngineBridge.Scope off = bridge.noGradient()) {
            for (TrustRegion region : regions) {
                if (region instanceof TrustRegion.PreviousStep) {
                    tensors.copy(weights, targets.get(region).arrays());
                }
            }
        }
    }

    /** Returns d of each region, by its name, as means over a dataset. */
    Map<String, Double> measure(EvaluationBatches batches) {
        double[] sums = new double[regions.size()];
        double[] positions = new double[1];
        try (EngineBridge.Scope off = bridge.noGradient()) {
            batches.forEach(
                    batch -> {
                        NDArray estimate = logits(store, batch.data());
                        double weight = distributions(batch, estimate);
                        for (int i = 0; i < sums.length; i++) {
                            sums[i] += weight * distance(regions.get(i), batch, estimate);
                        }
                        positions[0] += weight;
                    });
        }
        Map<String, Double> distances = new LinkedHashMap<>();
        for (int i = 0; i < sums.length; i++) {
            distances.put(name(regions.get(i)), sums[i] / positions[0]);
        }
        return distances;
    }

    private static double distributions(MiniBatch batch, NDArray estimate) {
        long classes = estimate.getShape().get(estimate.getShape().dimension() - 1);
        return batch.valid().isPresent() ? batch.weight() : (double) estimate.size() / classes;
    }

    private double distance(TrustRegion region, MiniBatch batch, NDArray estimate) {
        NDArray target =
                region instanceof TrustRegion.NoisyInput noisy
                        ? noisyLogits(ownNoise.like(noisy.z()), batch.data())
                        : logits(overlay(targets.get(region), batch.data()), batch.data());
        Divergence divergence = region.divergence();
        NDArray d =
                batch.valid()
                        .map(valid -> divergence.between(target, estimate, valid))
                        .orElseGet(() -> divergence.between(target, estimate));
        return d.toType(DataType.FLOAT64, false).getDouble();
    }

    private NDArray logits(ParameterStore parameters, NDList data) {
        return logits.apply(block.forward(parameters, data, false, null));
    }

    private OverlayStore overlay(ThetaBuffer buffer, NDList data) {
        Map<Parameter, NDArray> overlay = new HashMap<>(buffer.overlay());
        return new OverlayStore(store, overlay, data.head().getManager());
    }

    private NDArray noisyLogits(Noise noise, NDList data) {
        List<InputNoise> blocks = Blocks.ofType(block, InputNoise.class);
        if (blocks.isEmpty()) {
            return logits(store, NoisyInputs.add(data, x -> sample(noise, x)));
        }
        List<InputNoise.Scope> scopes = new ArrayList<>();
        blocks.forEach(each -> scopes.add(each.with(noise)));
        try {
            return logits(store, data);
        } finally {
            scopes.forEach(InputNoise.Scope::close);
        }
    }

    private static NDArray sample(Noise noise, NDArray input) {
        return noise.sample(input.getManager(), input.getShape())
                .toType(input.getDataType(), false);
    }

    private static String name(TrustRegion region) {
        if (region instanceof TrustRegion.PreviousStep) {
            return "previous_step";
        }
        if (region instanceof TrustRegion.Pretrained) {
            return "pretrained";
        }
        return region instanceof TrustRegion.MovingAverage ? "moving_average" : "noisy_input";
    }

    @Override
    public void close() {
        manager.close();
    }
}
