package dev.tram.examples.pretraining;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import org.junit.jupiter.api.Test;

class MaskedTokensTest {

    /** The gradient of −log p(k) is p − e_k, over the number of masked positions. */
    @Test
    void onlyMaskedPositionsCount() {
        float[] values = {1, 0, 0, 5, 5, 5, 0, 2, 0, 7, 7, 7};
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray logits = manager.create(values, new Shape(2, 2, 3));
            logits.setRequiresGradient(true);
            NDArray labels = manager.create(new long[] {0, -1, 2, -1}, new Shape(2, 2));
            NDArray loss;
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                loss = new MaskedTokens().evaluate(new NDList(labels), new NDList(logits));
                collector.backward(loss);
            }
            double first = Math.E / (Math.E + 2);
            double other = Math.exp(2) + 2;
            double expected = (-Math.log(first) + Math.log(other)) / 2;
            assertThat(loss.getFloat()).isCloseTo((float) expected, within(1e-6f));
            float[] gradient = logits.getGradient().toFloatArray();
            assertThat(gradient[0]).isCloseTo((float) (first - 1) / 2, within(1e-6f));
            assertThat(gradient[8]).isCloseTo((float) (1 / other - 1) / 2, within(1e-6f));
            for (int i : new int[] {3, 4, 5, 9, 10, 11}) {
                assertThat(gradient[i]).isZero();
            }
        }
    }

    @Test
    void withoutAMaskedPositionItIsZero() {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray logits = manager.ones(new Shape(1, 2, 3));
            NDArray labels = manager.create(new long[] {-1, -1}, new Shape(1, 2));
            NDArray loss = new MaskedTokens().evaluate(new NDList(labels), new NDList(logits));
            assertThat(loss.getFloat()).isZero();
        }
    }
}
