package dev.tram.djl.internal.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIOException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tram.djl.internal.files.Limit;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsFileTest {

    private static final Map<String, String> FORMAT = Map.of("format", "pt");

    @TempDir Path directory;

    private Path file(String header, int values) throws IOException {
        byte[] json = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
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
            SafetensorsWriter.write(path, FORMAT, Map.of("long", written));
            try (SafetensorsFile file = new SafetensorsFile(path)) {
                assertThat(file.read(manager, "long").contentEquals(written)).isTrue();
                assertThat(file.metadata()).isEqualTo(FORMAT);
            }
        }
    }

    @Test
    void agreesWithDjlsReader() throws IOException {
        Path path = directory.resolve("file.safetensors");
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray matrix = manager.arange(6f).reshape(2, 3);
            NDArray scalar = manager.create(7L);
            NDArray empty = manager.create(new Shape(0, 3));
            SafetensorsWriter.write(
                    path, FORMAT, Map.of("transposed", matrix.transpose(), "s", scalar));
            NDList read = NDList.decode(manager, Files.readAllBytes(path));
            assertThat(read.get("transposed").contentEquals(matrix.transpose())).isTrue();
            assertThat(read.get("s").contentEquals(scalar)).isTrue();
            SafetensorsWriter.write(path, FORMAT, Map.of("e", empty, "s", scalar));
            try (SafetensorsFile file = new SafetensorsFile(path)) {
                assertThat(file.read(manager, "s")).isEqualTo(scalar);
                assertThat(file.readFloat32(manager, "s")).isEqualTo(manager.create(7f));
                assertThat(file.read(manager, "e").getShape()).isEqualTo(new Shape(0, 3));
            }
        }
    }

    /** A changed byte of header or data, and a byte that is missing. */
    @Test
    void aChecksumTellsOfEveryChange() throws IOException {
        Path path = directory.resolve("file.safetensors");
        try (NDManager manager = NDManager.newBaseManager()) {
            SafetensorsWriter.writeChecked(path, Map.of("k", "v"), Map.of("x", manager.arange(6f)));
        }
        try (SafetensorsFile file = new SafetensorsFile(path)) {
            assertThatCode(file::check).doesNotThrowAnyException();
            assertThat(file.entries()).containsOnlyKeys("x", SafetensorsWriter.CHECKSUM);
        }
        byte[] whole = Files.readAllBytes(path);
        for (int i = Long.BYTES; i < whole.length; i++) {
            byte[] changed = whole.clone();
            changed[i] ^= 1;
            Files.write(path, changed);
            assertThatIOException().as("byte " + i).isThrownBy(() -> openAndCheck(path));
        }
        Files.write(path, java.util.Arrays.copyOf(whole, whole.length - 1));
        assertThatIOException().isThrownBy(() -> openAndCheck(path));
        Path unchecked = file("{}", 0);
        assertThatIOException()
                .isThrownBy(() -> openAndCheck(unchecked))
                .withMessageContaining("no checksum");
    }

    private static void openAndCheck(Path path) throws IOException {
        try (SafetensorsFile file = new SafetensorsFile(path)) {
            file.check();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {'x': {'dtype': 'F32', 'shape': [2], 'data_offsets': [0, 16]}} | which are 8 bytes
                    {'x': {'dtype': 'F32', 'shape': [5], 'data_offsets': [0, 20]}} | data of 16 bytes
                    {'x': {'dtype': 'F32', 'shape': [-4], 'data_offsets': [0, 16]}} | shape of -4
                    {'x': {'dtype': 'F32', 'shape': [4], 'data_offsets': [-16, 0]}} | data_offsets of -16
                    {'x': {'dtype': 'F32', 'shape': [4], 'data_offsets': [16, 0]}} | at [16, 0]
                    {'x': {'dtype': 'F32', 'shape': [4294967296, 4294967296], 'data_offsets': [0, 0]}} | more than 2^63
                    {'x': {'dtype': 'F32', 'shape': [4], 'data_offsets': [0, 9223372036854775808]}} | data_offsets of 9223372036854775808
                    {'x': {'dtype': 'F32', 'shape': [4], 'data_offsets': [0, 18446744073709551632]}} | data_offsets of 18446744073709551632
                    {'x': {'dtype': 'F32', 'shape': [4.0], 'data_offsets': [0, 16]}} | shape of 4.0
                    {'x': {'dtype': 'F32', 'shape': [4], 'data_offsets': [0, 1.6e1]}} | data_offsets of 1.6e1
                    {'x': {'dtype': 'F32', 'shape': ['4'], 'data_offsets': [0, 16]}} | shape of 4
                    {'x': {'dtype': 'F32', 'shape': [4]}} | x without dtype, shape or two data_offsets
                    {'x': {'dtype': 'F32', 'shape': [4], 'data_offsets': [0]}} | x without
                    {'x': {'dtype': 'F32', 'shape': [4], 'shape': [4], 'data_offsets': [0, 16]}} | x with two shape
                    {'x': {'dtype': 'F32', 'shape': [4], 'offset': 0, 'data_offsets': [0, 16]}} | x with a key offset
                    {'x': {'dtype': 'F4', 'shape': [32], 'data_offsets': [0, 16]}} | x of type F4
                    {'x': {'dtype': 'I64', 'shape': [2], 'data_offsets': [0, 16]}, 'x': {'dtype': 'I64', 'shape': [0], 'data_offsets': [16, 16]}} | two tensors named x
                    {'x': {'dtype': 'I64', 'shape': [2], 'data_offsets': [0, 16]}, 'y': {'dtype': 'I64', 'shape': [1], 'data_offsets': [8, 16]}} | y overlapping x
                    {'x': {'dtype': 'I64', 'shape': [2], 'data_offsets': [0, 16]}, 'y': {'dtype': 'I64', 'shape': [2], 'data_offsets': [0, 16]}} | y overlapping x
                    {'x': {'dtype': 'I64', 'shape': [1], 'data_offsets': [8, 16]}} | x not right behind the header
                    {'x': {'dtype': 'I64', 'shape': [1], 'data_offsets': [0, 8]}} | 8 bytes behind x
                    {'__metadata__': {'a': 1}, 'x': {'dtype': 'I64', 'shape': [2], 'data_offsets': [0, 16]}} | metadata a that is not a text
                    {'__metadata__': {'a': '1', 'a': '1'}} | two metadata named a
                    {'x': 1} | cannot be read
                    {'x' | cannot be read: End of input
                    {} x | cannot be read: no JSON
                    {'x': x} | cannot be read
                    [1] | a header without tensors
                    """)
    void refusesWhatTheFormatDoes(String header, String found) throws IOException {
        Path path = file(header, 16);
        assertThatIOException()
                .isThrownBy(() -> new SafetensorsFile(path).close())
                .withMessageContaining(path + " is not a safetensors file or is cut off: it has ")
                .withMessageContaining(found);
    }

    @Test
    void refusesAFileThatIsNone() throws IOException {
        Path text =
                Files.writeString(directory.resolve("text"), "version https://git-lfs.github.com");
        assertThatIOException()
                .isThrownBy(() -> new SafetensorsFile(text).close())
                .withMessageContaining("is not a safetensors file");
        Path empty = Files.writeString(directory.resolve("empty"), "");
        assertThatIOException()
                .isThrownBy(() -> new SafetensorsFile(empty).close())
                .withMessageContaining("it has 0 bytes");
    }

    @Test
    void refusesALongHeaderUnread() throws IOException {
        Path path = directory.resolve("long");
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.writeLong(Long.reverseBytes(100_000_001));
            file.setLength(200_000_000);
        }
        assertThatIOException()
                .isThrownBy(() -> new SafetensorsFile(path).close())
                .withMessageContaining(
                        "a header of 100,000,001 bytes, expected at most 16,777,216"
                                + " (-Dtram.limit.header=N sets that)");
    }

    @Test
    void refusesAPathThatIsNoFile() {
        assertThatIOException()
                .isThrownBy(() -> new SafetensorsFile(directory).close())
                .withMessageContaining("must be a file");
    }

    @Test
    void refusesManyTensorsAndManyDimensions() throws IOException {
        String entry = "'%s': {'dtype': 'F32', 'shape': [0], 'data_offsets': [0, 0]}";
        Limit.TENSORS.set(2);
        try {
            String two = entry.formatted("a") + ", " + entry.formatted("b");
            new SafetensorsFile(file("{" + two + "}", 0)).close();
            Path three = file("{" + two + ", " + entry.formatted("c") + "}", 0);
            assertThatIOException()
                    .isThrownBy(() -> new SafetensorsFile(three).close())
                    .withMessageContaining("3 tensors or more, expected at most 2");
        } finally {
            System.clearProperty("tram.limit.tensors");
        }
        Path deep =
                file(
                        "{"
                                + entry.formatted("a").replace("[0]", "[0" + ",1".repeat(64) + "]")
                                + "}",
                        0);
        assertThatIOException()
                .isThrownBy(() -> new SafetensorsFile(deep).close())
                .withMessageContaining("a with shape of more than 64 numbers");
    }

    /** A name as long as a header may be is not repeated in full. */
    @Test
    void messagesAreShort() throws IOException {
        Path path = file("{'" + "x".repeat(100_000) + "': {}}", 0);
        assertThatIOException()
                .isThrownBy(() -> new SafetensorsFile(path).close())
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(1_100));
    }
}
