package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.tram.djl.TramStep;
import dev.tram.djl.pytorch.Kernels;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PrecisionTest {

    private final NDManager manager = NDManager.newBaseManager();

    @AfterEach
    void close() {
        manager.close();
    }

    static List<String> models() {
        return ReferenceModel.NAMES;
    }

    private TransformerModel bfloat16(ReferenceModel reference) throws IOException {
        TransformerModel block = Checkpoint.open(reference.directory()).load(manager);
        block.setPrecision(Precision.BFLOAT16);
        return block;
    }

    private NDArray logits(TransformerModel block, NDList inputs) {
        return block.forward(new ParameterStore(manager, false), inputs, false).head();
    }

    private static double relativeError(NDArray actual, NDArray expected) {
        return actual.sub(expected).norm().getFloat() / expected.norm().getFloat();
    }

    @ParameterizedTest
    @MethodSource("models")
    void logitsDifferByTheRoundingOfTheirInputs(String name) throws IOException {
        ReferenceModel reference = ReferenceModel.of(name);
        NDArray logits = logits(bfloat16(reference), reference.inputs(manager));
        assertThat(logits.getDataType()).isEqualTo(DataType.FLOAT32);
        assertThat(relativeError(logits, reference.array(manager, "logits"))).isBetween(1e-4, 0.03);
    }

    @ParameterizedTest
    @MethodSource("models")
    void parametersAndGradientsStayInSinglePrecision(String name) throws IOException {
        ReferenceModel reference = ReferenceModel.of(name);
        NDList inputs = reference.inputs(manager);
        TransformerModel block = bfloat16(reference);
        NDArray weights = manager.randomNormal(reference.array(manager, "logits").getShape());
        NDList actual = gradients(block, inputs, weights);
        block.setPrecision(Precision.FLOAT32);
        NDList expected = gradients(block, inputs, weights);
        double difference = 0;
        double size = 0;
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i).getDataType()).isEqualTo(DataType.FLOAT32);
            difference += Math.pow(actual.get(i).sub(expected.get(i)).norm().getFloat(), 2);
            size += Math.pow(expected.get(i).norm().getFloat(), 2);
        }
        assertThat(Math.sqrt(difference / size)).isBetween(1e-4, 0.03);
    }

    /** One gradient per parameter, each of which is 0 before. */
    private NDList gradients(TransformerModel block, NDList inputs, NDArray weights) {
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            collector.backward(logits(block, inputs).mul(weights).sum());
        }
        NDList gradients = new NDList();
        TensorNames.of(block)
                .values()
                .forEach(
                        parameter -> {
                            NDArray gradient = parameter.getArray().getGradient();
                            gradients.add(gradient.duplicate());
                            gradient.subi(gradient.duplicate());
                        });
        return gradients;
    }

    /**
     * PyTorch packs bfloat16 for attention if oneDNN knows AMX, which its own kernels then refuse.
     */
    static boolean kernelsOfTwoProcessors() {
        return System.getenv("ATEN_CPU_CAPABILITY") != null
                && System.getenv("ONEDNN_MAX_CPU_ISA") == null;
    }

    @Test
    @DisabledIf("kernelsOfTwoProcessors")
    void twoHundredStepsFollowThoseInSinglePrecision() {
        List<TramStep> single = CharacterTraining.run("adam", Precision.FLOAT32, 200);
        List<TramStep> half = CharacterTraining.run("adam", Precision.BFLOAT16, 200);
        assertThat(single.get(0).loss()).isGreaterThan(4.5);
        assertThat(single.get(199).loss()).isLessThan(2.5);
        boolean equal = true;
        for (int i = 0; i < single.size(); i++) {
            double expected = single.get(i).loss();
            assertThat(half.get(i).loss())
                    .as("step " + i)
                    .isCloseTo(expected, within(0.02 * expected));
            equal &= half.get(i).loss() == expected;
        }
        assertThat(equal).isFalse();
    }

    @Test
    void needsFusedKernels() throws IOException {
        ReferenceModel reference = ReferenceModel.of("gpt2-tiny");
        TransformerModel block = bfloat16(reference);
        try (SelectedKernels kernels = new SelectedKernels(Kernels.PORTABLE)) {
            assertThat(kernels).isNotNull();
            assertThatIllegalStateException()
                    .isThrownBy(() -> logits(block, reference.inputs(manager)))
                    .withMessageContaining("bf16 needs the fused kernels of the PyTorch engine");
        }
    }

    @Test
    void hasShortNames() {
        for (Precision precision : Precision.values()) {
            assertThat(Precision.named(precision.toString())).isEqualTo(precision);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Precision.named("fp16"))
                .withMessage("the precision must be fp32 or bf16, received: fp16");
    }
}
