package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tram.djl.internal.files.PositionedRead;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A safetensors file, open for reading: eight bytes that give the length of a JSON header
 * (little-endian), the header, the values. Tensors are read one at a time and in pieces, so a file
 * of any size needs no memory beyond its arrays.
 *
 * @see <a href="https://huggingface.co/docs/safetensors">the format</a>
 */
final class SafetensorsFile implements AutoCloseable {

    static final String METADATA = "__metadata__";

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int PIECE_BYTES = 1 << 24;
    private static final int LONGEST_HEADER = 100_000_000;

    private final Path path;
    private final FileChannel channel;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /**
     * Where a tensor lies.
     *
     * @param type the type of its values
     * @param shape its shape
     * @param position the file position of its first byte
     */
    record Entry(DataType type, Shape shape, long position) {}

    /**
     * Opens a file and reads its header.
     *
     * @param path the file
     * @throws IOException if it cannot be read or is no safetensors file
     */
    SafetensorsFile(Path path) throws IOException {
        this.path = path;
        channel = FileChannel.open(path, StandardOpenOption.READ);
        try {
            readHeader();
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private void readHeader() throws IOException {
        long length = read(0, ByteBuffer.allocate(Long.BYTES)).getLong();
        if (length < 2 || length > Math.min(LONGEST_HEADER, channel.size() - Long.BYTES)) {
            throw malformed("a header of " + length + " bytes");
        }
        long start = Long.BYTES + length;
        byte[] header = read(Long.BYTES, ByteBuffer.allocate((int) length)).array();
        for (Map.Entry<String, JsonNode> field : tree(header).properties()) {
            if (!field.getKey().equals(METADATA)) {
                entries.put(field.getKey(), entry(field.getKey(), field.getValue(), start));
            }
        }
    }

    private JsonNode tree(byte[] header) throws IOException {
        try {
            JsonNode tree = MAPPER.readTree(header);
            if (tree.isObject()) {
                return tree;
            }
            throw malformed("a header without tensors");
        } catch (JsonProcessingException e) {
            throw new IOException(path + ": header: " + e.getOriginalMessage(), e);
        }
    }

    private Entry entry(String name, JsonNode json, long start) throws IOException {
        DataType type = type(name, json.path("dtype").asText());
        JsonNode dimensions = json.path("shape");
        long[] sizes = new long[dimensions.size()];
        BigInteger bytes = BigInteger.valueOf(type.getNumOfBytes());
        for (int i = 0; i < sizes.length; i++) {
            JsonNode size = dimensions.get(i);
            sizes[i] = size.isIntegralNumber() ? size.asLong() : -1;
            bytes = bytes.multiply(BigInteger.valueOf(sizes[i]));
        }
        long begin = json.path("data_offsets").path(0).asLong(-1);
        long end = json.path("data_offsets").path(1).asLong(-1);
        if (Arrays.stream(sizes).anyMatch(size -> size < 0)
                || begin < 0
                || end > channel.size() - start
                || !bytes.equals(BigInteger.valueOf(end - begin))) {
            throw malformed(name + ": " + json);
        }
        return new Entry(type, new Shape(sizes), start + begin);
    }

    private DataType type(String name, String dtype) throws IOException {
        try {
            return DataType.fromSafetensors(dtype);
        } catch (IllegalArgumentException e) {
            throw new IOException(path + ": " + name + " has type " + dtype, e);
        }
    }

    private IOException malformed(String what) {
        return new IOException(path + " is no safetensors file or is cut off: it has " + what);
    }

    private ByteBuffer read(long position, ByteBuffer buffer) throws IOException {
        return PositionedRead.fill(channel, position, buffer, path.toString())
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Returns the file. */
    Path path() {
        return path;
    }

    /** Returns the tensors by name, in the order of the header. */
    Map<String, Entry> entries() {
        return Collections.unmodifiableMap(entries);
    }

    /**
     * Reads a tensor as float32.
     *
     * @param manager the owner of the array
     * @param name a name in {@link #entries}
     * @return the array
     */
    NDArray read(NDManager manager, String name) throws IOException {
        Entry entry = entries.get(name);
        int width = entry.type().getNumOfBytes();
        long size = entry.shape().size();
        NDArray array = manager.create(entry.shape(), DataType.FLOAT32);
        ByteBuffer buffer = ByteBuffer.allocateDirect((int) Math.min(size * width, PIECE_BYTES));
        try (NDArray flat = array.reshape(-1)) {
            for (long done = 0; done < size; done += buffer.limit() / width) {
                buffer.clear().limit((int) Math.min((size - done) * width, PIECE_BYTES));
                set(flat, done, read(entry.position() + done * width, buffer), entry.type());
            }
        }
        return array;
    }

    /** Copies a piece of values into an array, from an index on. */
    private static void set(NDArray flat, long from, ByteBuffer buffer, DataType type) {
        int count = buffer.limit() / type.getNumOfBytes();
        try (NDArray stored = create(flat.getManager(), buffer, new Shape(count), type);
                NDArray piece = stored.toType(DataType.FLOAT32, false)) {
            flat.set(new NDIndex("{}:{}", from, from + count), piece);
        }
    }

    /** DJL's PyTorch engine knows no bfloat16: asked for one, it ends the process. */
    private static NDArray create(
            NDManager manager, ByteBuffer buffer, Shape shape, DataType type) {
        return type == DataType.BFLOAT16
                ? manager.create(widened(buffer.asShortBuffer()), shape)
                : manager.create(buffer, shape, type);
    }

    /** A bfloat16 is the upper half of a float32. */
    private static float[] widened(ShortBuffer halves) {
        float[] values = new float[halves.remaining()];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.intBitsToFloat(halves.get(i) << Short.SIZE);
        }
        return values;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
