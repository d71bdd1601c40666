package dev.tram.core;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.tram.core.internal.Arguments;
import dev.tram.core.internal.Scalars;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The usual divergences between predictive distributions.
 *
 * <p>All are computed from log-softmax (Gaussian KL, L2 and MMD from the outputs themselves), stay
 * finite for logits up to ±1e4, are exactly 0 for equal inputs and never negative. The result is a
 * float32 scalar, or float64 for float64 logits; it is NaN where the logits are.
 */
public final class Divergences {

    private static final int MMD_ROWS = 1024;

    private static final Map<String, Divergence> BY_NAME = new LinkedHashMap<>();

    static {
        List<Divergence> usual =
                List.of(
                        forwardKl(),
                        reverseKl(),
                        symmetricKl(),
                        jensenShannon(),
                        renyi(0.5f),
                        renyi(2f),
                        bernoulliKl(),
                        l2(),
                        mmd());
        usual.forEach(divergence -> BY_NAME.put(divergence.toString(), divergence));
    }

    private Divergences() {}

    /**
     * Returns the names that {@link #named(String)} knows.
     *
     * @return the names
     */
    public static List<String> names() {
        return List.copyOf(BY_NAME.keySet());
    }

    /**
     * Returns a divergence by its name, for a command line or a configuration file.
     *
     * @param name one of {@link #names()}, {@code renyi-ALPHA} with any order α, or {@code
     *     gaussian-kl-SIGMA}
     * @return the divergence
     * @throws IllegalArgumentException if there is no such divergence
     */
    public static Divergence named(String name) {
        Divergence known = BY_NAME.get(name);
        if (known != null) {
            return known;
        }
        if (name.matches("renyi-\\d+(\\.\\d+)?")) {
            return renyi(Float.parseFloat(name.substring("renyi-".length())));
        }
        if (name.matches("gaussian-kl-\\d+(\\.\\d+)?")) {
            return gaussianKl(Float.parseFloat(name.substring("gaussian-kl-".length())));
        }
        throw Arguments.rejected("divergence", "one of " + String.join(", ", names()), name);
    }

    /**
     * KL(P‖Q) = Σ P (log P − log Q), the paper's.
     *
     * @return the divergence
     */
    public static Divergence forwardKl() {
        return perSoftmax("forward-kl", Divergences::kl);
    }

    /**
     * KL(Q‖P).
     *
     * @return the divergence
     */
    public static Divergence reverseKl() {
        return perSoftmax("reverse-kl", (p, q) -> kl(q, p));
    }

    /**
     * KL(P‖Q) + KL(Q‖P).
     *
     * @return the divergence
     */
    public static Divergence symmetricKl() {
        return perSoftmax("symmetric-kl", (p, q) -> kl(p, q).add(kl(q, p)));
    }

    /**
     * ½KL(P‖M) + ½KL(Q‖M) with M = ½(P+Q).
     *
     * @return the divergence
     */
    public static Divergence jensenShannon() {
        return perSoftmax("jensen-shannon", Divergences::jensenShannonOf);
    }

    /**
     * Rényi's divergence of order α, log Σ P^α Q^(1−α) / (α−1).
     *
     * @param alpha α, finite, positive and not 1
     * @return the divergence
     */
    public static Divergence renyi(float alpha) {
        Arguments.positive("alpha", alpha);
        if (alpha == 1f) {
            throw Arguments.rejected("alpha", "other than 1 (that is forward KL)", alpha);
        }
        return perSoftmax("renyi-" + plain(alpha), (p, q) -> renyiOf(p, q, alpha));
    }

    /**
     * KL between independent Bernoulli distributions, for sigmoid outputs: one logit per label on
     * the last axis, one label or many. The KL of several labels is the sum of theirs.
     *
     * @return the divergence
     */
    public static Divergence bernoulliKl() {
        return new PerDistribution("bernoulli-kl", Divergences::bernoulliKlOf);
    }

    /**
     * ‖logits_P − logits_Q‖₂ per distribution; its gradient at equal inputs is 0.
     *
     * @return the divergence
     */
    public static Divergence l2() {
        return new PerDistribution("l2", Divergences::l2Of);
    }

