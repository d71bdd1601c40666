package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.tram.djl.pytorch.Kernels;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A model with fused attention is the model with attention by plain array operations. */
class FusedModelTest {

    private final NDManager manager = NDManager.newBaseManager();

    @AfterEach
    void close() {
        System.clearProperty(Kernels.PROPERTY);
        manager.close();
    }

    static Stream<Arguments> modelsAndPadding() {
        return Stream.of(
                Arguments.of(VitConfig.of(16, 4, 24, 2, 3, List.of("a", "b")), false),
                Arguments.of(Gpt2Config.of(40, 8, 24, 2, 3).withDropout(0f), false),
                Arguments.of(Gpt2Config.of(40, 8, 24, 2, 3).withDropout(0f), true),
                Arguments.of(encoder().withDropout(0f), false),
                Arguments.of(encoder().withDropout(0f), true));
    }

    private static EncoderConfig encoder() {
        return EncoderConfig.of("bert", 40, 8, 24, 2, 3, List.of("a", "b"));
    }

    private NDList inputs(TransformerModel block, boolean padded) {
        if (block.inputShape().dimension() == 4) {
            return new NDList(manager.randomUniform(-1, 1, new Shape(2, 3, 16, 16)));
        }
        NDList inputs = new NDList(manager.create(ids(), new Shape(2, 8)));
        if (padded) {
            long[] mask = {1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};
            inputs.add(manager.create(mask, new Shape(2, 8)));
        }
        return inputs;
    }

    private static long[] ids() {
        return new long[] {3, 1, 4, 1, 5, 0, 0, 0, 9, 2, 6, 5, 3, 5, 8, 9};
    }

    /** The logits and the gradients of all parameters. */
    private List<float[]> evaluate(TransformerModel block, NDList inputs, String kernels) {
        System.setProperty(Kernels.PROPERTY, kernels);
        List<float[]> values = new ArrayList<>();
        ParameterStore store = new ParameterStore(manager, false);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray logits = block.forward(store, inputs, true).head();
            values.add(logits.toFloatArray());
            collector.zeroGradients();
            collector.backward(logits.square().mean());
        }
        block.getParameters()
                .forEach(
                        pair ->
                                values.add(
                                        pair.getValue().getArray().getGradient().toFloatArray()));
        return values;
    }

    @ParameterizedTest
    @MethodSource("modelsAndPadding")
    void logitsAndGradientsAgree(ModelConfig config, boolean padded) {
        TransformerModel block = config.newBlock();
        block.initialize(manager);
        NDList inputs = inputs(block, padded);
        List<float[]> fused = evaluate(block, inputs, "fused");
        List<float[]> plain = evaluate(block, inputs, "portable");
        double largest = 0;
        for (int i = 0; i < plain.size(); i++) {
            for (int j = 0; j < plain.get(i).length; j++) {
                largest = Math.max(largest, Math.abs(plain.get(i)[j] - fused.get(i)[j]));
            }
        }
        assertThat(largest).isLessThan(1e-6);
    }
}
