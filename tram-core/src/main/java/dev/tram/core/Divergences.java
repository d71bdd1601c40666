package dev.tram.core;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The usual divergences between predictive distributions.
 *
 * <p>All are computed from log-softmax, stay finite for logits up to ±1e4, are exactly 0 for equal
 * inputs and never negative.
 */
public final class Divergences {

    private static final int MMD_ROWS = 1024;

    private static final Map<String, Supplier<Divergence>> BY_NAME = new LinkedHashMap<>();

    static {
        BY_NAME.put("forward-kl", Divergences::forwardKl);
        BY_NAME.put("reverse-kl", Divergences::reverseKl);
        BY_NAME.put("symmetric-kl", Divergences::symmetricKl);
        BY_NAME.put("jensen-shannon", Divergences::jensenShannon);
        BY_NAME.put("renyi-0.5", () -> renyi(0.5f));
        BY_NAME.put("renyi-2", () -> renyi(2f));
        BY_NAME.put("bernoulli-kl", Divergences::bernoulliKl);
        BY_NAME.put("l2", Divergences::l2);
        BY_NAME.put("mmd", Divergences::mmd);
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
     * @param name one of {@link #names()}, or {@code renyi-ALPHA} with any order α
     * @return the divergence
     * @throws IllegalArgumentException if there is no such divergence
     */
    public static Divergence named(String name) {
        Supplier<Divergence> known = BY_NAME.get(name);
        if (known != null) {
            return known.get();
        }
        if (name.matches("renyi-\\d+(\\.\\d+)?")) {
            return renyi(Float.parseFloat(name.substring("renyi-".length())));
        }
        throw Arguments.rejected("divergence", "one of " + String.join(", ", names()), name);
    }

    /**
     * KL(P‖Q) = Σ P (log P − log Q), the paper's.
     *
     * @return the divergence
     */
    public static Divergence forwardKl() {
        return new Softmax("forward-kl", Divergences::kl);
    }

    /**
     * KL(Q‖P).
     *
     * @return the divergence
     */
    public static Divergence reverseKl() {
        return new Softmax("reverse-kl", (p, q) -> kl(q, p));
    }

    /**
     * KL(P‖Q) + KL(Q‖P).
     *
     * @return the divergence
     */
    public static Divergence symmetricKl() {
        return new Softmax("symmetric-kl", (p, q) -> kl(p, q).add(kl(q, p)));
    }

    /**
     * ½KL(P‖M) + ½KL(Q‖M) with M = ½(P+Q).
     *
     * @return the divergence
     */
    public static Divergence jensenShannon() {
        return new Softmax("jensen-shannon", Divergences::jensenShannonOf);
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
        return new Softmax("renyi-" + alpha, (p, q) -> renyiOf(p, q, alpha));
    }

    /**
     * KL between Bernoulli distributions, for single-logit (sigmoid) outputs: every logit is a
     * distribution of its own, and the class axis has size 1.
     *
     * @return the divergence
     */
    public static Divergence bernoulliKl() {
        return new Bernoulli();
    }

    /**
     * ‖logits_P − logits_Q‖₂ per distribution; its gradient at equal inputs is 0.
     *
     * @return the divergence
     */
    public static Divergence l2() {
        return new L2();
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
        NDArray common = delta.abs().neg().exp().add(1f).mul(0.5f).log();
        NDArray mixtureOverP = delta.maximum(0f).add(common);
        NDArray mixtureOverQ = delta.neg().maximum(0f).add(common);
        return logP.exp()
                .mul(mixtureOverP)
                .add(logQ.exp().mul(mixtureOverQ))
                .sum(new int[] {-1})
                .mul(-0.5f);
    }

    /** Both log-sum-exps are rounded alike, so that equal inputs give exactly 0. */
    private static NDArray renyiOf(NDArray logP, NDArray logQ, float alpha) {
        NDArray tilted = logP.sub(logQ).mul(alpha).add(logQ);
        NDArray massP = logSumExp(logP);
        NDArray massQ = logSumExp(logQ);
        NDArray mass = massP.sub(massQ).mul(alpha).add(massQ);
        return logSumExp(tilted).sub(mass).div(alpha - 1f);
    }

    private static NDArray logSumExp(NDArray array) {
        NDArray maximum = array.max(new int[] {-1}, true);
        NDArray sum = array.sub(maximum).exp().sum(new int[] {-1});
        return sum.log().add(maximum.squeeze(-1));
    }

    /** A divergence that is a mean of one value per distribution. */
    private abstract static class PerDistribution implements Divergence {

        /** Values of shape (…), from logits of shape (…, classes). */
        abstract NDArray values(NDArray target, NDArray estimate);

        @Override
        public NDArray between(NDArray target, NDArray estimate) {
            Logits.checkPair(target, estimate);
            return values(target, estimate).maximum(0f).mean();
        }

        @Override
        public NDArray between(NDArray target, NDArray estimate, NDArray valid) {
            Logits.checkPair(target, estimate);
            Logits.checkValid(estimate, valid);
            NDArray values = values(target, estimate).maximum(0f);
            NDArray keep = valid.toType(DataType.BOOLEAN, false);
            NDArray kept = NDArrays.where(keep, values, values.zerosLike());
            NDArray count = keep.toType(values.getDataType(), false).sum();
            return kept.sum().div(count.maximum(1f));
        }
    }

    @FunctionalInterface
    private interface LogProbabilities {
        NDArray values(NDArray logP, NDArray logQ);
    }

    private static final class Softmax extends PerDistribution {

        private final String name;
        private final LogProbabilities formula;

        Softmax(String name, LogProbabilities formula) {
            this.name = name;
            this.formula = formula;
        }

        @Override
        NDArray values(NDArray target, NDArray estimate) {
            if (Logits.classes(estimate) == 1) {
                throw Arguments.rejected(
                        name + " logits",
                        "of at least 2 classes (single-logit outputs need bernoulli-kl)",
                        estimate.getShape());
            }
            return formula.values(Logits.logSoftmax(target), Logits.logSoftmax(estimate));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static final class Bernoulli extends PerDistribution {

        @Override
        NDArray values(NDArray target, NDArray estimate) {
            if (Logits.classes(estimate) != 1) {
                throw Arguments.rejected(
                        "bernoulli-kl logits", "of class axis 1", estimate.getShape());
            }
            NDArray zeros = Logits.widen(target).zerosLike();
            NDArray p = NDArrays.concat(new NDList(Logits.widen(target), zeros), -1);
            NDArray q = NDArrays.concat(new NDList(Logits.widen(estimate), zeros), -1);
            return kl(p.logSoftmax(-1), q.logSoftmax(-1));
        }

        @Override
        public String toString() {
            return "bernoulli-kl";
        }
    }

    private static final class L2 extends PerDistribution {

        @Override
        NDArray values(NDArray target, NDArray estimate) {
            NDArray squared =
                    Logits.widen(target).sub(Logits.widen(estimate)).square().sum(new int[] {-1});
            NDArray different = squared.gt(0f);
            NDArray safe = NDArrays.where(different, squared, squared.onesLike());
            return safe.sqrt().mul(different.toType(squared.getDataType(), false));
        }

        @Override
        public String toString() {
            return "l2";
        }
    }

    private static final class MaximumMeanDiscrepancy implements Divergence {

        private static final float[] SCALES = {.1f, .2f, .5f, 1f, 2f, 5f, 10f};

        private final int maxRows;

        MaximumMeanDiscrepancy(int maxRows) {
            this.maxRows = maxRows;
        }

        @Override
        public NDArray between(NDArray target, NDArray estimate) {
            Logits.checkPair(target, estimate);
            NDArray p = rows(target);
            NDArray q = rows(estimate);
            return kernel(p, p)
                    .add(kernel(q, q))
                    .sub(kernel(p, q).mul(2f))
                    .mean()
                    .maximum(0f)
                    .toType(DataType.FLOAT32, false);
        }

        private NDArray rows(NDArray logits) {
            NDArray rows = Logits.widen(logits).reshape(-1, Logits.classes(logits));
            long count = rows.getShape().get(0);
            if (count > maxRows) {
                long[] sample = new long[maxRows];
                Arrays.setAll(sample, i -> i * count / maxRows);
                rows = rows.get(rows.getManager().create(sample));
            }
            return rows;
        }

        private static NDArray kernel(NDArray a, NDArray b) {
            NDArray distance = a.expandDims(1).sub(b.expandDims(0)).square().sum(new int[] {-1});
            NDArray sum = null;
            for (float scale : SCALES) {
                NDArray term = distance.add(scale * scale).pow(-0.5f);
                sum = sum == null ? term : sum.add(term);
            }
            return sum;
        }

        @Override
        public String toString() {
            return "mmd";
        }
    }
}
