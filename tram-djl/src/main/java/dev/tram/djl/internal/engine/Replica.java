package dev.tram.djl.internal.engine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.tram.core.AscentArrays;
import dev.tram.core.MultiTensor;
import dev.tram.core.Neighborhood;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The arrays of one device: weights, held gradient handles and the buffers of θ.
 *
 * <p>θ is the live weights, or float32 masters of them where the model is of low precision.
 */
public final class Replica implements AutoCloseable {

    /** Restores θ after an ascent. */
    public static final String RESTORE = "restore";

    /** g at x while the gradient arrays hold that at x + z. */
    public static final String CLEAN_GRADIENT = "clean-gradient";

    /** v of an ascent, where it is neither g nor a buffer of the direction's. */
    public static final String DIRECTION = "direction";

    /** How the names of buffers begin that are made of gradients, and start at 0. */
    private static final List<String> OF_GRADIENTS = List.of("accumulated", DIRECTION, "descent-");

    private static final Set<String> SCRATCH = Set.of(RESTORE, CLEAN_GRADIENT, DIRECTION);

    private final Device device;
    private final int index;
    private final EngineBridge bridge;
    private final MultiTensor tensors;
    private final NDManager manager;
    private final Map<String, ThetaBuffer> buffers = new HashMap<>();

    private ParameterLayout layout;
    private NDList weights = new NDList();
    private NDList theta = new NDList();
    private NDList gradients = new NDList();
    private ThetaBuffer masters;
    private ParameterStore store;

    /** The buffer that remembers θ while the weights are at θ + ε, null while they are not. */
    private String saved;

    public Replica(
            Device device, int index, EngineBridge bridge, MultiTensor tensors, NDManager parent) {
        this.device = device;
        this.index = index;
        this.bridge = bridge;
        this.tensors = tensors;
        this.manager = parent.newSubManager(device);
        manager.setName("tram-" + device);
    }

    /** Takes the live arrays of the layout's parameters; buffers follow. */
    public void adopt(ParameterLayout newLayout, ParameterStore newStore) {
        layout = newLayout;
        store = newStore;
        weights = new NDList();
        for (int i = 0; i < layout.parameters().size(); i++) {
            NDArray weight = store.getValue(layout.parameters().get(i), device, true);
            Precision.check(layout.names().get(i), weight);
            weights.add(weight);
        }
        bridge.defineGradients(weights);
        gradients.close();
        gradients = new NDList();
        weights.forEach(weight -> gradients.add(weight.getGradient()));
        theta = weights;
        if (weights.stream().anyMatch(Precision::isLow)) {
            masters =
                    masters == null
                            ? new ThetaBuffer(manager, ThetaBuffer.Content.CURRENT_WEIGHTS)
                            : masters;
            masters.adopt(layout, weights);
            theta = masters.arrays();
        }
        buffers.values().forEach(buffer -> buffer.adopt(layout, theta));
    }

    public Device device() {
        return device;
    }

    public int index() {
        return index;
    }

    public NDManager manager() {
        return manager;
    }

    public NDList weights() {
        return weights;
    }

    public NDList theta() {
        return theta;
    }

    public NDList gradients() {
        return gradients;
    }

    public boolean hasMasters() {
        return masters != null;
    }

    public ParameterStore store() {
        return store;
    }

    /** Overwrites the live array of a parameter. */
    public void overwrite(Parameter parameter, NDArray value) {
        take(new NDList(value), new NDList(live(parameter)));
    }

    /** The live array of a parameter, trained or not. */
    public NDArray live(Parameter parameter) {
        return store.getValue(parameter, device, true);
    }

    public boolean hasBuffer(String name) {
        return buffers.containsKey(name);
    }

    /** The buffers whose values outlive a step, by name in alphabetical order. */
    public Map<String, ThetaBuffer> lastingBuffers() {
        Map<String, ThetaBuffer> lasting = new TreeMap<>(buffers);
        lasting.keySet().removeAll(SCRATCH);
        return lasting;
    }

