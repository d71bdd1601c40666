package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * Named arrays and texts in one safetensors file, which any tool for that format can list. The last
 * tensor, {@code checksum}, is the CRC-32 of the header and all data before it.
 *
 * <p>A file is written beside its place and moved there, so that a reader sees the old file or the
 * new one whole.
 */
final class CheckpointFile {

    static final String CHECKSUM = "checksum";
    private static final int MAX_HEADER = 100_000_000;
    private static final Map<DataType, String> TYPES =
            Map.of(
                    DataType.FLOAT64, "F64",
                    DataType.FLOAT32, "F32",
                    DataType.FLOAT16, "F16",
                    DataType.BFLOAT16, "BF16",
                    DataType.INT64, "I64",
                    DataType.INT32, "I32",
                    DataType.INT8, "I8",
                    DataType.UINT8, "U8",
                    DataType.BOOLEAN, "BOOL");

    private final Path path;
    private final long dataStart;
    private final Map<String, String> texts = new LinkedHashMap<>();
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    private CheckpointFile(Path path, long dataStart, JsonObject header) {
        this.path = path;
        this.dataStart = dataStart;
        for (Map.Entry<String, JsonElement> entry : header.entrySet()) {
            if (entry.getKey().equals("__metadata__")) {
                entry.getValue()
                        .getAsJsonObject()
                        .entrySet()
                        .forEach(text -> texts.put(text.getKey(), text.getValue().getAsString()));
            } else {
                tensors.put(entry.getKey(), Tensor.of(entry.getValue().getAsJsonObject()));
            }
        }
    }

    /** Where a tensor lies in the data. */
    private record Tensor(String type, Shape shape, long begin, long end) {

        static Tensor of(JsonObject json) {
            JsonArray dimensions = json.getAsJsonArray("shape");
            long[] shape = new long[dimensions.size()];
            for (int i = 0; i < shape.length; i++) {
                shape[i] = dimensions.get(i).getAsLong();
            }
            JsonArray offsets = json.getAsJsonArray("data_offsets");
            return new Tensor(
                    json.get("dtype").getAsString(),
                    new Shape(shape),
                    offsets.get(0).getAsLong(),
                    offsets.get(1).getAsLong());
        }
    }

