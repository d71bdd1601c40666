package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import dev.tram.djl.internal.engine.Replica;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One device's part of a batch through all passes of a step: the objective that runs it, what the
 * first pass was, and a manager whose arrays live until the step is done with.
 */
final class BatchPart implements AutoCloseable {

    private final Replica replica;
    private final long batch;
    private final boolean ofClosure;
    private final NDManager kept;
    private final List<Call> calls = new ArrayList<>();
    private final Intermediates intermediates = new Intermediates();
    private final Map<Parameter, NDArray> statistics = new HashMap<>();

    private Objective objective;
    private int passes;
    private boolean repeated;
    private boolean noisy;
    private NDArray loss;
    private NDArray penaltyDistance;

    /**
     * A part without passes so far.
     *
     * @param ofClosure whether its objective is a user's closure
     */
    BatchPart(Replica replica, long batch, boolean ofClosure) {
        this.replica = replica;
        this.batch = batch;
        this.ofClosure = ofClosure;
        kept = replica.manager().newSubManager();
        kept.setName("tram-step");
    }

    Replica replica() {
        return replica;
    }

    /** Whether the objective is a closure of the user's. */
    boolean isOfClosure() {
        return ofClosure;
    }

    /** The number of the batch, from 0. */
    long batch() {
        return batch;
    }

    /** Whether another first pass on this device came before, with no listener between them. */
    boolean isRepeated() {
        return repeated;
    }

    void setRepeated(boolean value) {
        repeated = value;
    }

    /** Runs a pass over this part again. */
    Objective objective() {
        return objective;
    }

    void setObjective(Objective value) {
        objective = value;
    }

    /** The runs of the model in the first pass, in their order. */
    List<Call> calls() {
        return calls;
    }

    Call lastCall() {
        return calls.get(calls.size() - 1);
    }

    /** What the first pass left with the user's managers. */
    Intermediates intermediates() {
        return intermediates;
    }

    void countPass() {
        passes++;
    }

    /** The number of runs of the model over this part so far. */
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

    /** The first pass's loss, penalty included, or null if it was not observed. */
    NDArray loss() {
        return loss;
    }

    /** The first pass's d of the penalty, or null without one. */
    NDArray penaltyDistance() {
        return penaltyDistance;
    }

    /** Keeps the first pass's loss, without its graph, unless there is one. */
    void setLoss(NDArray value) {
        if (loss == null) {
            loss = keep(value.duplicate());
        }
    }

    /** Keeps the first pass's d of the penalty, without its graph, unless there is one. */
    void setPenaltyDistance(NDArray distance) {
        if (penaltyDistance == null) {
            penaltyDistance = keep(distance.duplicate());
        }
    }

    NDArray keep(NDArray array) {
        array.attach(kept);
        return array;
    }

    /** Keeps copies of running statistics, to put back if the batch is skipped. */
    void keepStatistics(Iterable<Parameter> parameters) {
        for (Parameter parameter : parameters) {
            statistics.put(parameter, keep(replica.live(parameter).duplicate()));
        }
    }

    /** Puts the running statistics back to what they were before the first pass. */
    void restoreStatistics() {
        statistics.forEach(replica::overwrite);
    }

    /** The running statistics as they were before the first pass. */
    Map<Parameter, NDArray> statistics() {
        return statistics;
    }

    /**
     * Lends inputs, labels and outputs to a manager that owns what is computed from them; closing
     * it gives them back.
     */
    NDManager borrow() {
        NDManager scope = replica.manager().newSubManager();
        for (Call call : calls) {
            lend(call.data(), scope);
            lend(call.labels(), scope);
            lend(call.outputs(), scope);
        }
        return scope;
    }

    /**
     * Owns what the objective's own passes make. What a closure makes in the last of them is its
     * user's, and stays with its inputs' managers.
     */
    NDManager borrowForObjective() {
        return ofClosure ? replica.manager().newSubManager() : borrow();
    }

    /** Lends what a run of the model over this part reads before there are outputs. */
    NDManager borrow(Call call) {
        NDManager scope = replica.manager().newSubManager();
        lend(call.data(), scope);
        lend(call.labels(), scope);
        return scope;
    }

    private static void lend(NDList arrays, NDManager scope) {
        for (NDArray array : arrays) {
            if (array.getManager() != scope) {
                array.tempAttach(scope);
            }
        }
    }

    /** Closes what the first passes left; data, labels, outputs and the loss survive. */
    void closeIntermediates() {
        List<NDArray> lasting = new ArrayList<>();
        for (Call call : calls) {
            lasting.addAll(call.data());
            lasting.addAll(call.labels());
            lasting.addAll(call.outputs());
        }
        intermediates.close(lasting);
    }

    @Override
    public void close() {
        kept.close();
    }
}
