package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.tram.djl.internal.engine.Replica;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is kept of the first pass over one device's part of a batch: enough to run it again, and a
 * manager whose arrays live until the batch is done with.
 */
final class FirstPass implements AutoCloseable {

    private final Replica replica;
    private final ParameterStore store;
    private final NDList data;
    private final NDList labels;
    private final PairList<String, Object> params;
    private final long batch;
    private final NDManager batchManager;
    private final NDManager kept;
    private final Set<NDArray> lasting = identitySet();
    private final Map<Parameter, NDArray> statistics = new HashMap<>();

    private int passes;
    private boolean noisy;
    private NDList outputs;
    private NoiseDraw noise;
    private NDArray penaltyTarget;
    private NDArray loss;
    private NDArray penaltyDistance;

    FirstPass(
            Replica replica,
            ParameterStore store,
            NDList data,
            NDList labels,
            PairList<String, Object> params,
            long batch) {
        this.replica = replica;
        this.store = store;
        this.data = data;
        this.labels = labels;
        this.params = params;
        this.batch = batch;
        batchManager = data.head().getManager();
        kept = batchManager.newSubManager(replica.device());
        kept.setName("tram-step");
        lasting.addAll(batchManager.getManagedArrays());
        lasting.addAll(data);
        lasting.addAll(labels);
    }

    private static <T> Set<T> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    Replica replica() {
        return replica;
    }

    ParameterStore store() {
        return store;
    }

    NDList data() {
        return data;
    }

    NDList labels() {
        return labels;
    }

    PairList<String, Object> params() {
        return params;
    }

    long batch() {
        return batch;
    }

    void countPass() {
        passes++;
    }

    /** The number of passes over this batch begun so far. */
    int passes() {
        return passes;
    }

    /** Owns what must outlive a pass. */
    NDManager kept() {
        return kept;
    }

    /** Whether the first pass runs at x + z, as TRAM-Fisher's does in its shared mode. */
    boolean isNoisy() {
        return noisy;
    }

    void setNoisy(boolean value) {
        noisy = value;
    }

    /** The first pass's outputs, at x + z if it {@link #isNoisy}; null before it. */
    NDList outputs() {
        return outputs;
    }

    void setOutputs(NDList outputs) {
        this.outputs = outputs;
        lasting.addAll(outputs);
    }

    /** The step's noise z, or null for a method without noise. */
    NoiseDraw noise() {
        return noise;
    }

    void setNoise(NoiseDraw noise) {
        this.noise = noise;
    }

    /** The penalty's target logits, or null as long as the target is the model itself. */
    NDArray penaltyTarget() {
        return penaltyTarget;
    }

    void setPenaltyTarget(NDArray target) {
        penaltyTarget = target;
    }

    /** The first pass's loss, penalty included, or null if it was not observed. */
    NDArray loss() {
        return loss;
    }

    /** The first pass's d of the penalty, or null without one. */
    NDArray penaltyDistance() {
        return penaltyDistance;
    }

    /** Keeps the first pass's loss, without its graph. */
    void setLoss(NDArray value) {
        loss = keep(value.duplicate());
    }

    /** Keeps the first pass's values of L + λd and d, without their graph. */
    void setPenalty(NDArray penalized, NDArray distance) {
        if (loss != null) {
            return;
        }
        setLoss(penalized);
        penaltyDistance = keep(distance.duplicate());
    }

    NDArray keep(NDArray array) {
        array.attach(kept);
        return array;
    }

    /** Keeps copies of running statistics, to put back if the batch is skipped. */
    void keepStatistics(Iterable<Parameter> parameters) {
        for (Parameter parameter : parameters) {
            NDArray live = store.getValue(parameter, replica.device(), true);
            statistics.put(parameter, keep(live.duplicate()));
        }
    }

    /** The running statistics as they were before the first pass. */
    Map<Parameter, NDArray> statistics() {
        return statistics;
    }

    /**
     * Lends arrays to a manager that owns what is computed from them; closing it gives them back.
     */
    NDManager borrow(NDList... lists) {
        NDManager scope = batchManager.newSubManager(replica.device());
        for (NDList list : lists) {
            for (NDArray array : list) {
                if (array.getManager() != scope) {
                    array.tempAttach(scope);
                }
            }
        }
        return scope;
    }

    /**
     * Closes what the forward passes and losses of all devices left with the batch: their graphs
     * are gone after the backward passes. Data, labels, outputs, the losses themselves and what was
     * attached before survive.
     */
    static void closeIntermediates(List<FirstPass> passes) {
        Set<NDArray> lasting = identitySet();
        Set<NDManager> kept = identitySet();
        Set<NDManager> managers = identitySet();
        for (FirstPass pass : passes) {
            lasting.addAll(pass.lasting);
            kept.add(pass.kept);
            managers.add(pass.batchManager);
        }
        for (NDManager manager : managers) {
            for (NDArray array : manager.getManagedArrays()) {
                boolean lasts =
                        lasting.contains(array)
                                || kept.contains(array.getManager())
                                || array.getShape().isScalar();
                if (!lasts) {
                    array.close();
                }
            }
        }
    }

    @Override
    public void close() {
        kept.close();
    }
}
