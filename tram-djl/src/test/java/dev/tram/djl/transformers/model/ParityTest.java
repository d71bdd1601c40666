package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import dev.tram.core.Divergences;
import dev.tram.djl.InputNoise;
import dev.tram.djl.pytorch.Kernels;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The blocks against an independent float64 implementation of the three architectures, with plain
 * array operations and with fused kernels.
 */
@ParameterizedClass
@EnumSource
class ParityTest {

    private static final double LOGITS = 1e-5;

    private final SelectedKernels kernels;

    ParityTest(Kernels kernels) {
        this.kernels = new SelectedKernels(kernels);
    }

    @AfterEach
    void restoreKernels() {
        kernels.close();
    }

    static List<String> models() {
        return ReferenceModel.NAMES;
    }

    @ParameterizedTest
    @MethodSource("models")
    void logits(String name) throws IOException {
        ReferenceModel reference = ReferenceModel.of(name);
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel block = Checkpoint.open(reference.directory()).load(manager);
            NDArray logits = logits(block, manager, reference.inputs(manager));
            assertThat(difference(logits, reference.array(manager, "logits"))).isLessThan(LOGITS);
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void lossAndGradientNorms(String name) throws IOException {
        ReferenceModel reference = ReferenceModel.of(name);
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel block = Checkpoint.open(reference.directory()).load(manager);
            NDList inputs = reference.inputs(manager);
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                NDArray loss = loss(reference, inputs, logits(block, manager, inputs));
                collector.backward(loss);
                assertThat(loss.getFloat())
                        .isCloseTo((float) reference.number("loss"), within(1e-5f));
            }
            SoftAssertions softly = new SoftAssertions();
            Map<String, Double> expected = reference.gradientNorms();
            softly.assertThat(TensorNames.of(block)).hasSameSizeAs(expected);
            TensorNames.of(block)
                    .forEach(
                            (tensor, parameter) -> {
                                double norm = expected.get(tensor);
                                float actual = parameter.getArray().getGradient().norm().getFloat();
                                softly.assertThat((double) actual)
                                        .as(tensor)
                                        .isCloseTo(norm, within(Math.max(1e-6, 1e-4 * norm)));
                            });
            softly.assertAll();
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void noisyInput(String name) throws IOException {
        ReferenceModel reference = ReferenceModel.of(name);
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel block = Checkpoint.open(reference.directory()).load(manager);
            NDList inputs = reference.inputs(manager);
            NDArray plain = logits(block, manager, inputs);
            NDArray noise = reference.array(manager, "noise");
            NDArray noisy;
            try (InputNoise.Scope scope = block.inputNoise().with((owner, shape) -> noise)) {
                noisy = logits(block, manager, inputs);
                assertThat(scope).isNotNull();
            }
            assertThat(difference(noisy, reference.array(manager, "noisy_logits")))
                    .isLessThan(LOGITS);
            float distance = Divergences.forwardKl().between(noisy, plain).getFloat();
            assertThat((double) distance)
                    .isCloseTo(reference.number("noisy_distance"), within(1e-6));
        }
    }

    private static NDArray logits(TransformerModel block, NDManager manager, NDList inputs) {
        return block.forward(new ParameterStore(manager, false), inputs, false).head();
    }

    private static NDArray loss(ReferenceModel reference, NDList inputs, NDArray logits) {
        Loss loss = Loss.softmaxCrossEntropyLoss();
        if (!reference.isLanguageModel()) {
            NDArray labels = reference.labels(inputs.getManager());
            return loss.evaluate(new NDList(labels), new NDList(logits));
        }
        NDArray next = inputs.head().get(new NDIndex(":, 1:")).reshape(-1);
        NDArray predicted =
                logits.get(new NDIndex(":, :-1")).reshape(next.size(), logits.getShape().get(2));
        return loss.evaluate(new NDList(next), new NDList(predicted));
    }

    private static double difference(NDArray actual, NDArray expected) {
        return actual.sub(expected).abs().max().getFloat();
    }
}
