package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tram.djl.internal.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What is saved is what Hugging Face's transformers would save: every key and every tensor, read by
 * nothing of this project. The resources of {@code saved} hold a published model's keys and tensors
 * and those of the class that it becomes.
 */
class SavedFilesTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir Path source;
    @TempDir Path target;

    private final NDManager manager = NDManager.newBaseManager();

    @AfterEach
    void close() {
        manager.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bert",
                "bert-classifier",
                "distilbert",
                "roberta",
                "camembert",
                "xlm-roberta",
                "vit",
                "deit",
                "gpt2",
                "gpt2-classifier"
            })
    void isWhatTheClassThatItNamesWouldSave(String name) throws IOException {
        JsonNode expected = resource(name);
        publish(expected.get("published"));
        Checkpoint published = Checkpoint.open(source);
        List<String> labels = new ArrayList<>();
        expected.get("labels").forEach(label -> labels.add(label.asText()));
        Checkpoint checkpoint = labels.isEmpty() ? published : published.withNewHead(labels);
        checkpoint.save(checkpoint.load(manager), target);
        JsonNode saved = expected.get("saved");
        assertThat(read("config.json")).isEqualTo(saved.get("config"));
        if (saved.hasNonNull("tokenizer_config")) {
            assertThat(read("tokenizer_config.json")).isEqualTo(saved.get("tokenizer_config"));
        }
        assertThat(tensors()).isEqualTo(shapes(saved.get("tensors")));
    }

    /** Transformers' class would draw random weights for a pooler that the model does not have. */
    @Test
    void aClassifierThatTransformersHasNoClassForSaysSo() throws IOException {
        JsonNode expected = resource("bert");
        publish(expected.get("published"));
        Checkpoint checkpoint = Checkpoint.open(source).withMeanPooling(List.of("ham", "spam"));
        checkpoint.save(checkpoint.load(manager), target);
        JsonNode config = read("config.json");
        assertThat(config.at("/architectures/0").asText()).isEqualTo("BertModel");
        assertThat(config.get("classifier_pooling").asText()).isEqualTo("mean");
        assertThat(tensors().keySet())
                .contains("classifier.weight")
                .noneMatch(name -> name.contains("pooler"));
        assertThat(Files.readString(target.resolve("README.md")))
                .contains(
                        "Classes: ham, spam.",
                        "BertForSequenceClassification",
                        "This model reads `mean`")
                .doesNotContain("{");
        assertThat(Checkpoint.open(target).config()).isEqualTo(checkpoint.config());
    }

    @Test
    void aCardOfTheUsersIsKept() throws IOException {
        JsonNode expected = resource("bert");
        publish(expected.get("published"));
        Files.writeString(target.resolve("README.md"), "mine");
        Checkpoint checkpoint = Checkpoint.open(source).withMeanPooling(List.of("ham", "spam"));
        checkpoint.save(checkpoint.load(manager), target);
        assertThat(target.resolve("README.md")).hasContent("mine");
    }

    private static JsonNode resource(String name) throws IOException {
        try (InputStream in = SavedFilesTest.class.getResourceAsStream("saved/" + name + ".json")) {
            return MAPPER.readTree(in);
        }
    }

    private void publish(JsonNode published) throws IOException {
        MAPPER.writeValue(source.resolve("config.json").toFile(), published.get("config"));
        if (published.hasNonNull("tokenizer_config")) {
            MAPPER.writeValue(
                    source.resolve("tokenizer_config.json").toFile(),
                    published.get("tokenizer_config"));
        }
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        shapes(published.get("tensors"))
                .forEach((tensor, shape) -> arrays.put(tensor, manager.randomNormal(shape)));
        SafetensorsWriter.write(source.resolve("model.safetensors"), Map.of(), arrays);
    }

    private JsonNode read(String name) throws IOException {
        return MAPPER.readTree(Files.readString(target.resolve(name)));
    }

    private static Map<String, Shape> shapes(JsonNode tensors) {
        Map<String, Shape> shapes = new TreeMap<>();
        tensors.properties()
                .forEach(
                        tensor ->
                                shapes.put(
                                        tensor.getKey(),
                                        new Shape(
                                                MAPPER.convertValue(
                                                        tensor.getValue(), long[].class))));
        return shapes;
    }

    /**
     * Reads a safetensors file by its format's description: each tensor is float32, none is left.
     */
    private Map<String, Shape> tensors() throws IOException {
        ByteBuffer file =
                ByteBuffer.wrap(Files.readAllBytes(target.resolve("model.safetensors")))
                        .order(ByteOrder.LITTLE_ENDIAN);
        byte[] header = new byte[Math.toIntExact(file.getLong())];
        file.get(header);
        Map<String, Shape> shapes = new TreeMap<>();
        long end = 0;
        for (Map.Entry<String, JsonNode> tensor : MAPPER.readTree(header).properties()) {
            JsonNode entry = tensor.getValue();
            if (!tensor.getKey().equals("__metadata__")) {
                assertThat(entry.get("dtype").asText()).as(tensor.getKey()).isEqualTo("F32");
                Shape shape = new Shape(MAPPER.convertValue(entry.get("shape"), long[].class));
                assertThat(entry.at("/data_offsets/0").asLong()).isEqualTo(end);
                end += Float.BYTES * shape.size();
                assertThat(entry.at("/data_offsets/1").asLong()).isEqualTo(end);
                shapes.put(tensor.getKey(), shape);
            }
        }
        assertThat(file.remaining()).isEqualTo(end);
        assertThat(MAPPER.readTree(header).at("/__metadata__/format").asText()).isEqualTo("pt");
        return shapes;
    }
}
