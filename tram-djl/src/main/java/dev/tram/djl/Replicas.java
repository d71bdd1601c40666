package dev.tram.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.tram.core.MultiTensor;
import dev.tram.djl.internal.engine.EngineBridge;
import dev.tram.djl.internal.engine.ParameterLayout;
import dev.tram.djl.internal.engine.Replica;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The replicas of a session, one per device in the order of their first batches, and the parameters
 * that they hold.
 */
final class Replicas implements AutoCloseable {

    private final Block block;
    private final TramSettings settings;
    private final EngineBridge bridge;
    private final MultiTensor tensors;
    private final NDManager parent;
    private final Map<Device, Replica> byDevice = new LinkedHashMap<>();

    private ParameterLayout layout;
    private Checkpoint loaded;
    private ParameterLayout loadedLayout;

    Replicas(
            Block block,
            TramSettings settings,
            EngineBridge bridge,
            MultiTensor tensors,
            NDManager parent) {
        this.block = block;
        this.settings = settings;
        this.bridge = bridge;
        this.tensors = tensors;
        this.parent = parent;
    }

    boolean isEmpty() {
        return byDevice.isEmpty();
    }

    Collection<Replica> all() {
        return byDevice.values();
    }

    /** The one whose weights the base optimizer updates. */
    Replica first() {
        return all().iterator().next();
    }

    ParameterLayout layout() {
        return layout;
    }

    /**
     * Whether the latest batch did not train a parameter that DJL asks to update: its layer was
     * replaced in mid-run, or it was thawed since.
     */
    boolean isForeign(String parameterId) {
        return layout != null && layout.indexOf(parameterId) == null;
    }

    /** The parameters as the block has them now. */
    ParameterLayout currentLayout() {
        return layout(settings.parameterFilter());
    }

    /** The same, as if all trained ones ascended. */
    ParameterLayout wholeLayout() {
        return layout(parameter -> true);
    }

    private ParameterLayout layout(Predicate<Parameter> ascends) {
        boolean adapted = AdaptedBlock.adapted(block).isPresent();
        return new ParameterLayout(block, ascends, adapted);
    }

    /**
     * Follows a change of the trainable parameters since the last batch, or since a checkpoint was
     * loaded.
     *
     * @param group the accumulated group, within which they must stay the same
     */
    void follow(ParameterStore store, DescentGradient group) {
        ParameterLayout current = currentLayout();
        if (layout != null && layout.sameParameters(current)) {
            return;
        }
        checkTrainable(current);
        ParameterLayout before = loaded == null ? layout : loadedLayout;
        if (before != null && !before.sameParameters(current) && !group.isEmpty()) {
            throw new IllegalStateException(
                    "The trainable parameters must stay the same within a group of "
                            + settings.accumulationSteps()
                            + " accumulated batches, received: a change after "
                            + group.batches());
        }
        layout = current;
        all().forEach(replica -> replica.adopt(layout, store));
    }

    private void checkTrainable(ParameterLayout current) {
        if (current.parameters().isEmpty()) {
            throw new IllegalStateException(
                    "A training needs a parameter that is not frozen, received: "
                            + current.frozen().size()
                            + " frozen ones");
        }
        if (!settings.ascent().isNone() && current.ascending().isEmpty()) {
            throw new IllegalStateException(
                    "optParameterFilter must leave a parameter that ascends, received: none of "
                            + current.parameters().size()
                            + " trainable parameters");
        }
    }

    /** The replica of a device, made at its first batch. */
    Replica on(Device device, ParameterStore store) {
        return byDevice.computeIfAbsent(device, key -> create(device, store));
    }

    private Replica create(Device device, ParameterStore store) {
        Replica replica = new Replica(device, byDevice.size(), bridge, tensors, parent);
        replica.adopt(layout, store);
        try (EngineBridge.Scope off = bridge.noGradient()) {
            if (replica.index() > 0) {
                replica.follow(first());
            } else if (loaded != null) {
                loaded.restoreReplica(layout, replica);
                forgetLoaded();
            }
        }
        return replica;
    }

    /**
     * Forgets all replicas; the first one made from now on takes its values from a checkpoint.
     *
     * @param own the parameters as they are trained now, as they were when it was written
     */
    void restart(Checkpoint checkpoint, ParameterLayout own) {
        close();
        byDevice.clear();
        layout = null;
        loaded = checkpoint;
        loadedLayout = own;
    }

    private void forgetLoaded() {
        if (loaded != null) {
            loaded.close();
            loaded = null;
        }
    }

    void zeroGradients() {
        all().forEach(Replica::zeroGradients);
    }

    @Override
    public void close() {
        forgetLoaded();
        all().forEach(Replica::close);
    }
}
