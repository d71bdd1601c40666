package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFileTest {

    private static ModelConfig parse(String json) {
        try {
            return ConfigFile.parse(
                    (ObjectNode) CheckpointDirectory.MAPPER.readTree(json.replace('\'', '"')));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    'model_type': 't5'                                   | model_type in config.json must be vit, deit, gpt2, bert, distilbert, roberta, camembert, xlm-roberta or electra, received: "t5"
                    'architectures': []                                  | model_type in config.json
                    'model_type': 'gpt2', 'tie_word_embeddings': false   | tie_word_embeddings in config.json must be true
                    'model_type': 'gpt2', 'scale_attn_by_inverse_layer_idx': true | scale_attn_by_inverse_layer_idx in config.json must be false
                    'model_type': 'gpt2', 'scale_attn_weights': false    | scale_attn_weights in config.json must be true
                    'model_type': 'gpt2', 'add_cross_attention': true    | add_cross_attention in config.json
                    'model_type': 'gpt2', 'activation_function': 'silu'  | the activation must be one of [gelu, gelu_new, tanh, relu], received: silu
                    'model_type': 'gpt2', 'n_embd': 0                    | n_embd must be an integer >= 1, received: 0
                    'model_type': 'gpt2', 'n_embd': 'wide'               | n_embd in config.json: Cannot deserialize value of type `int` from String "wide"
                    'model_type': 'gpt2', 'n_layer': 1.5                 | n_layer in config.json: Cannot coerce Floating-point value (1.5) to `int`
                    'model_type': 'gpt2', 'n_layer': 3000000000          | n_layer in config.json: Numeric value (3000000000) out of range of int
                    'model_type': 'gpt2', 'n_embd': 2000000000           | n_embd must be an integer from 1 to 1048576, received: 2000000000
                    'model_type': 'bert', 'hidden_size': 2000000000      | hidden_size must be an integer from 1 to 1048576, received: 2000000000
                    'model_type': 'vit', 'hidden_size': 2000000000       | hidden_size must be an integer from 1 to 1048576, received: 2000000000
                    'model_type': 'vit', 'image_size': 2000000000        | image_size must be at most 32768 patches, received: 2000000000
                    'model_type': 'gpt2', 'resid_pdrop': 2               | resid_pdrop must be at least 0 and less than 1, received: 2.0
                    'model_type': 'gpt2', 'embd_pdrop': 'NaN'            | embd_pdrop must be at least 0 and less than 1, received: NaN
                    'model_type': 'gpt2', 'attn_pdrop': 1                | attn_pdrop must be at least 0 and less than 1, received: 1.0
                    'model_type': 'gpt2', 'layer_norm_epsilon': 1e60     | layer_norm_epsilon must be a finite number >= 0, received: Infinity
                    'model_type': 'gpt2', 'initializer_range': -1        | initializer_range must be a finite number >= 0, received: -1.0
                    'model_type': 'bert', 'classifier_dropout': 3        | classifier_dropout must be at least 0 and less than 1, received: 3.0
                    'model_type': 'bert', 'hidden_dropout_prob': -0.1    | hidden_dropout_prob must be at least 0 and less than 1, received: -0.1
                    'model_type': 'bert', 'layer_norm_eps': -1           | layer_norm_eps must be a finite number >= 0, received: -1.0
                    'model_type': 'vit', 'attention_probs_dropout_prob': 1 | attention_probs_dropout_prob must be at least 0 and less than 1
                    'model_type': 'vit', 'layer_norm_eps': 'NaN'         | layer_norm_eps must be a finite number >= 0, received: NaN
                    'model_type': 'vit', 'num_labels': 0                 | num_labels in config.json must be an integer from 1 to 1000000, received: 0
                    'model_type': 'vit', 'num_labels': 2147483647        | num_labels in config.json must be an integer from 1 to 1000000, received: 2147483647
                    'model_type': 'vit', 'num_labels': 'five'            | num_labels in config.json must be an integer from 1 to 1000000, received: "five"
                    'model_type': 'vit', 'id2label': {}                  | labels must be at least one, received: []
                    'model_type': 'vit', 'id2label': {'0': {}}           | id2label in config.json must be names numbered from 0 to 0
                    'model_type': 'bert', 'position_embedding_type': 'relative_key' | position_embedding_type in config.json must be "absolute", nothing else is implemented, received: "relative_key"
                    'model_type': 'bert', 'is_decoder': true             | is_decoder in config.json
                    'model_type': 'bert', 'pruned_heads': {'0': [1]}     | pruned_heads in config.json
                    'model_type': 'bert', 'quantization_config': {'bits': 4} | quantization_config in config.json
                    'model_type': 'bert', 'id2label': {'1': 'a', '2': 'b'} | id2label in config.json must be names numbered from 0 to 1
                    'model_type': 'roberta', 'max_position_embeddings': 2 | max_position_embeddings must be an integer >= 3, received: 2
                    'model_type': 'vit', 'hidden_act': 'quick_gelu'      | received: quick_gelu
                    'model_type': 'vit', 'image_size': 100               | image_size must be a multiple of patch_size 16, received: 100
                    """)
    void refusesByName(String json, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("{" + json + "}"))
                .withMessageContaining(message);
    }

    @Test
    void refusesHeadsThatDoNotDivideTheWidth() {
        ModelConfig config = parse("{'model_type': 'gpt2', 'n_embd': 10, 'n_head': 3}");
        assertThatIllegalArgumentException()
                .isThrownBy(config::newBlock)
                .withMessageContaining(
                        "attention heads must be a divisor of the width 10, received: 3");
    }

    @Test
    void completesWithTheFamilysDefaults() {
        assertThat(parse("{'model_type': 'vit'}")).isEqualTo(VitConfig.BASE);
        assertThat(parse("{'model_type': 'gpt2', 'n_inner': null}")).isEqualTo(Gpt2Config.BASE);
        assertThat(parse("{'model_type': 'bert'}")).isEqualTo(EncoderConfig.BERT_BASE);
        assertThat(parse("{'model_type': 'xlm-roberta'}"))
                .isEqualTo(
                        ConfigFile.change(
                                EncoderConfig.ROBERTA_BASE,
                                tree -> tree.put("model_type", "xlm-roberta")));
    }

    @Test
    void readsEveryKey() {
        assertThat(
                        parse(
                                """
                                {'model_type': 'bert', 'vocab_size': 7, 'hidden_size': 12,
                                 'num_hidden_layers': 3, 'num_attention_heads': 4,
                                 'intermediate_size': 5, 'hidden_act': 'relu',
                                 'hidden_dropout_prob': 0.25, 'attention_probs_dropout_prob': 0.5,
                                 'classifier_dropout': 0.75, 'max_position_embeddings': 9,
                                 'type_vocab_size': 3, 'pad_token_id': 2, 'initializer_range': 0.125,
                                 'layer_norm_eps': 0.5, 'classifier_pooling': 'mean',
                                 'id2label': {'1': 'b', '0': 'a'}, 'unknown': 1}
                                """))
                .isEqualTo(
                        new EncoderConfig(
                                "bert",
                                7,
                                null,
                                12,
                                3,
                                4,
                                5,
                                ActivationFunction.RELU,
                                0.25f,
                                0.5f,
                                0.75f,
                                9,
                                3,
                                2,
                                0.125f,
                                0.5f,
                                Pooling.MEAN,
                                List.of("a", "b")));
    }

    @Test
    void numbersLabelsThatHaveNoNames() {
        VitConfig config = (VitConfig) parse("{'model_type': 'vit', 'num_labels': 3}");
        assertThat(config.labels()).containsExactly("LABEL_0", "LABEL_1", "LABEL_2");
        assertThat(parse("{'model_type': 'vit', 'id2label': null}")).isEqualTo(VitConfig.BASE);
    }

    @Test
    void changesWhatItSays() {
        VitConfig vit = VitConfig.of(32, 8, 96, 4, 3, List.of("a"));
        assertThat(vit.withImageSize(64).imageSize()).isEqualTo(64);
        assertThat(vit.withLabels(List.of("x", "y")).labels()).containsExactly("x", "y");
        assertThat(vit.withDropout(0.5f).hiddenDropoutProb()).isEqualTo(0.5f);
        assertThat(vit.withDropout(0.5f).withDropout(0f)).isEqualTo(vit);
        assertThat(Gpt2Config.BASE.withDropout(0f).attnPdrop()).isZero();
        assertThat(Gpt2Config.BASE.withDropout(0.1f)).isEqualTo(Gpt2Config.BASE);
    }

    @Test
    void saysWhereAFileIsNoConfiguration(@TempDir Path directory) throws IOException {
        Files.writeString(directory.resolve("config.json"), "[]");
        assertThatIOException()
                .isThrownBy(() -> Checkpoint.open(directory))
                .withMessageContaining("config.json is no JSON object");
        Path file = Files.writeString(directory.resolve("config.json"), "{\n 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Checkpoint.open(directory))
                .withMessageStartingWith(file + " is no JSON: ")
                .withMessageEndingWith(" in line 2, column 2");
    }
}
