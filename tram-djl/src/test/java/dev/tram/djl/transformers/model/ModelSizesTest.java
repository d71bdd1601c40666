package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.nn.Parameter;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Blocks of the published sizes have the published numbers of parameters. */
class ModelSizesTest {

    private static long parameters(ModelConfig config) {
        return TensorNames.of(config.newBlock()).values().stream()
                .map(Parameter::getShape)
                .mapToLong(shape -> shape.size())
                .sum();
    }

    @Test
    void gpt2() {
        assertThat(parameters(Gpt2Config.BASE)).isEqualTo(124_439_808);
        assertThat(parameters(Gpt2Config.of(50257, 1024, 1600, 48, 25))).isEqualTo(1_557_611_200);
    }

    @Test
    void visionTransformer() {
        assertThat(parameters(VitConfig.BASE)).isEqualTo(85_800_194);
        List<String> classes = Collections.nCopies(1000, "class");
        assertThat(parameters(VitConfig.BASE.withLabels(classes))).isEqualTo(86_567_656);
    }

    /** The published 278,043,648 of the encoder with its pooler, and a layer for three classes. */
    @Test
    void xlmRoberta() {
        EncoderConfig config =
                EncoderConfig.of("xlm-roberta", 250_002, 512, 768, 12, 12, List.of("a", "b", "c"));
        assertThat(parameters(config)).isEqualTo(278_043_648 + 3 * 769);
    }
}
