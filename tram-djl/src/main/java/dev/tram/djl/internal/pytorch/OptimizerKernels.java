package dev.tram.djl.internal.pytorch;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.tram.djl.pytorch.Kernels;
import java.util.Optional;
import java.util.function.Function;

/**
 * One step of an optimizer on all parameters of a device in one call, on PyTorch.
 *
 * <p>The numbers are those of DJL's own optimizers, which make a call per parameter: to the last
 * bit on a CPU. Unlike those, the kernels leave the gradients as they are. They run without
 * gradient in any thread. The lists are parallel; gradients of lower precision are widened to their
 * parameter's.
 */
public final class OptimizerKernels {

    private static final long GROUP_ELEMENTS = 1L << 24;

    private static final OptimizerKernels INSTANCE =
            new OptimizerKernels(
                    device -> device.isGpu() ? "optimizer_foreach" : "optimizer_blocked");

    private final Function<Device, String> source;

    OptimizerKernels(Function<Device, String> source) {
        this.source = source;
    }

    /**
     * Returns the kernels, unless {@link Kernels#of} selects the portable ones: DJL's optimizers
     * themselves.
     *
     * @param manager a manager of the engine
     * @return the kernels, for arrays on any of the engine's devices and for any thread
     * @throws IllegalArgumentException if the property {@value Kernels#PROPERTY} holds another word
     * @throws IllegalStateException if the fused kernels are asked for on another engine
     */
    public static Optional<OptimizerKernels> forEngine(NDManager manager) {
        return Kernels.of(manager) == Kernels.FUSED ? Optional.of(INSTANCE) : Optional.empty();
    }

    /**
     * What is the same for all parameters in a step of {@link ai.djl.training.optimizer.Adam} or
     * {@link ai.djl.training.optimizer.AdamW}.
     *
     * @param weightDecay the weight decay λ
     * @param rescale the factor on each gradient
     * @param clip the bound from above on each element of the rescaled gradient, negative for none
     * @param beta1 β₁, the decay of the means
     * @param beta2 β₂, the decay of the variances
     * @param epsilon ε, what is added to the root of the variance
     * @param decoupled true for AdamW: λ times the learning rate shrinks the parameter; false for
     *     Adam: λ times the parameter is added to the gradient
     */
    public record Adam(
            float weightDecay,
            float rescale,
            float clip,
            float beta1,
            float beta2,
            float epsilon,
            boolean decoupled) {}

    /**
     * What is the same for all parameters in a step of {@link ai.djl.training.optimizer.Sgd}.
     *
     * @param weightDecay the weight decay λ
     * @param rescale the factor on each gradient
     * @param clip the bound from above on each element of the rescaled gradient, negative for none
     * @param momentum the decay of the momenta, 0 for none
     */
    public record Sgd(float weightDecay, float rescale, float clip, float momentum) {}

    /**
     * Makes a step of Adam or AdamW.
     *
     * @param settings what all parameters share
     * @param weights the parameters, changed in place
     * @param gradients the gradients, left as they are
     * @param means the first moments, changed in place
     * @param variances the second moments, changed in place
     * @param learningRates each parameter's learning rate η
     * @param correctedRates each parameter's η √(1 − β₂ᵗ) / (1 − β₁ᵗ) at its t-th update
     * @throws IllegalArgumentException if the lists differ in length
     */
    public void adam(
            Adam settings,
            NDList weights,
            NDList gradients,
            NDList means,
            NDList variances,
            float[] learningRates,
            float[] correctedRates) {
        checkLength("gradients", gradients.size(), weights.size());
        checkLength("means", means.size(), weights.size());
        checkLength("variances", variances.size(), weights.size());
        checkLength("learningRates", learningRates.length, weights.size());
        checkLength("correctedRates", correctedRates.length, weights.size());
        forEachGroup(
                weights,
                (module, from, to) ->
                        module.call("adam")
                                .arrays(part(weights, from, to))
                                .arrays(part(gradients, from, to))
                                .arrays(part(means, from, to))
                                .arrays(part(variances, from, to))
                                .numbers(learningRates, from, to)
                                .numbers(correctedRates, from, to)
                                .number(settings.weightDecay())
                                .number(settings.rescale())
                                .number(settings.clip())
                                .number(settings.beta1())
                                .number(1 - settings.beta1())
                                .number(settings.beta2())
                                .number(1 - settings.beta2())
                                .number(settings.epsilon())
                                .flag(settings.decoupled())
                                .threads()
                                .run());
    }