    /** Writes a file; an older one of that name is replaced at the very end. */
    static void write(Path path, Map<String, String> texts, Map<String, NDArray> arrays)
            throws IOException {
        Path target = path.toAbsolutePath();
        if (Files.isDirectory(target)) {
            throw new FileSystemException(
                    path.toString(), null, "save(path) needs a file's name, received: a folder");
        }
        if (!Files.isDirectory(target.getParent())) {
            throw new NoSuchFileException(
                    path.toString(),
                    null,
                    "save(path) needs a file in an existing folder, received: no folder "
                            + target.getParent());
        }
        byte[] header = header(texts, arrays).toString().getBytes(StandardCharsets.UTF_8);
        Path temporary = target.resolveSibling(target.getFileName() + ".tmp");
        try {
            write(temporary, header, arrays.values());
            Files.move(
                    temporary,
                    target,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static void write(Path file, byte[] header, Iterable<NDArray> arrays)
            throws IOException {
        try (FileChannel channel =
                FileChannel.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            writeFully(channel, length.putLong(0, header.length));
            writeFully(channel, ByteBuffer.wrap(header));
            CRC32 checksum = new CRC32();
            checksum.update(header);
            for (NDArray array : arrays) {
                write(channel, array, checksum);
            }
            ByteBuffer end = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            writeFully(channel, end.putLong(0, checksum.getValue()));
            channel.force(true);
        }
    }

    /** What a GPU's array is read through belongs to the array's manager: here, to a view's. */
    private static void write(FileChannel channel, NDArray array, CRC32 checksum)
            throws IOException {
        try (NDManager scope = array.getManager().newSubManager();
                NDArray view = array.reshape(array.getShape())) {
            view.attach(scope);
            ByteBuffer data = view.toByteBuffer();
            checksum.update(data.duplicate());
            writeFully(channel, data);
        }
    }

    private static JsonObject header(Map<String, String> texts, Map<String, NDArray> arrays) {
        JsonObject metadata = new JsonObject();
        texts.forEach(metadata::addProperty);
        JsonObject header = new JsonObject();
        header.add("__metadata__", metadata);
        long offset = 0;
        for (Map.Entry<String, NDArray> entry : arrays.entrySet()) {
            NDArray array = entry.getValue();
            long bytes = array.size() * array.getDataType().getNumOfBytes();
            String type = TYPES.get(array.getDataType());
            if (type == null) {
                throw new IllegalStateException(
                        entry.getKey()
                                + " must be of a type that safetensors files hold, received: "
                                + array.getDataType());
            }
            header.add(entry.getKey(), tensor(type, array.getShape(), offset, bytes));
            offset += bytes;
        }
        header.add(CHECKSUM, tensor("I64", new Shape(1), offset, Long.BYTES));
        return header;
    }

    private static JsonObject tensor(String type, Shape shape, long offset, long bytes) {
        JsonArray dimensions = new JsonArray();
        for (long dimension : shape.getShape()) {
            dimensions.add(dimension);
        }
        JsonArray offsets = new JsonArray();
        offsets.add(offset);
        offsets.add(offset + bytes);
        JsonObject json = new JsonObject();
        json.addProperty("dtype", type);
        json.add("shape", dimensions);
        json.add("data_offsets", offsets);
        return json;
    }

    private static void writeFully(FileChannel channel, ByteBuffer data) throws IOException {
        while (data.hasRemaining()) {
            channel.write(data);
        }
    }

    /**
     * Opens a file and reads its header; {@link #checkWhole} is up to the caller, who knows whether
     * the file is of a version that has a checksum.
     *
     * @throws IOException if the file cannot be read, or its header is truncated or damaged
     */
    static CheckpointFile open(Path path) throws IOException {
        if (!Files.isRegularFile(path)) {
            String received = Files.exists(path) ? "no file but a folder" : "no such file";
            throw new NoSuchFileException(
                    path.toString(),
                    null,
                    "load(path) needs a checkpoint that save(path) wrote, received: " + received);
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long headerLength = read(path, channel, 0, Long.BYTES).getLong(0);
            if (headerLength <= 0
                    || headerLength > MAX_HEADER
                    || headerLength + Long.BYTES > channel.size()) {
                throw damaged(path, channel.size() + " bytes with a header of " + headerLength);
            }
            ByteBuffer text = read(path, channel, Long.BYTES, headerLength);
            JsonObject header =
                    JsonParser.parseString(StandardCharsets.UTF_8.decode(text).toString())
                            .getAsJsonObject();
            return new CheckpointFile(path, Long.BYTES + headerLength, header);
        } catch (RuntimeException e) {
            // A damaged header can be JSON of any other kind, which Gson refuses in many ways.
            throw new IOException(damaged(path, "an unreadable header").getMessage(), e);
        }
    }

    /**
     * Checks that nothing is missing or changed.
     *
     * @throws IOException if the file cannot be read, is truncated or damaged
     */
    void checkWhole() throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            Tensor checksum = tensors.get(CHECKSUM);
            if (checksum == null) {
                throw damaged(path, "no checksum");
            }
            long expected = dataStart + checksum.end;
            if (channel.size() != expected) {
                throw damaged(path, channel.size() + " bytes instead of " + expected);
            }
            long actual = checksum(channel, dataStart + checksum.begin);
            if (read(path, channel, expected - Long.BYTES, Long.BYTES).getLong(0) != actual) {
                throw damaged(path, "data that do not fit their checksum");
            }
        }
    }

    /** The CRC-32 of all behind the header's length up to a position. */
    private long checksum(FileChannel channel, long end) throws IOException {
        CRC32 actual = new CRC32();
        ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
        channel.position(Long.BYTES);
        while (channel.position() < end) {
            long left = end - channel.position();
            buffer.clear().limit((int) Math.min(buffer.capacity(), left));
            if (channel.read(buffer) < 0) {
                throw damaged(path, "an early end");
            }
            actual.update(buffer.flip());
        }
        return actual.getValue();
    }

    private static IOException damaged(Path path, String received) {
        return new IOException(
                path + " must be a whole checkpoint of TramOptimizer, received: " + received);
    }

    private static ByteBuffer read(Path path, FileChannel channel, long position, long length)
            throws IOException {
        ByteBuffer buffer =
                ByteBuffer.allocateDirect(Math.toIntExact(length)).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw damaged(path, "an early end");
            }
        }
        return buffer.flip();
    }

    Map<String, String> texts() {
        return texts;
    }

    boolean contains(String name) {
        return tensors.containsKey(name);
    }

    Iterable<String> names() {
        return tensors.keySet();
    }

    /** The shape of a tensor, or null. */
    Shape shape(String name) {
        Tensor tensor = tensors.get(name);
        return tensor == null ? null : tensor.shape;
    }

    /** Reads a tensor into an array owned by the manager. */
    NDArray array(String name, NDManager manager) throws IOException {
        Tensor tensor = tensors.get(name);
        DataType type =
                TYPES.entrySet().stream()
                        .filter(entry -> entry.getValue().equals(tensor.type))
                        .map(Map.Entry::getKey)
                        .findFirst()
                        .orElseThrow(() -> new IllegalStateException("type " + tensor.type));
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            ByteBuffer data =
                    read(path, channel, dataStart + tensor.begin, tensor.end - tensor.begin);
            // PyTorch keeps the buffer as the array's memory: the copy is the array's own.
            try (NDArray array = manager.create(data, tensor.shape, type)) {
                return array.duplicate();
            }
        }
    }
}
