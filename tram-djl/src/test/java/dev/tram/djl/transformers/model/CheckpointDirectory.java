package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.djl.internal.safetensors.SafetensorsFile;
import dev.tram.djl.internal.safetensors.SafetensorsWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** A reference checkpoint, changed before it is written to a directory of a test. */
final class CheckpointDirectory {

    static final ObjectMapper MAPPER = new ObjectMapper();

    final ObjectNode config;
    Map<String, NDArray> tensors = new LinkedHashMap<>();

    CheckpointDirectory(String reference, NDManager manager) throws IOException {
        Path directory = ReferenceModel.of(reference).directory();
        config = (ObjectNode) MAPPER.readTree(directory.resolve("config.json").toFile());
        try (SafetensorsFile file = new SafetensorsFile(directory.resolve("model.safetensors"))) {
            for (String name : file.entries().keySet()) {
                tensors.put(name, file.read(manager, name));
            }
        }
    }

    CheckpointDirectory rename(UnaryOperator<String> names) {
        Map<String, NDArray> renamed = new LinkedHashMap<>();
        tensors.forEach((name, array) -> renamed.put(names.apply(name), array));
        tensors = renamed;
        return this;
    }

    CheckpointDirectory change(Consumer<CheckpointDirectory> change) {
        change.accept(this);
        return this;
    }

    Path write(Path directory) throws IOException {
        writeConfig(directory);
        SafetensorsWriter.write(directory.resolve("model.safetensors"), Map.of(), tensors);
        return directory;
    }

    /** Writes the upper halves of all values. */
    Path writeBfloat16(Path directory) throws IOException {
        writeConfig(directory);
        ObjectNode header = MAPPER.createObjectNode();
        ByteArrayOutputStream values = new ByteArrayOutputStream();
        for (Map.Entry<String, NDArray> entry : tensors.entrySet()) {
            ObjectNode tensor = header.putObject(entry.getKey()).put("dtype", "BF16");
            tensor.set("shape", MAPPER.valueToTree(entry.getValue().getShape().getShape()));
            tensor.putArray("data_offsets")
                    .add(values.size())
                    .add(values.size() + 2 * entry.getValue().size());
            for (float value : entry.getValue().toFloatArray()) {
                int bits = Float.floatToIntBits(value);
                values.write(bits >>> 16);
                values.write(bits >>> 24);
            }
        }
        byte[] json = MAPPER.writeValueAsBytes(header);
        ByteBuffer file =
                ByteBuffer.allocate(Long.BYTES + json.length + values.size())
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(json.length)
                        .put(json)
                        .put(values.toByteArray());
        Files.write(directory.resolve("model.safetensors"), file.array());
        return directory;
    }

    /** Writes two shards and the index. */
    Path writeShards(Path directory) throws IOException {
        writeConfig(directory);
        Map<String, NDArray> first = new LinkedHashMap<>(tensors);
        Map<String, NDArray> second = new LinkedHashMap<>(tensors);
        ObjectNode index = MAPPER.createObjectNode();
        ObjectNode map = index.putObject("weight_map");
        for (String name : tensors.keySet()) {
            boolean inFirst = name.hashCode() % 2 == 0;
            (inFirst ? second : first).remove(name);
            map.put(
                    name,
                    inFirst
                            ? "model-00001-of-00002.safetensors"
                            : "model-00002-of-00002.safetensors");
        }
        SafetensorsWriter.write(
                directory.resolve("model-00001-of-00002.safetensors"), Map.of(), first);
        SafetensorsWriter.write(
                directory.resolve("model-00002-of-00002.safetensors"), Map.of(), second);
        MAPPER.writeValue(directory.resolve("model.safetensors.index.json").toFile(), index);
        return directory;
    }

    private void writeConfig(Path directory) throws IOException {
        Files.createDirectories(directory);
        MAPPER.writeValue(directory.resolve("config.json").toFile(), config);
    }
}
