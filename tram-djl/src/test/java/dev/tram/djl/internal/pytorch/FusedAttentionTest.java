package dev.tram.djl.internal.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FusedAttentionTest {

    private static final float TOLERANCE = 1e-5f;
    private static final int LENGTH = 13;
    private static final int WIDTH = 8;

    private NDManager manager;
    private NDList inputs;

    private enum Mask {
        NONE,
        CAUSAL,
        CAUSAL_ADDEND,
        PADDING,
        BOOLEAN
    }

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager("PyTorch");
        manager.getEngine().setRandomSeed(5);
        inputs = new NDList();
        for (int i = 0; i < 3; i++) {
            NDArray input = manager.randomNormal(new Shape(2, 3, LENGTH, WIDTH));
            input.setRequiresGradient(true);
            inputs.add(input);
        }
    }

    @AfterEach
    void close() {
        manager.close();
    }

    /** What is added to the scores of the reference. */
    private NDArray addend(Mask mask) {
        NDArray position = manager.arange(LENGTH);
        return switch (mask) {
            case NONE -> manager.zeros(new Shape(LENGTH, LENGTH));
            case CAUSAL, CAUSAL_ADDEND ->
                    position.reshape(-1, 1).lt(position).toType(DataType.FLOAT32, true).mul(-1e9);
            case PADDING, BOOLEAN ->
                    NDArrays.stack(
                                    new NDList(
                                            position.gte(LENGTH - 4).toType(DataType.FLOAT32, true),
                                            position.gte(LENGTH).toType(DataType.FLOAT32, true)))
                            .reshape(2, 1, 1, LENGTH)
                            .mul(-1e9);
        };
    }

    private NDArray fused(Mask mask, float dropout, boolean training) {
        NDArray given =
                switch (mask) {
                    case NONE, CAUSAL -> null;
                    case CAUSAL_ADDEND, PADDING -> addend(mask);
                    case BOOLEAN -> addend(mask).eq(0f);
                };
        return FusedAttention.apply(
                inputs.get(0),
                inputs.get(1),
                inputs.get(2),
                given,
                mask == Mask.CAUSAL,
                dropout,
                training);
    }

    private NDArray reference(Mask mask) {
        NDArray scores =
                inputs.get(0).mul(1 / Math.sqrt(WIDTH)).matMul(inputs.get(1).swapAxes(2, 3));
        return scores.add(addend(mask)).softmax(-1).matMul(inputs.get(2));
    }

    /** The first calls are interpreted, later ones run optimised by libtorch's profiler. */
    @ParameterizedTest
    @EnumSource(Mask.class)
    void gradientsAreThoseOfPlainOperations(Mask mask) {
        NDArray weights = manager.randomNormal(inputs.head().getShape());
        NDList expected = gradients(() -> reference(mask).mul(weights).sum());
        for (int call = 0; call < 5; call++) {
            NDList actual = gradients(() -> fused(mask, 0f, true).mul(weights).sum());
            for (int i = 0; i < 3; i++) {
                assertClose(actual.get(i), expected.get(i));
                assertThat(actual.get(i).abs().max().getFloat()).isPositive();
            }
            assertClose(fused(mask, 0f, true), reference(mask));
        }
    }

    private NDList gradients(Supplier<NDArray> loss) {
        NDList gradients = new NDList();
        try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
            collector.backward(loss.get());
        }
        for (NDArray input : inputs) {
            NDArray gradient = input.getGradient();
            gradients.add(gradient.duplicate());
            gradient.subi(gradient.duplicate());
        }
        return gradients;
    }

    /** Adversarial training and sharpness need gradients in evaluation mode too. */
    @Test
    void evaluationHasNoDropoutButGradients() {
        NDList expected = gradients(() -> reference(Mask.CAUSAL).sum());
        NDList actual = gradients(() -> fused(Mask.CAUSAL, 0.5f, false).sum());
        for (int i = 0; i < 3; i++) {
            assertClose(actual.get(i), expected.get(i));
        }
        boolean recorded = JniUtils.isGradMode();
        JniUtils.setGradMode(false);
        assertClose(fused(Mask.CAUSAL, 0.5f, false), reference(Mask.CAUSAL));
        JniUtils.setGradMode(recorded);
    }

    @Test
    void dropoutRepeatsWithItsSeed() {
        JniUtils.setSeed(42);
        NDArray first = fused(Mask.NONE, 0.4f, true);
        NDArray second = fused(Mask.NONE, 0.4f, true);
        JniUtils.setSeed(42);
        NDArray again = fused(Mask.NONE, 0.4f, true);
        assertThat(again).isEqualTo(first);
        assertThat(second).isNotEqualTo(first);
        assertThat(fused(Mask.NONE, 0f, true)).isNotEqualTo(first);
    }

    /** Values of 1 give the sum of the kept weights over 1 − rate: 1 on average. */
    @Test
    void dropoutKeepsTheMean() {
        NDArray ones = manager.ones(new Shape(64, 4, 32, 4));
        NDArray dropped = FusedAttention.apply(ones, ones, ones, null, false, 0.25f, true);
        assertThat(dropped.mean().getFloat()).isCloseTo(1f, offset(0.02f));
        assertThat(dropped.sub(1).abs().max().getFloat()).isGreaterThan(0.05f);
    }

    @Test
    void keysMayBeMoreThanQueries() {
        NDArray query = manager.randomNormal(new Shape(2, 3, 4, WIDTH));
        NDArray attended =
                FusedAttention.apply(query, inputs.get(1), inputs.get(2), null, false, 0f, false);
        NDArray weights =
                query.mul(1 / Math.sqrt(WIDTH)).matMul(inputs.get(1).swapAxes(2, 3)).softmax(-1);
        assertClose(attended, weights.matMul(inputs.get(2)));
    }

    @Test
    void namesOfArraysAreOfNoImport() {
        inputs.get(0).setName("h.0.query");
        inputs.get(1).setName("key[]");
        inputs.get(2).setName("value()");
        assertClose(fused(Mask.CAUSAL, 0f, true), reference(Mask.CAUSAL));
    }

    @Test
    void runsInAnyThread() throws Exception {
        NDArray expected = reference(Mask.CAUSAL);
        NDArray actual = CompletableFuture.supplyAsync(() -> fused(Mask.CAUSAL, 0f, true)).get();
        assertClose(actual, expected);
    }

    @Test
    void theResultBelongsToTheQueriesManagerAlone() {
        NDManager owner = manager.newSubManager();
        NDArray query = inputs.get(0).duplicate();
        query.attach(owner);
        inputs.set(0, query);
        fused(Mask.CAUSAL, 0f, true).close();
        int before = owner.getManagedArrays().size();
        for (int i = 0; i < 2_000; i++) {
            fused(Mask.CAUSAL, 0f, true).close();
        }
        assertThat(owner.getManagedArrays()).hasSize(before);
        assertThat(fused(Mask.CAUSAL, 0f, true).getManager()).isSameAs(owner);
    }

    @Test
    void argumentsThatDoNotFitAreRefused() {
        NDArray query = inputs.get(0);
        NDArray other = manager.zeros(new Shape(2, 3, LENGTH, 4));
        NDArray flat = manager.zeros(new Shape(2, LENGTH, WIDTH));
        assertThatThrownBy(() -> FusedAttention.apply(flat, flat, flat, null, true, 0f, true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("query must be of shape (B, heads, T, d), received: (2, 13, 8)");
        assertThatThrownBy(() -> FusedAttention.apply(query, other, query, null, true, 0f, true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("key must be of shape (2, 3, 13, 8), received: (2, 3, 13, 4)");
        assertThatThrownBy(() -> FusedAttention.apply(query, query, query, null, true, 1f, true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("dropout must be at least 0 and less than 1, received: 1.0");
        NDArray mask = addend(Mask.PADDING);
        assertThatThrownBy(() -> FusedAttention.apply(query, query, query, mask, true, 0f, true))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("causal must be false where a mask is given, received: true");
    }

    private static void assertClose(NDArray actual, NDArray expected) {
        assertThat(actual.getShape()).isEqualTo(expected.getShape());
        float difference = actual.sub(expected).abs().max().getFloat();
        assertThat(difference).isLessThan(TOLERANCE);
    }
}
