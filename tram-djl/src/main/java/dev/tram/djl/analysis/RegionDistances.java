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
import dev.tram.djl.internal.engine.RegionCases;
import dev.tram.djl.internal.engine.ThetaBuffer;
import dev.tram.djl.internal.pytorch.EngineBridges;
import dev.tram.djl.internal.pytorch.MultiTensors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
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
    private final List<Target> targets;
    private final OwnNoise ownNoise = new OwnNoise();

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
        targets = regions.stream().map(new Targets()::of).toList();
        checkBlock();
    }

    /** A region's target: its name in reports, its logits, and how it follows the parameters. */
    private interface Target {

        String name();

        NDArray logits(NDList data);

        /** Whether it keeps parameters of its own. */
        default boolean keepsTheta() {
            return false;
        }

        /** Takes note of the parameters before an update. */
        default void follow() {}

        /** Takes the parameters as those of the previous step. */
        default void rememberPrevious() {}
    }

    private final class Targets implements RegionCases<Target> {

        @Override
        public Target previousStep() {
            return new Kept("previous_step", kept -> {}, kept -> tensors.copy(weights, kept));
        }

        @Override
        public Target pretrained() {
            return new Kept("pretrained", kept -> {}, kept -> {});
        }

        @Override
        public Target movingAverage(float decay) {
            return new Kept(
                    "moving_average", kept -> tensors.average(kept, weights, decay), kept -> {});
        }

        @Override
        public Target noisyInput(Noise z) {
            return new Noisy(ownNoise.like(z));
        }

        @Override
        public Target teacher(TrustRegion.Teacher teacher) {
            return new Taught(teacher);
        }
    }

    /** Parameters of its own, taken at the first update. */
    private final class Kept implements Target {

        private final String name;
        private final Consumer<NDList> following;
        private final Consumer<NDList> remembering;
        private final ThetaBuffer buffer = new ThetaBuffer(manager, ThetaBuffer.Content.WEIGHTS);
        private boolean started;

        Kept(String name, Consumer<NDList> following, Consumer<NDList> remembering) {
            this.name = name;
            this.following = following;
            this.remembering = remembering;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public NDArray logits(NDList data) {
            Map<Parameter, NDArray> overlay = new HashMap<>(buffer.overlay());
            NDManager scope = data.head().getManager();
            return RegionDistances.this.logits(new OverlayStore(store, overlay, scope), data);
        }

        @Override
        public boolean keepsTheta() {
            return true;
        }

        @Override
        public void follow() {
            if (started) {
                following.accept(buffer.arrays());
            } else {
                buffer.adopt(layout, weights);
                started = true;
            }
        }

        @Override
        public void rememberPrevious() {
            remembering.accept(buffer.arrays());
        }
    }

    /** The model itself at x + z. */
    private final class Noisy implements Target {

        private final Noise noise;

        Noisy(Noise noise) {
            this.noise = noise;
        }

        @Override
        public String name() {
            return "noisy_input";
        }

        @Override
        public NDArray logits(NDList data) {
            return noisyLogits(noise, data);
        }
    }

    /** Another model. */
    private record Taught(TrustRegion.Teacher teacher) implements Target {

        @Override
        public String name() {
            return "teacher";
        }

        @Override
        public NDArray logits(NDList data) {
            return teacher.logits().apply(new NDList(data));
        }
    }

    private void checkBlock() {
        boolean moved = targets.stream().anyMatch(Target::keepsTheta);
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
            targets.forEach(Target::follow);
        }
    }

    /** Takes the parameters as those of the previous step. */
    void rememberPrevious() {
        try (EngineBridge.Scope off = bridge.noGradient()) {
            targets.forEach(Target::rememberPrevious);
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
                            sums[i] += weight * distance(i, batch, estimate);
                        }
                        positions[0] += weight;
                    });
        }
        Map<String, Double> distances = new LinkedHashMap<>();
        for (int i = 0; i < sums.length; i++) {
            distances.put(targets.get(i).name(), sums[i] / positions[0]);
        }
        return distances;
    }

    private static double distributions(MiniBatch batch, NDArray estimate) {
        long classes = estimate.getShape().get(estimate.getShape().dimension() - 1);
        return batch.valid().isPresent() ? batch.weight() : (double) estimate.size() / classes;
    }

    private double distance(int region, MiniBatch batch, NDArray estimate) {
        NDArray target = targets.get(region).logits(batch.data());
        Divergence divergence = regions.get(region).divergence();
        NDArray d =
                batch.valid()
                        .map(valid -> divergence.between(target, estimate, valid))
                        .orElseGet(() -> divergence.between(target, estimate));
        return d.toType(DataType.FLOAT64, false).getDouble();
    }

    private NDArray logits(ParameterStore parameters, NDList data) {
        return logits.apply(block.forward(parameters, data, false, null));
    }

    private NDArray noisyLogits(Noise noise, NDList data) {
        List<InputNoise> blocks = Blocks.ofType(block, InputNoise.class);
        if (blocks.isEmpty()) {
            return logits(store, NoisyInputs.add(data, block, x -> sample(noise, x)));
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

    @Override
    public void close() {
        manager.close();
    }
}