    /**
     * Takes θ, the frozen parameters and the buffers of another replica, for one that joins after
     * the first batch. Running statistics are each replica's own.
     */
    public void follow(Replica other) {
        followTheta(other);
        for (Parameter frozen : layout.frozen().values()) {
            if (!layout.statistics().contains(frozen)) {
                take(new NDList(other.live(frozen)), new NDList(live(frozen)));
            }
        }
        other.buffers.forEach(
                (name, source) -> {
                    ThetaBuffer own = buffer(name);
                    source.frozen().forEach(frozen -> own.holdFrozen(frozen, live(frozen)));
                    take(source.arrays(), own.arrays());
                    take(source.frozenArrays(), own.frozenArrays());
                });
    }

    /** Takes θ of another replica after its update. */
    public void followTheta(Replica other) {
        take(other.theta, theta);
        publish();
    }

    /** Remembers θ as another replica, which is at θ + ε, does. */
    public void remember(Replica other) {
        take(other, replica -> replica.buffer(other.saved).arrays());
        saved = other.saved;
    }

    /** Takes some arrays of another replica. */
    public void take(Replica other, Function<Replica, NDList> arrays) {
        take(arrays.apply(other), arrays.apply(this));
    }

    private void take(NDList source, NDList target) {
        if (!source.isEmpty()) {
            tensors.copy(source, target);
        }
    }

    /** The named buffer, created as a copy of θ, or as zeros where it sums gradients up. */
    public ThetaBuffer buffer(String name) {
        return buffers.computeIfAbsent(
                name,
                key -> {
                    ThetaBuffer buffer = new ThetaBuffer(manager, content(name));
                    buffer.adopt(layout, theta);
                    return buffer;
                });
    }

    private static ThetaBuffer.Content content(String name) {
        if (OF_GRADIENTS.stream().anyMatch(name::startsWith)) {
            return ThetaBuffer.Content.GRADIENTS;
        }
        return SCRATCH.contains(name)
                ? ThetaBuffer.Content.CURRENT_WEIGHTS
                : ThetaBuffer.Content.WEIGHTS;
    }

    /** Overwrites the named buffer with θ. */
    public void remember(String name) {
        tensors.copy(theta, buffer(name).arrays());
    }

    /**
     * Moves the named buffer toward θ, b ← share · b + (1 − share) · θ, parameters that were frozen
     * since it holds them included.
     */
    public void average(String name, double share) {
        ThetaBuffer buffer = buffer(name);
        tensors.average(buffer.arrays(), theta, share);
        if (buffer.frozen().isEmpty()) {
            return;
        }
        try (NDManager scope = manager.newSubManager()) {
            NDList frozen = new NDList();
            for (NDArray value : live(buffer.frozen())) {
                frozen.add(Precision.rounded(value, wide(value), scope));
            }
            tensors.average(buffer.frozenArrays(), frozen, share);
        }
    }

    private static DataType wide(NDArray value) {
        return Precision.isLow(value) ? DataType.FLOAT32 : value.getDataType();
    }

    private NDList live(List<Parameter> parameters) {
        NDList arrays = new NDList(parameters.size());
        parameters.forEach(parameter -> arrays.add(live(parameter)));
        return arrays;
    }

    /** The weights that a buffer holds other values of, frozen ones last. */
    public NDList weights(ThetaBuffer buffer) {
        NDList all = new NDList(weights);
        all.addAll(live(buffer.frozen()));
        return all;
    }

    /** For each ascending parameter, whether it is a weight rather than a bias or shift. */
    public List<Boolean> ascendingWeights() {
        return layout.ascending().stream()
                .map(i -> ParameterLayout.isWeight(layout.parameters().get(i)))
                .toList();
    }

    /** The ids of the ascending parameters, as optimizers know them. */
    public List<String> ascendingIds() {
        return layout.ascending().stream().map(i -> layout.parameters().get(i).getId()).toList();
    }

