package dev.tram.djl.pytorch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import dev.tram.core.Divergence;
import dev.tram.core.Divergences;

/**
 * A divergence of {@link Divergences} on PyTorch that goes through the rows of the logits chunk by
 * chunk: log-probabilities of a few rows are held at a time, not two arrays of the logits' size.
 *
 * <p>The value is the portable one's. Where the thread records gradients (in a penalty, say) the
 * portable formula runs, since the kernels have no gradient.
 */
public final class StreamedDivergence implements Divergence {

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
        return call("mean", target, estimate).run(estimate.getManager());
    }

    @Override
    public NDArray between(NDArray target, NDArray estimate, NDArray valid) {
        Shape shape = estimate.getShape();
        if (!streams(target, estimate)
                || !valid.getShape().equals(shape.slice(0, shape.dimension() - 1))) {
            return portable.between(target, estimate, valid);
        }
        return call("valid_mean", target, estimate).array(valid).run(estimate.getManager());
    }

    /** Whether the kernels can run; what does not fit is left to the portable form to refuse. */
    private boolean streams(NDArray target, NDArray estimate) {
        Shape shape = estimate.getShape();
        return !JniUtils.isGradMode()
                && target.getShape().equals(shape)
                && shape.dimension() > 0
                && shape.size() > 0
                && (shape.get(shape.dimension() - 1) > 1 || name.equals("l2"));
    }

    private ScriptModule.Call call(String method, NDArray target, NDArray estimate) {
        return ScriptModule.of("divergence", estimate.getDevice())
                .call(method)
                .text(name)
                .number(alpha)
                .array(target)
                .array(estimate);
    }

    @Override
    public String toString() {
        return portable.toString();
    }
}
