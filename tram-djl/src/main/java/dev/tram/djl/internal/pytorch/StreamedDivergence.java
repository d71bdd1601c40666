package dev.tram.djl.internal.pytorch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import dev.tram.core.Divergence;
import dev.tram.core.Divergences;
import dev.tram.core.internal.Scalars;
import dev.tram.djl.pytorch.Kernels;

/**
 * A divergence of {@link Divergences} on PyTorch that goes through the rows of the logits chunk by
 * chunk: log-probabilities of some rows are held at a time, not two arrays of the logits' size. A
 * chunk is 262,144 numbers on a CPU, which stay in its cache, and 67,108,864 on a GPU, where each
 * operation is a launch; or one row, if that is longer. What a chunk takes on a GPU in float32 is
 * at most 0.8 GB for a value and 1.6 GB where its gradient is computed with it.
 *
 * <p>The value is the portable one's, and so is the gradient, by the logits of the estimate and of
 * the target. It is computed with the value, in closed form, where the thread records gradients (in
 * a penalty, say); one array of the logits' size per gradient is held until backward. It has no
 * second derivative.
 */
public final class StreamedDivergence implements Divergence {

    private static final long CPU_CHUNK = 1L << 18;
    private static final long GPU_CHUNK = 1L << 26;

    private static final String RENYI = "renyi-";
    private static final String SUPPORTED =
            "forward-kl|reverse-kl|symmetric-kl|jensen-shannon|l2|renyi-[\\d.]+";

    private final Divergence portable;
    private final String name;
    private final double alpha;

    private StreamedDivergence(Divergence portable, String name, double alpha) {
        this.portable = portable;
        this.name = name;
        this.alpha = alpha;
    }

    /**
     * Returns the streamed form of a divergence.
     *
     * @param divergence the divergence
     * @param manager a manager of the arrays' engine
     * @return the streamed form; the divergence itself if it is none of those that can be streamed
     *     or if {@link Kernels#of} selects the portable kernels
     * @throws IllegalArgumentException if the property {@value Kernels#PROPERTY} holds another word
     * @throws IllegalStateException if the fused kernels are asked for on another engine
     */
    public static Divergence of(Divergence divergence, NDManager manager) {
        String name = divergence.toString();
        boolean supported =
                Kernels.of(manager) == Kernels.FUSED
                        && name.matches(SUPPORTED)
                        && Divergences.named(name).equals(divergence);
        if (!supported) {
            return divergence;
        }
        boolean renyi = name.startsWith(RENYI);
        double alpha = renyi ? Float.parseFloat(name.substring(RENYI.length())) : Double.NaN;
        return new StreamedDivergence(divergence, renyi ? "renyi" : name, alpha);
    }

    @Override
    public NDArray between(NDArray target, NDArray estimate) {
        if (!streams(target, estimate)) {
            return portable.between(target, estimate);
        }
        if (!differentiates(target, estimate)) {
            return call("mean", target, estimate).run(estimate.getManager());
        }
        try (NDArray all = estimate.getManager().create(new Shape(0), DataType.BOOLEAN)) {
            return differentiable(target, estimate, all, 1.0 / rows(estimate).size());
        }
    }

    @Override
    public NDArray between(NDArray target, NDArray estimate, NDArray valid) {
        if (!streams(target, estimate) || !valid.getShape().equals(rows(estimate))) {
            return portable.between(target, estimate, valid);
        }
        return differentiates(target, estimate)
                ? differentiable(target, estimate, valid, 1)
                : call("valid_mean", target, estimate).array(valid).run(estimate.getManager());
    }

    private static Shape rows(NDArray logits) {
        return logits.getShape().slice(0, logits.getShape().dimension() - 1);
    }

    /** Whether the kernels can run; what does not fit is left to the portable form to refuse. */
    private boolean streams(NDArray target, NDArray estimate) {
        Shape shape = estimate.getShape();
        boolean wide = estimate.getDataType() == DataType.FLOAT32;
        wide |= estimate.getDataType() == DataType.FLOAT64;
        return target.getShape().equals(shape)
                && shape.dimension() > 0
                && shape.size() > 0
                && (shape.get(shape.dimension() - 1) > 1 || name.equals("l2"))
                && (!JniUtils.isGradMode()
                        || (wide && target.getDataType() == estimate.getDataType()));
    }

    private static boolean differentiates(NDArray target, NDArray estimate) {
        return JniUtils.isGradMode() && (requiresGradient(target) || requiresGradient(estimate));
    }

    /** Unlike {@link NDArray#hasGradient()}, true for what was computed from weights too. */
    static boolean requiresGradient(NDArray array) {
        return module(array).call("requires_grad").array(array).test();
    }

    /**
     * The value, whose gradient is that of s = share · G·logits with the kernel's G: value + s,
     * where s is overwritten with 0 once it is in the graph.
     */
    private NDArray differentiable(NDArray target, NDArray estimate, NDArray valid, double share) {
        NDManager manager = estimate.getManager();
        boolean targetToo = requiresGradient(target);
        try (NDArray byEstimate = manager.create(estimate.getShape(), estimate.getDataType());
                NDArray byTarget =
                        targetToo
                                ? manager.create(target.getShape(), target.getDataType())
                                : manager.create(new Shape(0), target.getDataType());
                NDArray value =
                        call("differentiate", target, estimate)
                                .array(valid)
                                .array(byEstimate)
                                .array(byTarget)
                                .flag(targetToo)
                                .run(manager);
                NDArray change = vanishing(estimate, byEstimate, share)) {
            if (!targetToo) {
                return value.add(change);
            }
            try (NDArray targetChange = vanishing(target, byTarget, share);
                    NDArray sum = value.add(change)) {
                return sum.add(targetChange);
            }
        }
    }

    /**
     * 0 with a gradient by the logits, the share of an array, even where logits that do not count
     * are NaN.
     */
    private static NDArray vanishing(NDArray logits, NDArray gradient, double share) {
        try (NDArray flat = logits.flatten();
                NDArray flatGradient = gradient.flatten();
                NDArray product = flat.dot(flatGradient)) {
            try (NDArray sameMemory = product.stopGradient()) {
                module(logits).call("erase").array(sameMemory).run();
            }
            try (NDArray factor = Scalars.like(share, product)) {
                return product.mul(factor);
            }
        }
    }

    private ScriptModule.Call call(String method, NDArray target, NDArray estimate) {
        return module(estimate)
                .call(method)
                .text(name)
                .number(alpha)
                .array(target)
                .array(estimate)
                .integer(chunk(estimate.getDevice()));
    }

    /** How many logits a chunk of rows has at most. */
    static long chunk(Device device) {
        return device.isGpu() ? GPU_CHUNK : CPU_CHUNK;
    }

    private static ScriptModule module(NDArray array) {
        return ScriptModule.of("divergence", array.getDevice());
    }

    @Override
    public String toString() {
        return portable.toString();
    }
}
