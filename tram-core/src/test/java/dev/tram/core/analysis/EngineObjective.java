package dev.tram.core.analysis;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.training.GradientCollector;
import dev.tram.core.MultiTensor;
import java.util.function.Supplier;

/** A formula of live weights, differentiated by the engine. */
final class EngineObjective implements Objective {

    private final NDList parameters;
    private final Supplier<NDArray> formula;

    EngineObjective(NDList parameters, Supplier<NDArray> formula) {
        this.parameters = parameters;
        this.formula = formula;
    }

    @Override
    public NDList parameters() {
        return parameters;
    }

    @Override
    public double loss() {
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            return formula.get().getFloat();
        }
    }

    @Override
    public double lossAndGradient(NDList gradients) {
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            NDArray loss;
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                loss = formula.get();
                collector.backward(loss);
            }
            NDList accumulated = new NDList();
            parameters.forEach(parameter -> accumulated.add(parameter.getGradient()));
            MultiTensor.portable().copy(accumulated, gradients);
            MultiTensor.portable().zero(accumulated);
            return loss.getFloat();
        }
    }
}