    /**
     * KL between Gaussian distributions of one standard deviation, for regression: ‖μ_P − μ_Q‖² /
     * (2σ²), where the model's outputs are the means μ, on the last axis.
     *
     * @param sigma σ in the outputs' unit, finite and greater than 0: about the error that the
     *     model is expected to make
     * @return the divergence
     */
    public static Divergence gaussianKl(float sigma) {
        Arguments.positive("sigma", sigma);
        return new PerDistribution(
                "gaussian-kl-" + plain(sigma),
                (target, estimate) -> {
                    NDArray difference = target.sub(estimate);
                    NDArray deviations = difference.div(Scalars.like(sigma, difference));
                    NDArray squared = deviations.square().sum(new int[] {-1});
                    return squared.mul(Scalars.like(0.5, squared));
                });
    }

    /**
     * Maximum mean discrepancy over the batch with the inverse multiquadratic kernel, on at most
     * 1,024 rows.
     *
     * @return the divergence
     * @see #mmd(int)
     */
    public static Divergence mmd() {
        return mmd(MMD_ROWS);
    }

    /**
     * Maximum mean discrepancy over the batch on logits: mean of k(P,P) + k(Q,Q) − 2k(P,Q), with
     * k(a,b) = Σ_c (c² + ‖a−b‖²)^(−½), c ∈ {.1, .2, .5, 1, 2, 5, 10}.
     *
     * <p>Time and memory are quadratic in the rows. A batch with more rows than the maximum is
     * sampled evenly: rows 0, n/m, 2n/m, … of n for a maximum of m.
     *
     * @param maxRows the most rows compared, at least 1
     * @return the divergence
     */
    public static Divergence mmd(int maxRows) {
        return new MaximumMeanDiscrepancy(Arguments.atLeast("maxRows", maxRows, 1));
    }

    private static NDArray kl(NDArray logP, NDArray logQ) {
        return logP.exp().mul(logP.sub(logQ)).sum(new int[] {-1});
    }

    /**
     * log M − log P = max(Δ, 0) + log((1 + e^−|Δ|) / 2) with Δ = log Q − log P: exactly 0 at Δ = 0.
     */
    private static NDArray jensenShannonOf(NDArray logP, NDArray logQ) {
        NDArray delta = logQ.sub(logP);
        NDArray zero = Scalars.like(0, delta);
        NDArray half = Scalars.like(0.5, delta);
        NDArray common = delta.abs().neg().exp().add(Scalars.like(1, delta)).mul(half).log();
        NDArray mixtureOverP = delta.maximum(zero).add(common);
        NDArray mixtureOverQ = delta.neg().maximum(zero).add(common);
        NDArray sum =
                logP.exp().mul(mixtureOverP).add(logQ.exp().mul(mixtureOverQ)).sum(new int[] {-1});
        return sum.mul(Scalars.like(-0.5, sum));
    }

    /** Both log-sum-exps are rounded alike, so that equal inputs give exactly 0. */
    private static NDArray renyiOf(NDArray logP, NDArray logQ, float alpha) {
        NDArray share = Scalars.like(alpha, logQ);
        NDArray tilted = logP.sub(logQ).mul(share).add(logQ);
        NDArray massP = logSumExp(logP);
        NDArray massQ = logSumExp(logQ);
        NDArray mass = massP.sub(massQ).mul(share).add(massQ);
        return logSumExp(tilted).sub(mass).div(Scalars.like(alpha - 1f, logQ));
    }

    private static NDArray logSumExp(NDArray array) {
        NDArray maximum = array.max(new int[] {-1}, true);
        NDArray sum = array.sub(maximum).exp().sum(new int[] {-1});
        return sum.log().add(maximum.squeeze(-1));
    }

    /** 2 and 0.00001, not 2.0 and 1.0E-5: the form that {@link #named(String)} reads. */
    private static String plain(float value) {
        return new BigDecimal(Float.toString(value)).stripTrailingZeros().toPlainString();
    }

    /** A formula on log-probabilities; its logits need two classes at least. */
    private static Divergence perSoftmax(String name, Formula formula) {
        return new PerDistribution(
                name,
                (target, estimate) -> {
                    if (Logits.classes(estimate) == 1) {
                        throw Arguments.rejected(
                                name + " logits",
                                "of at least 2 classes (one logit per answer is a yes or no:"
                                        + " withDivergence(Divergences.bernoulliKl()), by name"
                                        + " bernoulli-kl)",
                                estimate.getShape());
                    }
                    return formula.values(target.logSoftmax(-1), estimate.logSoftmax(-1));
                });
    }

    private static NDArray bernoulliKlOf(NDArray target, NDArray estimate) {
        NDArray zeros = target.zerosLike();
        NDArray p = NDArrays.stack(new NDList(target, zeros), -1);
        NDArray q = NDArrays.stack(new NDList(estimate, zeros), -1);
        return kl(p.logSoftmax(-1), q.logSoftmax(-1)).sum(new int[] {-1});
    }

