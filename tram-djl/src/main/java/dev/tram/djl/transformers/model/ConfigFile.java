package dev.tram.djl.transformers.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.JsonFile;
import dev.tram.djl.internal.files.MalformedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * Hugging Face's {@code config.json}: the keys that a block obeys become a {@link ModelConfig}, a
 * key whose value no block implements is refused, all others are kept.
 */
final class ConfigFile {

    static final String NAME = "config.json";

    private static final int MOST_LABELS = 1_000_000;

    private static final ObjectMapper MAPPER =
            JsonMapper.builder()
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                    .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                    .build();

    /** The only value implemented of keys that would change what a model computes. */
    private static final Map<String, Object> IMPLEMENTED =
            Map.ofEntries(
                    Map.entry("tie_word_embeddings", true),
                    Map.entry("scale_attn_weights", true),
                    Map.entry("scale_attn_by_inverse_layer_idx", false),
                    Map.entry("add_cross_attention", false),
                    Map.entry("is_decoder", false),
                    Map.entry("is_encoder_decoder", false),
                    Map.entry("position_embedding_type", "absolute"),
                    Map.entry("pruned_heads", Map.of()));

    private static final String FAMILIES =
            "(Bert|DistilBert|Roberta|Camembert|XLMRoberta|Electra|ViT|DeiT|GPT2)";

    /** DistilBERT's own names of what other encoders have, too. */
    private static final Map<String, String> OF_DISTILBERT =
            Map.of(
                    "dim", "hidden_size",
                    "n_layers", "num_hidden_layers",
                    "n_heads", "num_attention_heads",
                    "hidden_dim", "intermediate_size",
                    "activation", "hidden_act",
                    "dropout", "hidden_dropout_prob",
                    "attention_dropout", "attention_probs_dropout_prob",
                    "seq_classif_dropout", "classifier_dropout");

    private static final Pattern HEADLESS =
            Pattern.compile(
                    FAMILIES
                            + "(Model|LMHeadModel|ForMaskedLM|ForPreTraining|ForMaskedImageModeling)");

    private static final List<String> OF_HEAD =
            List.of(
                    "architectures",
                    "problem_type",
                    "id2label",
                    "label2id",
                    "num_labels",
                    "_num_labels",
                    "finetuning_task",
                    "task_specific_params");

    private ConfigFile() {}

    /** Reads a directory's configuration as JSON. */
    static ObjectNode read(Path directory) throws IOException {
        Path file = directory.resolve(NAME);
        if (!Files.exists(file)) {
            throw new MalformedFileException(directory + " has no " + NAME);
        }
        if (JsonFile.read(file) instanceof ObjectNode tree) {
            return tree;
        }
        throw new MalformedFileException(file + " is no JSON object");
    }

    /**
     * Understands a configuration.
     *
     * @param tree the JSON
     * @return the configuration
     * @throws IllegalArgumentException if the block does not implement it; the message names the
     *     key
     */
    static ModelConfig parse(ObjectNode tree) {
        String type = tree.path("model_type").asText();
        ModelConfig base =
                switch (type) {
                    case VitConfig.TYPE, VitConfig.DEIT -> VitConfig.base(type);
                    case Gpt2Config.TYPE -> Gpt2Config.BASE;
                    case EncoderConfig.BERT,
                            EncoderConfig.DISTILBERT,
                            EncoderConfig.ROBERTA,
                            EncoderConfig.CAMEMBERT,
                            EncoderConfig.XLM_ROBERTA,
                            EncoderConfig.ELECTRA ->
                            EncoderConfig.base(type);
                    default ->
                            throw Arguments.rejected(
                                    "model_type in config.json",
                                    "vit, deit, gpt2, bert, distilbert, roberta, camembert,"
                                            + " xlm-roberta or electra",
                                    tree.get("model_type"));
                };
        IMPLEMENTED.forEach((key, value) -> require(tree, key, MAPPER.valueToTree(value)));
        if (tree.hasNonNull("quantization_config")) {
            throw Arguments.rejected(
                    "quantization_config in config.json", "absent", "a quantized model");
        }
        ObjectNode complete = MAPPER.valueToTree(base);
        tree.properties().stream()
                .filter(entry -> !entry.getValue().isNull())
                .forEach(entry -> complete.set(internal(type, entry.getKey()), entry.getValue()));
        if (tree.hasNonNull("id2label")) {
            complete.set("labels", named(tree.get("id2label")));
        } else if (tree.hasNonNull("num_labels")) {
            complete.set("labels", numbered(tree.get("num_labels")));
        }
        if (type.equals(Gpt2Config.TYPE) && !isClassifier(tree)) {
            complete.remove("labels");
        } else if (!complete.has("labels")) {
            complete.set("labels", numbered(MAPPER.valueToTree(2)));
        }
        return read(complete, base.getClass());
    }

    /** Returns the name that the families' common record has for a key. */
    private static String internal(String type, String key) {
        return type.equals(EncoderConfig.DISTILBERT) ? OF_DISTILBERT.getOrDefault(key, key) : key;
    }

