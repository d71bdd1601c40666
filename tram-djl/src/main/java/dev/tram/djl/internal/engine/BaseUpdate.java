package dev.tram.djl.internal.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.optimizer.Optimizer;
import dev.tram.core.MultiTensor;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The base optimizer's step, in the precision of θ: on all parameters of a step at once where the
 * engine has kernels for the optimizer, otherwise on each as its turn comes.
 */
public final class BaseUpdate {

    private final Optimizer base;
    private final MultiTensor tensors;
    private final Optional<FusedStep> fused;
    private final SortedMap<Integer, String> collected = new TreeMap<>();

    /**
     * Takes the optimizer.
     *
     * @param base the base optimizer
     * @param tensors the operations on lists of arrays
     * @param fused the optimizer's step on all parameters at once, where the engine has kernels for
     *     it
     */
    public BaseUpdate(Optimizer base, MultiTensor tensors, Optional<FusedStep> fused) {
        this.base = base;
        this.tensors = tensors;
        this.fused = fused;
    }

    /** Updates a parameter of the first replica, or notes it for {@link #finish}. */
    public void apply(
            int index, String parameterId, Replica first, NDArray weight, NDArray gradient) {
        if (fused.isPresent()) {
            collected.put(index, parameterId);
            return;
        }
        NDArray theta = first.theta().get(index);
        DataType type = theta.getDataType();
        if (gradient.getDataType() == type) {
            base.update(parameterId, theta, gradient);
        } else {
            try (NDArray widened = gradient.toType(type, false)) {
                base.update(parameterId, theta, widened);
            }
        }
        if (first.hasMasters()) {
            tensors.copy(new NDList(theta), new NDList(weight));
        }
    }

    /** The learning rate of the next update, NaN where the optimizer does not give it. */
    public double nextLearningRate(ParameterLayout layout) {
        return new BaseState(base).nextLearningRate(layout.parameters().get(0).getId());
    }

    /** Forgets the noted parameters. */
    public void forget() {
        collected.clear();
    }

    /** Updates the noted parameters, in the layout's order. */
    public void finish(Replica first) {
        if (collected.isEmpty()) {
            return;
        }
        NDList theta = new NDList(collected.size());
        NDList gradients = new NDList(collected.size());
        for (int index : collected.keySet()) {
            theta.add(first.theta().get(index));
            gradients.add(first.gradients().get(index));
        }
        String[] ids = collected.values().toArray(String[]::new);
        collected.clear();
        fused.orElseThrow().step(ids, theta, gradients);
        first.publish();
    }
}
