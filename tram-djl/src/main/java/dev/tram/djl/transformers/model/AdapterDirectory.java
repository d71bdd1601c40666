package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.JsonFile;
import dev.tram.djl.internal.files.MalformedFileException;
import dev.tram.djl.internal.safetensors.SafetensorsFile;
import dev.tram.djl.internal.safetensors.TensorEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Adapters on disk, as Hugging Face's PEFT lays them out. */
final class AdapterDirectory {

    private static final String CONFIG = "adapter_config.json";
    private static final String TENSORS = "adapter_model.safetensors";
    private static final String PREFIX = "base_model.model.";

    private static final int MOST_LISTED = 3;

    /**
     * Keys that would change what an adapter computes: they must be absent, null, false or empty.
     */
    private static final List<String> NOT_IMPLEMENTED =
            List.of(
                    "use_dora",
                    "use_qalora",
                    "lora_bias",
                    "rank_pattern",
                    "alpha_pattern",
                    "layers_to_transform",
                    "layers_pattern",
                    "layer_replication",
                    "exclude_modules",
                    "target_parameters",
                    "trainable_token_indices",
                    "alora_invocation_tokens",
                    "arrow_config");

    /** Initial values that leave the model's own weights alone, unlike PiSSA or LoftQ. */
    private static final List<String> PLAIN_STARTS = List.of("gaussian", "eva", "orthogonal");

    private AdapterDirectory() {}

    /**
     * Whether an adapter's directory describes the model that it makes, as those with a head do.
     */
    static boolean describesModel(Path directory) {
        return Files.exists(directory.resolve(ConfigFile.NAME));
    }

    static LoraConfig readConfig(Path directory) throws IOException {
        JsonNode json = JsonFile.read(present(directory, CONFIG));
        require(json, "peft_type", "LORA");
        if (json.hasNonNull("bias")) {
            require(json, "bias", "none");
        }
        for (String key : NOT_IMPLEMENTED) {
            JsonNode value = json.path(key);
            boolean off = value.isContainerNode() && value.isEmpty();
            if (json.hasNonNull(key) && !off && !(value.isBoolean() && !value.booleanValue())) {
                throw rejected(key, "absent, nothing else is implemented", value);
            }
        }
        JsonNode start = json.path("init_lora_weights");
        if (start.isTextual() && !PLAIN_STARTS.contains(start.asText())) {
            throw rejected("init_lora_weights", "one that keeps the model's weights", start);
        }
        return LoraConfig.builder()
                .optRank(integer(json, "r"))
                .optAlpha(number(json, "lora_alpha"))
                .optDropout(json.hasNonNull("lora_dropout") ? number(json, "lora_dropout") : 0)
                .optRsLora(json.path("use_rslora").asBoolean(false))
                .setTargetModules(names(json, "target_modules"))
                .optModulesToSave(names(json, "modules_to_save"))
                .optBaseModel(json.path("base_model_name_or_path").asText(""))
                .build();
    }

    private static Path present(Path directory, String name) throws IOException {
        Path file = directory.resolve(name);
        if (Files.notExists(file)) {
            throw new MalformedFileException("there is no " + file + ", which an adapter has");
        }
        return file;
    }

    private static void require(JsonNode json, String key, String implemented) {
        if (!json.path(key).asText().equals(implemented)) {
            throw rejected(key, implemented + ", nothing else is implemented", json.get(key));
        }
    }

    private static int integer(JsonNode json, String key) {
        if (!json.path(key).isInt()) {
            throw rejected(key, "an integer", json.get(key));
        }
        return json.get(key).intValue();
    }

    private static float number(JsonNode json, String key) {
        if (!json.path(key).isNumber()) {
            throw rejected(key, "a number", json.get(key));
        }
        return json.get(key).floatValue();
    }

    /** A list of names, a single text, or nothing. */
    private static String[] names(JsonNode json, String key) {
        JsonNode value = json.path(key);
        if (!json.hasNonNull(key)) {
            return new String[0];
        }
        if (value.isTextual()) {
            return new String[] {value.asText()};
        }
        List<String> names = new ArrayList<>();
        value.forEach(each -> names.add(each.isTextual() ? each.asText() : ""));
        if (!value.isArray() || names.contains("")) {
            throw rejected(key, "names, or a regular expression", value);
        }
        return names.toArray(String[]::new);
    }

    private static IllegalArgumentException rejected(String key, String expected, JsonNode value) {
        return Arguments.rejected(key + " in " + CONFIG, expected, value);
    }

    static void write(
            Path directory,
            TransformerModel model,
            LoraConfig config,
            Map<String, Parameter> parameters)
            throws IOException {
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        parameters.forEach((name, each) -> arrays.put(PREFIX + name, each.getArray()));
        CheckpointWriter writer = new CheckpointWriter(directory);
        writer.writeTensors(TENSORS, arrays);
        writer.writeJson(CONFIG, json(model, config));
        if (!config.modulesToSave().isEmpty()) {
            writer.writeConfig(model, model.settings());
        }
    }

