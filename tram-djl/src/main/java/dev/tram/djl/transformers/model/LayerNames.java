package dev.tram.djl.transformers.model;

import java.util.List;

/**
 * What a model family calls the parts of a transformer layer. A name is a path below its parent;
 * the empty one adds nothing to the path.
 *
 * @param attention the attention
 * @param projections below the attention: query, key and value, or the one that holds all three
 * @param attentionOutput below the attention: its output projection
 * @param attentionNorm the attention's layer normalization
 * @param mlp the perceptron
 * @param expand below the perceptron: its first map
 * @param contract below the perceptron: its second map
 * @param mlpNorm the perceptron's layer normalization
 */
record LayerNames(
        String attention,
        List<String> projections,
        String attentionOutput,
        String attentionNorm,
        String mlp,
        String expand,
        String contract,
        String mlpNorm) {

    static final LayerNames VIT =
            new LayerNames(
                    "attention",
                    List.of("attention.query", "attention.key", "attention.value"),
                    "output.dense",
                    "layernorm_before",
                    "",
                    "intermediate.dense",
                    "output.dense",
                    "layernorm_after");

    static final LayerNames GPT2 =
            new LayerNames(
                    "attn", List.of("c_attn"), "c_proj", "ln_1", "mlp", "c_fc", "c_proj", "ln_2");

    static final LayerNames DISTILBERT =
            new LayerNames(
                    "attention",
                    List.of("q_lin", "k_lin", "v_lin"),
                    "out_lin",
                    "sa_layer_norm",
                    "ffn",
                    "lin1",
                    "lin2",
                    "output_layer_norm");

    static final LayerNames BERT =
            new LayerNames(
                    "attention",
                    List.of("self.query", "self.key", "self.value"),
                    "output.dense",
                    "attention.output.LayerNorm",
                    "",
                    "intermediate.dense",
                    "output.dense",
                    "output.LayerNorm");
}