    /** The root is taken of 1 where the logits are equal: its slope at 0 is infinite. */
    private static NDArray l2Of(NDArray target, NDArray estimate) {
        NDArray squared = target.sub(estimate).square().sum(new int[] {-1});
        NDArray equal = squared.eq(squared.zerosLike());
        NDArray root = NDArrays.where(equal, squared.onesLike(), squared).sqrt();
        return NDArrays.where(equal, squared.zerosLike(), root);
    }

    /** Values of shape (…), from two arrays of shape (…, classes). */
    @FunctionalInterface
    private interface Formula {
        NDArray values(NDArray target, NDArray estimate);
    }

    /**
     * A divergence that is a mean of one value per distribution.
     *
     * <p>Values are float32 (float64 for float64 logits); their mean is taken in float64 and then
     * clamped at 0, so that the rounding of single values, which has either sign, averages out.
     */
    private record PerDistribution(String name, Formula formula) implements Divergence {

        @Override
        public NDArray between(NDArray target, NDArray estimate) {
            Logits.checkPair(target, estimate);
            return Logits.scalar(estimate, () -> values(target, estimate).mean());
        }

        @Override
        public NDArray between(NDArray target, NDArray estimate, NDArray valid) {
            Logits.checkPair(target, estimate);
            Logits.checkValid(estimate, valid);
            return Logits.scalar(
                    estimate,
                    () -> {
                        NDArray values = values(target, estimate);
                        NDArray keep = valid.toType(DataType.BOOLEAN, false);
                        NDArray kept = NDArrays.where(keep, values, values.zerosLike());
                        NDArray count = keep.toType(DataType.FLOAT64, false).sum();
                        return kept.sum().div(count.maximum(count.onesLike()));
                    });
        }

        private NDArray values(NDArray target, NDArray estimate) {
            NDArray values = formula.values(Logits.widen(target), Logits.widen(estimate));
            return Logits.convert(values, DataType.FLOAT64);
        }

        /** Divergences of one name are the same divergence. */
        @Override
        public boolean equals(Object other) {
            return other instanceof PerDistribution that && name.equals(that.name);
        }

        @Override
        public int hashCode() {
            return name.hashCode();
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /**
     * Computed in float64 throughout: ‖a−b‖² = ‖a‖² + ‖b‖² − 2a·b needs no array of rows × rows ×
     * classes, but cancels.
     */
    private record MaximumMeanDiscrepancy(int maxRows) implements Divergence {

        private static final double[] SCALES = {.1, .2, .5, 1, 2, 5, 10};

        @Override
        public NDArray between(NDArray target, NDArray estimate) {
            Logits.checkPair(target, estimate);
            return Logits.scalar(
                    estimate,
                    () -> {
                        NDArray p = rows(target);
                        NDArray q = rows(estimate);
                        NDArray within = meanKernel(p, p).add(meanKernel(q, q));
                        NDArray between = meanKernel(p, q);
                        return within.sub(between.mul(Scalars.like(2, between)));
                    });
        }

        private NDArray rows(NDArray logits) {
            NDArray rows = logits.reshape(-1, Logits.classes(logits));
            long count = rows.getShape().get(0);
            if (count > maxRows) {
                long[] sample = new long[maxRows];
                Arrays.setAll(sample, i -> i * count / maxRows);
                rows = rows.get(rows.getManager().create(sample).duplicate());
            }
            return Logits.convert(rows, DataType.FLOAT64);
        }

        /** The mean of k over all pairs of rows, one scale at a time to hold few arrays at once. */
        private static NDArray meanKernel(NDArray a, NDArray b) {
            NDManager manager = a.getManager();
            NDArray distance = Logits.scoped(manager, () -> squaredDistances(a, b));
            NDArray sum = manager.create(0d);
            for (double scale : SCALES) {
                NDArray shifted = distance.add(scale * scale);
                sum = sum.add(Logits.scoped(manager, () -> shifted.sqrt().div(shifted).mean()));
                shifted.close();
            }
            distance.close();
            return sum;
        }

        private static NDArray squaredDistances(NDArray a, NDArray b) {
            NDArray normsOfA = a.square().sum(new int[] {1}, true);
            NDArray normsOfB = b.square().sum(new int[] {1}, true).transpose();
            NDArray products = a.matMul(b.transpose());
            NDArray doubled = products.mul(Scalars.like(2, products));
            return normsOfA.add(normsOfB).sub(doubled).maximum(Scalars.like(0, products));
        }

        @Override
        public String toString() {
            return "mmd";
        }
    }
}