    /** GPT-2's configurations may number classes that no head knows. */
    private static boolean isClassifier(ObjectNode tree) {
        return tree.path("architectures").path(0).asText().endsWith("ForSequenceClassification");
    }

    /**
     * Refuses a model whose head is another one than a block's. A model without a head, or with one
     * for pretraining, lacks the tensors of the block's head and is refused for that.
     *
     * @param tree the JSON
     * @param architecture the class of Hugging Face's transformers that the block agrees with
     * @throws IllegalArgumentException if the file names other classes alone
     */
    static void requireHead(ObjectNode tree, String architecture) {
        List<String> named = new ArrayList<>();
        tree.path("architectures").forEach(name -> named.add(name.asText()));
        String head = architecture.replaceFirst("^" + FAMILIES, "");
        if (!named.isEmpty()
                && named.stream().noneMatch(name -> name.endsWith(head))
                && named.stream().noneMatch(name -> HEADLESS.matcher(name).matches())) {
            throw Arguments.rejected("architectures in config.json", architecture, named);
        }
    }

    /** Returns a configuration without the keys that describe a head. */
    static ObjectNode withoutHead(ObjectNode tree) {
        ObjectNode headless = tree.deepCopy();
        headless.remove(OF_HEAD);
        return headless;
    }

    private static void require(ObjectNode tree, String key, JsonNode implemented) {
        if (tree.hasNonNull(key) && !tree.get(key).equals(implemented)) {
            throw Arguments.rejected(
                    key + " in config.json",
                    implemented + ", nothing else is implemented",
                    tree.get(key));
        }
    }

    private static ArrayNode named(JsonNode names) {
        ArrayNode labels = MAPPER.createArrayNode();
        for (int i = 0; i < names.size(); i++) {
            JsonNode name = names.path(Integer.toString(i));
            if (!name.isValueNode()) {
                throw Arguments.rejected(
                        "id2label in config.json",
                        "names numbered from 0 to " + (names.size() - 1),
                        names);
            }
            labels.add(name.asText());
        }
        return labels;
    }

    private static ArrayNode numbered(JsonNode count) {
        if (!count.isInt() || count.intValue() < 1 || count.intValue() > MOST_LABELS) {
            throw Arguments.rejected(
                    "num_labels in config.json", "an integer from 1 to " + MOST_LABELS, count);
        }
        ArrayNode labels = MAPPER.createArrayNode();
        for (int i = 0; i < count.intValue(); i++) {
            labels.add("LABEL_" + i);
        }
        return labels;
    }

    /**
     * Describes a configuration as Hugging Face does.
     *
     * @param config the configuration
     * @param others further keys, kept where the configuration has none of that name
     * @return the JSON
     */
    static ObjectNode write(ModelConfig config, ObjectNode others) {
        ObjectNode tree = others.deepCopy();
        tree.setAll(MAPPER.<ObjectNode>valueToTree(config));
        if (config.modelType().equals(EncoderConfig.DISTILBERT)) {
            OF_DISTILBERT.forEach((own, common) -> rename(tree, common, own));
            tree.remove(List.of("type_vocab_size", "layer_norm_eps"));
        }
        if (config instanceof EncoderConfig encoder && encoder.poolsAsItsFamily()) {
            tree.remove("classifier_pooling");
        }
        if (tree.remove("labels") instanceof ArrayNode labels) {
            tree.remove(List.of("num_labels", "_num_labels"));
            ObjectNode id2label = tree.putObject("id2label");
            ObjectNode label2id = tree.putObject("label2id");
            for (int i = 0; i < labels.size(); i++) {
                id2label.set(Integer.toString(i), labels.get(i));
                label2id.put(labels.get(i).asText(), i);
            }
        }
        return tree;
    }

    private static void rename(ObjectNode tree, String from, String to) {
        if (tree.has(from)) {
            tree.set(to, tree.remove(from));
        }
    }

    /** Returns a copy of a configuration, changed by its keys. */
    static <C extends ModelConfig> C change(C config, Consumer<ObjectNode> changes) {
        ObjectNode tree = MAPPER.valueToTree(config);
        changes.accept(tree);
        @SuppressWarnings("unchecked")
        Class<C> type = (Class<C>) config.getClass();
        return read(tree, type);
    }

    private static <C extends ModelConfig> C read(ObjectNode tree, Class<C> type) {
        try {
            return MAPPER.treeToValue(tree, type);
        } catch (ValueInstantiationException e) {
            throw e.getCause() instanceof IllegalArgumentException cause ? cause : unreadable(e);
        } catch (JsonProcessingException e) {
            throw unreadable(e);
        }
    }

    private static IllegalArgumentException unreadable(JsonProcessingException e) {
        String key =
                e instanceof JsonMappingException mapping
                        ? mapping.getPath().stream()
                                .map(JsonMappingException.Reference::getFieldName)
                                .filter(Objects::nonNull)
                                .findFirst()
                                .map(name -> name + " in ")
                                .orElse("")
                        : "";
        return new IllegalArgumentException(key + NAME + ": " + e.getOriginalMessage(), e);
    }
}