    private static ObjectNode json(TransformerModel model, LoraConfig config) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("peft_type", "LORA");
        json.put("task_type", taskType(model));
        json.put("base_model_name_or_path", config.baseModel());
        json.put("inference_mode", true);
        json.put("r", config.rank());
        if (config.alpha() == Math.rint(config.alpha())) {
            json.put("lora_alpha", (int) config.alpha());
        } else {
            json.put("lora_alpha", config.alpha());
        }
        json.put("lora_dropout", config.dropout());
        if (config.isPattern() || config.targetModules().contains(LoraConfig.ALL_LINEAR)) {
            json.put("target_modules", config.targetModules().get(0));
        } else {
            config.targetModules().forEach(json.putArray("target_modules")::add);
        }
        json.put("fan_in_fan_out", model instanceof Gpt2);
        json.put("bias", "none");
        if (config.modulesToSave().isEmpty()) {
            json.putNull("modules_to_save");
        } else {
            config.modulesToSave().forEach(json.putArray("modules_to_save")::add);
        }
        json.put("use_rslora", config.rsLora());
        json.putObject("rank_pattern");
        json.putObject("alpha_pattern");
        return json;
    }

    /** PEFT's name of the task, which chooses the class that wraps the model. */
    private static String taskType(TransformerModel model) {
        if (model instanceof Gpt2 gpt2 && gpt2.config().labels() == null) {
            return "CAUSAL_LM";
        }
        return model instanceof EncoderClassifier || model instanceof Gpt2 ? "SEQ_CLS" : null;
    }

    /** The tensors of an adapter's file. */
    static final class Tensors implements AutoCloseable {

        private final SafetensorsFile file;

        Tensors(Path directory) throws IOException {
            file = new SafetensorsFile(present(directory, TENSORS));
        }

        /**
         * Refuses an adapter with tensors of parts that the model does not have.
         *
         * @param model the model
         * @param maps the names of its linear maps
         */
        void requireArchitecture(TransformerModel model, Set<String> maps) {
            Set<String> parts = new TreeSet<>();
            maps.forEach(name -> parts.add(PREFIX + name.split("\\.", 2)[0] + "."));
            for (String name : new TreeSet<>(file.entries().keySet())) {
                if (parts.stream().noneMatch(name::startsWith)) {
                    throw Arguments.rejected(
                            "the adapter's tensors",
                            "of a "
                                    + model.architecture()
                                    + ", "
                                    + String.join("* or ", parts)
                                    + "*",
                            name + " in " + file.path());
                }
            }
        }

        /**
         * Compares the file with what a model takes.
         *
         * @param expected the shapes by name
         * @throws IllegalArgumentException if they differ, naming the first tensors, or are too
         *     large
         */
        void requireFit(Map<String, Shape> expected) {
            List<String> complaints = new ArrayList<>();
            expected.forEach(
                    (name, shape) -> {
                        TensorEntry entry = file.entries().get(PREFIX + name);
                        if (entry == null) {
                            complaints.add("missing " + PREFIX + name);
                        } else if (!entry.shape().equals(shape) || !entry.type().isFloating()) {
                            complaints.add(
                                    PREFIX
                                            + name
                                            + " of shape "
                                            + entry.shape()
                                            + " and type "
                                            + entry.type()
                                            + ", expected: "
                                            + shape);
                        }
                    });
            for (String name : new TreeSet<>(file.entries().keySet())) {
                if (!name.startsWith(PREFIX)
                        || !expected.containsKey(name.substring(PREFIX.length()))) {
                    complaints.add("unexpected " + name);
                }
            }
            if (!complaints.isEmpty()) {
                throw new IllegalArgumentException(
                        file.path() + " must fit the model: " + listed(complaints));
            }
            TensorFiles.requireSize(file.path(), expected.values().stream());
        }

        private static String listed(List<String> complaints) {
            int others = complaints.size() - MOST_LISTED;
            return String.join(
                            "; ", complaints.subList(0, Math.min(MOST_LISTED, complaints.size())))
                    + (others > 0 ? "; and " + others + " more" : "");
        }

        /** Sets parameters, which are frozen, to the file's values. */
        void copyTo(Map<String, Parameter> parameters) throws IOException {
            try (NDManager manager = NDManager.newBaseManager()) {
                for (Map.Entry<String, Parameter> each : parameters.entrySet()) {
                    NDArray target = each.getValue().getArray();
                    try (NDArray value = file.readFloat32(manager, PREFIX + each.getKey());
                            NDArray there = value.toDevice(target.getDevice(), false)) {
                        target.set(new NDIndex("..."), there);
                    }
                }
            }
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