    /** Whether the ascent moves all trained parameters. */
    public boolean ascendsWhole() {
        return layout.ascending().size() == layout.parameters().size();
    }

    /** The part of a list that the ascent moves. */
    public NDList ascending(NDList arrays) {
        if (ascendsWhole()) {
            return arrays;
        }
        NDList selected = new NDList();
        layout.ascending().forEach(i -> selected.add(arrays.get(i)));
        return selected;
    }

    /**
     * Remembers θ in the named buffer, then θ ← θ + scale · D v; the weights follow when it is
     * {@link #published}. Where it fails, θ is as it was.
     */
    public void ascend(Neighborhood neighborhood, AscentArrays arrays, double scale, String name) {
        if (!ascendsWhole()) {
            remember(name);
        }
        tensors.ascend(neighborhood, arrays, scale, ascending(buffer(name).arrays()));
        saved = name;
    }

    /**
     * Lets the weights follow an ascent.
     *
     * @param name the buffer that remembers θ
     * @return ‖(θ+ε)−θ‖² of the weights as stored, a scalar owned by {@code scope}
     */
    public NDArray published(String name, NDManager scope) {
        if (!hasMasters()) {
            NDList before = ascending(buffer(name).arrays());
            return tensors.squaredDistance(ascending(weights), before, scope);
        }
        NDList old = new NDList();
        for (NDArray weight : ascending(weights)) {
            NDArray copy = weight.duplicate();
            copy.attach(scope);
            old.add(copy);
        }
        publish();
        NDArray realised = tensors.squaredDistance(ascending(weights), old, scope);
        old.close();
        return realised;
    }

    /** Restores θ from the named buffer, bit for bit. */
    public void restore(String name) {
        tensors.copy(ascending(buffer(name).arrays()), ascending(theta));
        publish();
        saved = null;
    }

    /** Rounds the masters to the weights, where there are masters. */
    public void publish() {
        if (hasMasters()) {
            tensors.copy(theta, weights);
        }
    }

    public void zeroGradients() {
        tensors.zero(gradients);
    }

    /**
     * Shows a buffer's values to blocks that read their own weights; closing the scope shows the
     * live ones again, bit for bit.
     */
    public EngineBridge.Scope show(ThetaBuffer buffer) {
        NDList live = weights(buffer);
        NDList others = new NDList(buffer.arrays());
        others.addAll(buffer.frozenArrays());
        if (!hasMasters()) {
            tensors.swap(live, others);
            return () -> tensors.swap(live, others);
        }
        NDManager scope = manager.newSubManager();
        NDList kept = new NDList();
        for (NDArray frozen : live(buffer.frozen())) {
            NDArray copy = frozen.duplicate();
            copy.attach(scope);
            kept.add(copy);
        }
        tensors.copy(others, live);
        return () -> {
            publish();
            take(kept, live(buffer.frozen()));
            scope.close();
        };
    }

    /** θ by parameter while the weights are at θ + ε; nothing while they are at θ. */
    public Map<Parameter, NDArray> savedTheta() {
        return saved == null ? Map.of() : buffer(saved).overlay();
    }

    /**
     * Shows θ in the weights; closing the scope shows them as they were, bit for bit, and good for
     * the backward pass of a forward pass before.
     */
    public EngineBridge.Scope showTheta() {
        if (saved == null) {
            return () -> {};
        }
        NDManager scope = manager.newSubManager();
        NDList live = ascending(weights);
        NDList others = new NDList();
        for (NDArray value : ascending(buffer(saved).arrays())) {
            others.add(Precision.rounded(value, live.get(others.size()).getDataType(), scope));
        }
        bridge.exchange(live, others);
        return () -> {
            bridge.exchange(live, others);
            scope.close();
        };
    }

    @Override
    public void close() {
        gradients.close();
        manager.close();
    }
}
