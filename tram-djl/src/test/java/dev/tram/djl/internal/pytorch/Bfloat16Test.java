package dev.tram.djl.internal.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.core.Linear;
import ai.djl.training.GradientCollector;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Bfloat16Test {

    /** Half the distance of neighbours among the 8-bit fractions, and some for sums of them. */
    private static final double ROUNDING = Math.pow(2, -8);

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager("PyTorch");
        manager.getEngine().setRandomSeed(7);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private NDArray random(long... shape) {
        NDArray array = manager.randomNormal(new Shape(shape));
        array.setRequiresGradient(true);
        return array;
    }

    /** The values that an array has in bfloat16: the nearest ones, ties to even. */
    private NDArray rounded(NDArray array) {
        float[] values = array.toFloatArray();
        for (int i = 0; i < values.length; i++) {
            int bits = Float.floatToIntBits(values[i]);
            int nearest = bits + 0x7FFF + (bits >>> 16 & 1);
            values[i] = Float.intBitsToFloat(nearest & 0xFFFF0000);
        }
        return manager.create(values, array.getShape());
    }

    private static double relativeError(NDArray actual, NDArray expected) {
        assertThat(actual.getShape()).isEqualTo(expected.getShape());
        assertThat(actual.getDataType()).isEqualTo(DataType.FLOAT32);
        return actual.sub(expected).norm().getFloat() / expected.norm().getFloat();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void mapsWhatIsLeftOfItsInputs(boolean biased) {
        NDArray input = random(2, 5, 48);
        NDArray weight = random(32, 48);
        NDArray bias = biased ? random(32) : null;
        NDArray exact =
                Linear.linear(rounded(input), rounded(weight), biased ? rounded(bias) : null)
                        .singletonOrThrow();
        NDArray actual = Bfloat16.linear(input, weight, bias);
        assertThat(actual.toFloatArray()).isEqualTo(rounded(actual).toFloatArray());
        assertThat(relativeError(actual, exact)).isLessThan(ROUNDING);
        NDArray single = Linear.linear(input, weight, bias).singletonOrThrow();
        assertThat(relativeError(actual, single)).isBetween(1e-4, 3 * ROUNDING);
    }

    private NDList gradients(NDList inputs, Function<NDList, NDArray> function) {
        try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
            collector.backward(function.apply(inputs));
        }
        NDList gradients = new NDList();
        for (NDArray input : inputs) {
            NDArray gradient = input.getGradient();
            gradients.add(gradient.duplicate());
            gradient.subi(gradient.duplicate());
        }
        return gradients;
    }

    /** The first calls are interpreted, later ones run optimised by libtorch's profiler. */
    @Test
    void gradientsReachInputWeightAndBias() {
        NDList inputs = new NDList(random(2, 5, 48), random(32, 48), random(32));
        NDArray direction = manager.randomNormal(new Shape(2, 5, 32));
        NDList expected =
                gradients(
                        inputs,
                        in ->
                                Linear.linear(in.get(0), in.get(1), in.get(2))
                                        .singletonOrThrow()
                                        .mul(direction)
                                        .sum());
        for (int call = 0; call < 5; call++) {
            NDList actual =
                    gradients(
                            inputs,
                            in ->
                                    Bfloat16.linear(in.get(0), in.get(1), in.get(2))
                                            .mul(direction)
                                            .sum());
            for (int i = 0; i < 3; i++) {
                assertThat(relativeError(actual.get(i), expected.get(i)))
                        .isBetween(1e-5, 3 * ROUNDING);
            }
        }
    }

    private NDArray addend() {
        NDArray position = manager.arange(7);
        return position.reshape(-1, 1).lt(position).toType(DataType.FLOAT32, true).mul(-1e9);
    }

    @Test
    void attendsAsInSinglePrecision() {
        NDList inputs = new NDList(random(2, 3, 7, 8), random(2, 3, 7, 8), random(2, 3, 7, 8));
        NDArray direction = manager.randomNormal(new Shape(2, 3, 7, 8));
        for (String mask : List.of("none", "causal", "addend")) {
            NDArray addend = mask.equals("addend") ? addend() : null;
            boolean causal = mask.equals("causal");
            NDList expected =
                    gradients(inputs, in -> single(in, addend, causal).mul(direction).sum());
            NDList actual = gradients(inputs, in -> half(in, addend, causal).mul(direction).sum());
            for (int i = 0; i < 3; i++) {
                assertThat(relativeError(actual.get(i), expected.get(i)))
                        .as(mask)
                        .isBetween(1e-5, 5 * ROUNDING);
            }
            assertThat(relativeError(half(inputs, addend, causal), single(inputs, addend, causal)))
                    .isBetween(1e-5, 3 * ROUNDING);
        }
        assertThat(half(inputs, addend(), false).get("0, 0, 0").toFloatArray())
                .isEqualTo(rounded(inputs.get(2)).get("0, 0, 0").toFloatArray());
    }

    private static NDArray single(NDList inputs, NDArray mask, boolean causal) {
        return FusedAttention.apply(
                inputs.get(0), inputs.get(1), inputs.get(2), mask, causal, 0f, true);
    }

    private static NDArray half(NDList inputs, NDArray mask, boolean causal) {
        return Bfloat16.attention(
                inputs.get(0), inputs.get(1), inputs.get(2), mask, causal, 0f, true);
    }

    @Test
    void dropoutIsOnInTrainingOnly() {
        NDArray query = random(2, 3, 7, 8);
        NDArray ones = manager.ones(new Shape(2, 3, 7, 8));
        NDArray kept = Bfloat16.attention(query, query, ones, null, false, 0.5f, false);
        assertThat(relativeError(kept, ones)).isLessThan(ROUNDING);
        NDArray dropped = Bfloat16.attention(query, query, ones, null, false, 0.5f, true);
        assertThat(relativeError(dropped, ones)).isGreaterThan(0.1);
        assertThatThrownBy(() -> Bfloat16.attention(query, query, ones, null, false, 1f, false))
                .hasMessage("dropout must be at least 0 and less than 1, received: 1.0");
    }

    /** Parameters have names, and the kernels' calls take views of what has one. */
    @Test
    void leavesNoHandlesWithTheWeights() {
        try (NDManager weights = manager.newSubManager()) {
            NDArray weight = weights.ones(new Shape(4, 3));
            weight.setName("weight");
            NDArray bias = weights.ones(new Shape(4));
            bias.setName("bias");
            NDArray input = manager.ones(new Shape(2, 3));
            NDArray output = Bfloat16.linear(input, weight, bias);
            assertThat(output.toFloatArray()).containsOnly(4f);
            assertThat(weights.getManagedArrays()).containsExactlyInAnyOrder(weight, bias);
            assertThat(output.getManager()).isSameAs(manager);
        }
    }
}