    /**
     * Makes a step of Adam or AdamW by libtorch's own operation, whose numbers differ from those of
     * {@link #adam} by rounding. Does nothing where it does not apply: to gradients that are
     * rescaled or clipped, and to parameters that are not contiguous.
     *
     * @param settings what all parameters share
     * @param weights the parameters, changed in place
     * @param gradients the gradients, left as they are
     * @param means the first moments, changed in place
     * @param variances the second moments, changed in place
     * @param learningRate the learning rate η of all parameters
     * @param count t, the number of this update of every parameter, from 1
     * @return whether it made the step
     * @throws IllegalArgumentException if the lists differ in length
     */
    boolean adamOfLibtorch(
            Adam settings,
            NDList weights,
            NDList gradients,
            NDList means,
            NDList variances,
            float learningRate,
            int count) {
        checkLength("gradients", gradients.size(), weights.size());
        checkLength("means", means.size(), weights.size());
        checkLength("variances", variances.size(), weights.size());
        if (weights.isEmpty() || settings.rescale() != 1f || settings.clip() >= 0f) {
            return false;
        }
        double correction = Math.sqrt(1 - Math.pow(settings.beta2(), count));
        return ScriptModule.of("optimizer_libtorch", weights.head().getDevice())
                .call("adam")
                .arrays(weights)
                .arrays(gradients)
                .arrays(means)
                .arrays(variances)
                .number(count)
                .number(learningRate)
                .number(settings.weightDecay())
                .number(settings.beta1())
                .number(settings.beta2())
                .number(settings.epsilon() / correction)
                .flag(settings.decoupled())
                .test();
    }

    /**
     * Makes a step of stochastic gradient descent.
     *
     * @param settings what all parameters share
     * @param weights the parameters, changed in place
     * @param gradients the gradients, left as they are
     * @param momenta the momenta, changed in place; empty without momentum
     * @param learningRates each parameter's learning rate η
     * @throws IllegalArgumentException if the lists differ in length
     */
    public void sgd(
            Sgd settings, NDList weights, NDList gradients, NDList momenta, float[] learningRates) {
        boolean withMomentum = settings.momentum() != 0f;
        checkLength("gradients", gradients.size(), weights.size());
        checkLength("momenta", momenta.size(), withMomentum ? weights.size() : 0);
        checkLength("learningRates", learningRates.length, weights.size());
        forEachGroup(
                weights,
                (module, from, to) ->
                        module.call("sgd")
                                .arrays(part(weights, from, to))
                                .arrays(part(gradients, from, to))
                                .arrays(withMomentum ? part(momenta, from, to) : momenta)
                                .numbers(learningRates, from, to)
                                .number(settings.weightDecay())
                                .number(settings.rescale())
                                .number(settings.clip())
                                .number(settings.momentum())
                                .threads()
                                .run());
    }

    /** A step on the parameters from one index up to another. */
    @FunctionalInterface
    private interface Step {

        void run(ScriptModule module, int from, int to);
    }

    /** Goes through the parameters in groups, which bounds the temporaries on a GPU. */
    private void forEachGroup(NDList weights, Step step) {
        if (weights.isEmpty()) {
            return;
        }
        Device device = weights.head().getDevice();
        ScriptModule module = ScriptModule.of(source.apply(device), device);
        int from = 0;
        long elements = 0;
        for (int i = 0; i < weights.size(); i++) {
            long size = weights.get(i).size();
            if (i > from && elements + size > GROUP_ELEMENTS) {
                step.run(module, from, i);
                from = i;
                elements = 0;
            }
            elements += size;
        }
        step.run(module, from, weights.size());
    }

    private static NDList part(NDList list, int from, int to) {
        return new NDList(list.subList(from, to));
    }

    private static void checkLength(String name, int length, int expected) {
        if (length != expected) {
            throw new IllegalArgumentException(
                    name + " must have " + expected + " entries, received: " + length);
        }
    }
}
