package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the models have in common: sizes, initial values, dropout, features, DJL's own files. */
class ModelTest {

    private final NDManager manager = NDManager.newBaseManager();

    @AfterEach
    void close() {
        manager.close();
    }

    static List<ModelConfig> configs() {
        return List.of(
                VitConfig.of(16, 4, 24, 2, 3, List.of("a", "b")),
                Gpt2Config.of(40, 8, 24, 2, 3),
                EncoderConfig.of("xlm-roberta", 40, 8, 24, 2, 3, List.of("a", "b")),
                EncoderConfig.of("bert", 40, 8, 24, 2, 3, List.of("a", "b")));
    }

    private NDList inputs(TransformerModel block) {
        Shape shape = block.inputShape();
        return shape.dimension() == 4
                ? new NDList(manager.randomUniform(-1, 1, new Shape(2, 3, 16, 16)))
                : new NDList(manager.arange(16).reshape(2, 8).toType(DataType.INT64, false));
    }

    private NDArray forward(TransformerModel block, NDList inputs, boolean training) {
        return block.forward(new ParameterStore(manager, false), inputs, training).head();
    }

    private static long parameters(ModelConfig config) {
        return TensorNames.of(config.newBlock()).values().stream()
                .mapToLong(parameter -> parameter.getShape().size())
                .sum();
    }

    /** The numbers that transformers counts. */
    @Test
    void hasTheSizeOfThePublishedModels() {
        assertThat(parameters(Gpt2Config.BASE)).isEqualTo(124_439_808);
        assertThat(parameters(Gpt2Config.of(50257, 1024, 1600, 48, 25))).isEqualTo(1_557_611_200);
        assertThat(parameters(VitConfig.BASE)).isEqualTo(85_800_194);
        assertThat(parameters(EncoderConfig.BERT_BASE)).isEqualTo(109_483_778);
        assertThat(parameters(EncoderConfig.ROBERTA_BASE)).isEqualTo(124_647_170);
        List<String> labels = List.of("entailment", "neutral", "contradiction");
        assertThat(parameters(EncoderConfig.of("xlm-roberta", 250_002, 512, 768, 12, 12, labels)))
                .isEqualTo(278_045_955);
    }

    @Test
    void drawsInitialValuesAsTheFieldDoes() {
        TransformerModel vit = VitConfig.of(32, 8, 96, 4, 3, List.of("a", "b")).newBlock();
        vit.initialize(manager);
        assertInitial(vit, "vit.encoder.layer.3.intermediate.dense.weight", 0.02 * 0.88);
        assertInitial(vit, "vit.embeddings.position_embeddings", 0.02 * 0.88);
        TensorNames.of(vit)
                .forEach(
                        (name, parameter) -> {
                            float largest = parameter.getArray().abs().max().getFloat();
                            if (parameter.getType() == Parameter.Type.WEIGHT) {
                                assertThat(largest).as(name).isBetween(0.01f, 0.04f);
                            } else {
                                boolean scale = parameter.getType() == Parameter.Type.GAMMA;
                                assertThat(largest).as(name).isEqualTo(scale ? 1f : 0f);
                            }
                        });
        TransformerModel gpt2 = Gpt2Config.of(500, 64, 96, 8, 4).newBlock();
        gpt2.initialize(manager);
        assertInitial(gpt2, "transformer.wte.weight", 0.02);
        assertInitial(gpt2, "transformer.h.7.attn.c_attn.weight", 0.02);
        assertInitial(gpt2, "transformer.h.7.attn.c_proj.weight", 0.02 / 4);
        assertInitial(gpt2, "transformer.h.7.mlp.c_proj.weight", 0.02 / 4);
    }

    private static void assertInitial(TransformerModel block, String name, double deviation) {
        NDArray array = TensorNames.of(block).get(name).getArray();
        double actual = Math.sqrt(array.square().mean().getFloat());
        assertThat(actual).as(name).isCloseTo(deviation, within(0.05 * deviation));
    }

