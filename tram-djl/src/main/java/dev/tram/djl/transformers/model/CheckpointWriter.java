package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.djl.internal.files.AtomicFile;
import dev.tram.djl.internal.files.JsonFile;
import dev.tram.djl.internal.files.RegularFile;
import dev.tram.djl.internal.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes Hugging Face directories. A file gets its name only once it is complete. */
final class CheckpointWriter {

    private static final Logger logger = LoggerFactory.getLogger(CheckpointWriter.class);

    private static final String CARD = "README.md";
    private static final String TOKENIZER_CONFIG = "tokenizer_config.json";
    private static final String LIMIT = "model_max_length";

    /** What belongs to a model beside its weights and its configuration. */
    private static final List<String> COMPANIONS =
            List.of(
                    "tokenizer.json",
                    TOKENIZER_CONFIG,
                    "special_tokens_map.json",
                    "added_tokens.json",
                    "vocab.json",
                    "merges.txt",
                    "vocab.txt",
                    "sentencepiece.bpe.model",
                    "generation_config.json",
                    PreprocessorConfig.NAME);

    /** What Hugging Face's libraries write, and their older versions ask for. */
    private static final Map<String, String> FORMAT = Map.of("format", "pt");

    /** Tells djl-serving, and DJL's Criteria, how the directory is loaded. */
    private static final String SERVING = "serving.properties";

    private static final String SERVED =
            """
            engine=PyTorch
            option.hasParameter=false
            blockFactory=dev.tram.djl.transformers.inference.TransformerBlockFactory
            translatorFactory=dev.tram.djl.transformers.inference.TransformerTranslatorFactory
            """;

    private final Path target;

    CheckpointWriter(Path target) throws IOException {
        this.target = Files.createDirectories(target);
    }

    /**
     * Writes weights and configuration.
     *
     * @param block the model
     * @param others further keys of the configuration
     */
    void write(TransformerModel block, ObjectNode others) throws IOException {
        if (block.isAdapted()) {
            throw new IllegalStateException(
                    "a checkpoint is saved without adapters: merge() or deactivate() first, or save"
                            + " the adapter, received: adapter "
                            + block.adapters().active().orElseThrow()
                            + " is active");
        }
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        TensorNames.of(block)
                .forEach((name, parameter) -> arrays.put(name, stored(block, name, parameter)));
        try {
            writeTensors(TensorFiles.SINGLE, arrays);
        } finally {
            arrays.values().forEach(NDArray::close);
        }
        writeConfig(block, others);
        AtomicFile.write(target.resolve(SERVING), SERVED);
    }

    /**
     * Writes the configuration alone.
     *
     * @param block the model
     * @param others further keys of the configuration
     */
    void writeConfig(TransformerModel block, ObjectNode others) throws IOException {
        ObjectNode json = ConfigFile.write(block.config(), others);
        json.putArray("architectures").add(block.architecture());
        json.remove("dtype");
        writeJson(ConfigFile.NAME, json.put("torch_dtype", "float32"));
        if (block.config() instanceof EncoderConfig config
                && block instanceof EncoderClassifier
                && !config.poolsAsItsFamily()) {
            writeCard(config);
        }
    }

    /** Says how to compute what no class of Hugging Face's transformers does. */
    private void writeCard(EncoderConfig config) throws IOException {
        Path card = target.resolve(CARD);
        logger.warn(
                "{}: transformers has no class for a {} classifier that reads {}, and would draw"
                        + " random weights for its own; {} there tells how to compute it",
                target,
                config.modelType(),
                config.classifierPooling(),
                CARD);
        if (Files.exists(card)) {
            return;
        }
        try (InputStream in =
                CheckpointWriter.class.getResourceAsStream("unlike-transformers.md")) {
            String text =
                    new String(in.readAllBytes(), StandardCharsets.UTF_8)
                            .replace("{pooling}", config.classifierPooling().toString())
                            .replace("{class}", config.className())
                            .replace("{classes}", String.join(", ", config.labels()));
            AtomicFile.write(target.resolve(CARD), text);
        }
    }

    /** A view of a parameter's values in the layout of its tensor. */
    private static NDArray stored(TransformerModel block, String name, Parameter parameter) {
        NDArray array = parameter.getArray();
        return TensorNames.isTransposed(block, name)
                ? array.transpose()
                : array.reshape(array.getShape());
    }

    /** Copies tokenizer and preprocessor from the directory that the model came from. */
    void copyCompanions(Path source) throws IOException {
        for (String name : COMPANIONS) {
            Path file = source.resolve(name);
            if (Files.exists(RegularFile.require(file))) {
                AtomicFile.write(target.resolve(name), copy -> copyContent(file, copy));
            }
        }
    }

    /** Leaves the permissions of the copy as they are. */
    private static void copyContent(Path file, Path copy) throws IOException {
        try (OutputStream out = Files.newOutputStream(copy)) {
            Files.copy(file, out);
        }
    }

    /** Makes the tokenizer that was copied cut texts where the model's positions end. */
    void limitTexts(ModelConfig config) throws IOException {
        Path file = target.resolve(TOKENIZER_CONFIG);
        if (config.textLimit().isEmpty() || !Files.exists(file)) {
            return;
        }
        int limit = config.textLimit().getAsInt();
        if (JsonFile.read(file) instanceof ObjectNode json
                && json.path(LIMIT).asDouble(Double.MAX_VALUE) > limit) {
            writeJson(TOKENIZER_CONFIG, json.put(LIMIT, limit));
        }
    }

    /** Makes the preprocessor that was copied resize images to other sizes. */
    void setSizes(PreprocessorConfig preprocessor) throws IOException {
        Path file = target.resolve(PreprocessorConfig.NAME);
        JsonNode json = JsonFile.read(file);
        preprocessor.writeSizes((ObjectNode) json);
        writeJson(PreprocessorConfig.NAME, json);
    }

    void writeTensors(String name, Map<String, NDArray> arrays) throws IOException {
        AtomicFile.write(
                target.resolve(name), file -> SafetensorsWriter.write(file, FORMAT, arrays));
    }

    void writeJson(String name, JsonNode json) throws IOException {
        AtomicFile.write(target.resolve(name), json.toPrettyString());
    }
}
