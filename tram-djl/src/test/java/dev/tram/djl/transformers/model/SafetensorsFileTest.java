package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsFileTest {

    @TempDir Path directory;

    private Path file(String header, int values) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes =
                ByteBuffer.allocate(Long.BYTES + json.length + values)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(json.length)
                        .put(json);
        return Files.write(directory.resolve("file.safetensors"), bytes.array());
    }

    @Test
    void readsTensorsLongerThanOnePiece() throws IOException {
        Path path = directory.resolve("file.safetensors");
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray written = manager.arange(5_000_000).toType(DataType.FLOAT32, true);
            SafetensorsWriter.write(path, Map.of("long", written));
            try (SafetensorsFile file = new SafetensorsFile(path)) {
                assertThat(file.read(manager, "long").contentEquals(written)).isTrue();
            }
        }
    }

    @Test
    void agreesWithDjlsReader() throws IOException {
        Path path = directory.resolve("file.safetensors");
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray matrix = manager.arange(6f).reshape(2, 3);
            NDArray scalar = manager.create(7f);
            SafetensorsWriter.write(path, Map.of("transposed", matrix.transpose(), "s", scalar));
            NDList read = NDList.decode(manager, Files.readAllBytes(path));
            assertThat(read.get("transposed").contentEquals(matrix.transpose())).isTrue();
            assertThat(read.get("s").contentEquals(scalar)).isTrue();
            try (SafetensorsFile file = new SafetensorsFile(path)) {
                assertThat(file.read(manager, "s").getShape()).isEqualTo(new Shape());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'x': {'dtype': 'F32', 'shape': [2], 'data_offsets': [0, 16]}}",
                "{'x': {'dtype': 'F32', 'shape': [5], 'data_offsets': [0, 20]}}",
                "{'x': {'dtype': 'F32', 'shape': [-2, -2], 'data_offsets': [0, 16]}}",
                "{'x': {'dtype': 'F32', 'shape': [4], 'data_offsets': [-16, 0]}}",
                "{'x': {'dtype': 'F32', 'shape': [4294967296, 4294967296], 'data_offsets': [0, 0]}}",
                "{'x': {'dtype': 'F32', 'shape': [4.5], 'data_offsets': [0, 16]}}",
                "{'x': {'dtype': 'F32', 'shape': [4]}}"
            })
    void refusesTensorsThatTheFileCannotHold(String header) throws IOException {
        Path path = file(header.replace('\'', '"'), 16);
        assertThatIOException()
                .isThrownBy(() -> new SafetensorsFile(path).close())
                .withMessageContaining(path + " is no safetensors file or is cut off: it has x: {");
    }

    @Test
    void refusesAnUnknownType() throws IOException {
        Path path =
                file("{\"x\": {\"dtype\": \"F4\", \"shape\": [1], \"data_offsets\": [0, 1]}}", 1);
        assertThatIOException()
                .isThrownBy(() -> new SafetensorsFile(path).close())
                .withMessageContaining("x has type F4");
    }

    @Test
    void refusesAHeaderThatIsNone() throws IOException {
        Path array = file("[1]", 0);
        assertThatIOException()
                .isThrownBy(() -> new SafetensorsFile(array).close())
                .withMessage(
                        array
                                + " is no safetensors file or is cut off: it has a header without"
                                + " tensors");
        Path broken = file("{'x'", 0);
        assertThatIOException()
                .isThrownBy(() -> new SafetensorsFile(broken).close())
                .withMessageStartingWith(broken + ": header: Unexpected character");
    }

    @Test
    void refusesAFileThatIsNone() throws IOException {
        Path text =
                Files.writeString(directory.resolve("text"), "version https://git-lfs.github.com");
        assertThatIOException()
                .isThrownBy(() -> new SafetensorsFile(text).close())
                .withMessageContaining("is no safetensors file");
        Path empty = Files.writeString(directory.resolve("empty"), "");
        assertThatIOException()
                .isThrownBy(() -> new SafetensorsFile(empty).close())
                .withMessageContaining("ends early");
    }
}