    @Test
    void drawsTheSameValuesForTheSameSeed() {
        for (ModelConfig config : configs()) {
            Engine.getInstance().setRandomSeed(7);
            TransformerModel one = config.newBlock();
            one.initialize(manager);
            Engine.getInstance().setRandomSeed(7);
            TransformerModel other = config.newBlock();
            other.initialize(manager);
            Map<String, Parameter> expected = TensorNames.of(one);
            TensorNames.of(other)
                    .forEach(
                            (name, parameter) ->
                                    assertThat(
                                                    parameter
                                                            .getArray()
                                                            .contentEquals(
                                                                    expected.get(name).getArray()))
                                            .as(name)
                                            .isTrue());
        }
    }

    @ParameterizedTest
    @MethodSource("configs")
    void dropsOutInTrainingOnly(ModelConfig config) {
        ModelConfig dropping = config instanceof VitConfig vit ? vit.withDropout(0.1f) : config;
        TransformerModel block = dropping.newBlock();
        block.initialize(manager);
        NDList inputs = inputs(block);
        NDArray evaluated = forward(block, inputs, false);
        assertThat(forward(block, inputs, false).contentEquals(evaluated)).isTrue();
        Engine.getInstance().setRandomSeed(3);
        NDArray trained = forward(block, inputs, true);
        assertThat(trained.contentEquals(evaluated)).isFalse();
        assertThat(forward(block, inputs, true).contentEquals(trained)).isFalse();
        Engine.getInstance().setRandomSeed(3);
        assertThat(forward(block, inputs, true).contentEquals(trained)).isTrue();
    }

    @ParameterizedTest
    @MethodSource("configs")
    void saysItsOutputShape(ModelConfig config) {
        TransformerModel block = config.newBlock();
        block.initialize(manager);
        NDList inputs = inputs(block);
        assertThat(block.getOutputShapes(inputs.getShapes()))
                .containsExactly(forward(block, inputs, false).getShape());
    }

    @ParameterizedTest
    @MethodSource("configs")
    void putsItsHeadOnItsFeatures(ModelConfig config) {
        TransformerModel block = config.newBlock();
        block.initialize(manager);
        NDList inputs = inputs(block);
        ParameterStore store = new ParameterStore(manager, false);
        NDArray features = block.features(store, inputs, false);
        assertThat(features.getShape().get(features.getShape().dimension() - 1)).isEqualTo(24);
        NDArray logits = block.head(store, features, false);
        assertThat(logits.contentEquals(forward(block, inputs, false))).isTrue();
    }

    @ParameterizedTest
    @MethodSource("configs")
    void leavesNothingButTheLogitsOpen(ModelConfig config) {
        TransformerModel block = config.newBlock();
        block.initialize(manager);
        NDList inputs = inputs(block);
        List<NDArray> before = manager.getManagedArrays();
        try (NDManager batch = manager.newSubManager()) {
            NDList own = new NDList(inputs.head().duplicate());
            own.attach(batch);
            NDList logits = block.forward(new ParameterStore(manager, false), own, true);
            assertThat(batch.getManagedArrays())
                    .usingElementComparator(Comparator.comparingInt(System::identityHashCode))
                    .containsExactlyInAnyOrder(own.head(), logits.head());
        }
        assertThat(manager.getManagedArrays()).hasSameSizeAs(before);
    }

    @ParameterizedTest
    @MethodSource("configs")
    void goesThroughDjlsParameterFiles(ModelConfig config) throws Exception {
        TransformerModel block = config.newBlock();
        block.initialize(manager);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        block.saveParameters(new DataOutputStream(bytes));
        TransformerModel read = config.newBlock();
        read.loadParameters(
                manager, new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
        NDList inputs = inputs(block);
        assertThat(forward(read, inputs, false).contentEquals(forward(block, inputs, false)))
                .isTrue();
    }
}
