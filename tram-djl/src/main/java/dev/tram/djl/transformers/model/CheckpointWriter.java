package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Parameter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.djl.internal.files.TemporaryFiles;
import dev.tram.djl.internal.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes Hugging Face directories. A file gets its name only once it is complete. */
final class CheckpointWriter {

    /** What belongs to a model beside its weights and its configuration. */
    private static final List<String> COMPANIONS =
            List.of(
                    "tokenizer.json",
                    "tokenizer_config.json",
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

    private static final ObjectMapper MAPPER = new ObjectMapper();

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
                            + " at work");
        }
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        TensorNames.of(block)
                .forEach((name, parameter) -> arrays.put(name, stored(block, name, parameter)));
        try {
            writeTensors(TensorFiles.SINGLE, arrays);
        } finally {
            arrays.values().forEach(NDArray::close);
        }
        ObjectNode json = ConfigFile.write(block.config(), others);
        json.putArray("architectures").add(block.architecture());
        json.remove("dtype");
        writeJson(ConfigFile.NAME, json.put("torch_dtype", "float32"));
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
            if (Files.exists(file)) {
                replace(name, copy -> copyContent(file, copy));
            }
        }
    }

    /** Leaves the permissions of the copy as they are. */
    private static void copyContent(Path file, Path copy) throws IOException {
        try (OutputStream out = Files.newOutputStream(copy)) {
            Files.copy(file, out);
        }
    }

    /** Makes the preprocessor that was copied resize images to other sizes. */
    void setSizes(PreprocessorConfig preprocessor) throws IOException {
        Path file = target.resolve(PreprocessorConfig.NAME);
        JsonNode json = MAPPER.readTree(file.toFile());
        preprocessor.writeSizes((ObjectNode) json);
        writeJson(PreprocessorConfig.NAME, json);
    }

    void writeTensors(String name, Map<String, NDArray> arrays) throws IOException {
        replace(name, file -> SafetensorsWriter.write(file, FORMAT, arrays));
    }

    void writeJson(String name, JsonNode json) throws IOException {
        replace(
                name,
                file -> MAPPER.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), json));
    }

    private void replace(String name, FileWriter writer) throws IOException {
        Path incomplete = TemporaryFiles.file(target, name, ".incomplete");
        try {
            writer.write(incomplete);
            Files.move(incomplete, target.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(incomplete);
        }
    }

    @FunctionalInterface
    private interface FileWriter {

        void write(Path file) throws IOException;
    }
}
