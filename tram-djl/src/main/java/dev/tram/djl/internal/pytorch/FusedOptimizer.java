package dev.tram.djl.internal.pytorch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.optimizer.Adam;
import ai.djl.training.optimizer.AdamW;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.optimizer.Sgd;
import ai.djl.training.tracker.ParameterTracker;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.engine.BaseState;
import dev.tram.djl.internal.engine.FusedStep;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * DJL's Adam, AdamW or SGD, one call for all parameters. Hyper-parameters, learning rates, moments
 * and counts are the DJL optimizer's own, so that a checkpoint is the same either way.
 */
public final class FusedOptimizer implements FusedStep {

    private final BaseState state;
    private final OptimizerKernels kernels;
    private final ParameterTracker learningRate;
    private final AdamNumbers numbers;
    private final Rule rule;

    private FusedOptimizer(Optimizer base, OptimizerKernels kernels, AdamNumbers numbers) {
        state = new BaseState(base);
        this.kernels = kernels;
        learningRate = state.learningRateTracker();
        this.numbers = numbers;
        rule = base instanceof Sgd ? new SgdRule() : new AdamRule(base instanceof AdamW);
    }

    /**
     * Returns the fused form of an optimizer.
     *
     * @param base the optimizer
     * @param manager a manager of the engine
     * @return the fused form, if the optimizer's class and the engine have one
     */
    public static Optional<FusedStep> of(Optimizer base, NDManager manager) {
        Class<?> type = base.getClass();
        return type == Adam.class || type == AdamW.class || type == Sgd.class
                ? OptimizerKernels.forEngine(manager)
                        .map(k -> new FusedOptimizer(base, k, AdamNumbers.of(manager)))
                : Optional.empty();
    }

    @Override
    public void step(String[] ids, NDList theta, NDList gradients) {
        int[] counts = state.nextUpdates(ids);
        float[] rates = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            rates[i] = learningRate.getNewValue(ids[i], counts[i]);
            if (!Float.isFinite(rates[i])) {
                throw Arguments.rejected("learning rate", "finite", rates[i]);
            }
        }
        state.countUpdates(ids);
        rule.step(ids, counts, rates, theta, gradients);
    }

    /** The moments of the parameters, 0 at their first update. */
    private NDList moments(String field, String[] ids, NDList theta) {
        NDList moments = new NDList(ids.length);
        for (int i = 0; i < ids.length; i++) {
            NDArray parameter = theta.get(i);
            moments.add(state.moment(field, ids[i], parameter));
        }
        return moments;
    }

    private interface Rule {

        void step(String[] ids, int[] counts, float[] rates, NDList theta, NDList gradients);
    }

    private final class AdamRule implements Rule {

        private final OptimizerKernels.Adam settings;

        AdamRule(boolean decoupled) {
            settings =
                    new OptimizerKernels.Adam(
                            state.number("weightDecays"),
                            state.number("rescaleGrad"),
                            state.number("clipGrad"),
                            state.number("beta1"),
                            state.number("beta2"),
                            state.number("epsilon"),
                            decoupled);
        }

        @Override
        public void step(
                String[] ids, int[] counts, float[] rates, NDList theta, NDList gradients) {
            NDList means = moments("means", ids, theta);
            NDList variances = moments("variances", ids, theta);
            boolean done =
                    numbers == AdamNumbers.LIBTORCH
                            && areAlike(counts, rates)
                            && kernels.adamOfLibtorch(
                                    settings, theta, gradients, means, variances, rates[0],
                                    counts[0]);
            if (!done) {
                float[] corrected = corrected(counts, rates);
                kernels.adam(settings, theta, gradients, means, variances, rates, corrected);
            }
        }

        private static boolean areAlike(int[] counts, float[] rates) {
            return Arrays.stream(counts).allMatch(count -> count == counts[0])
                    && IntStream.range(0, rates.length).allMatch(i -> rates[i] == rates[0]);
        }

        /** η √(1 − β₂ᵗ) / (1 − β₁ᵗ) of each parameter. */
        private float[] corrected(int[] counts, float[] rates) {
            float[] corrected = new float[rates.length];
            for (int i = 0; i < rates.length; i++) {
                double first = 1 - Math.pow(settings.beta1(), counts[i]);
                double second = 1 - Math.pow(settings.beta2(), counts[i]);
                corrected[i] = (float) (rates[i] * Math.sqrt(second) / first);
            }
            return corrected;
        }
    }

    private final class SgdRule implements Rule {

        private final OptimizerKernels.Sgd settings =
                new OptimizerKernels.Sgd(
                        state.number("weightDecays"),
                        state.number("rescaleGrad"),
                        state.number("clipGrad"),
                        state.number("momentum"));

        @Override
        public void step(
                String[] ids, int[] counts, float[] rates, NDList theta, NDList gradients) {
            NDList momenta =
                    settings.momentum() == 0f
                            ? new NDList()
                            : moments("momentumStates", ids, theta);
            kernels.sgd(settings, theta, gradients, momenta, rates);
        }
    }
}
