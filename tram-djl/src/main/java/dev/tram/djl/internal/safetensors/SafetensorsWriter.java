package dev.tram.djl.internal.safetensors;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.tram.core.internal.Arguments;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.CRC32;

/** Writes safetensors files. */
public final class SafetensorsWriter {

    /** The name of the last tensor of a checked file: the CRC-32 of header and data before it. */
    public static final String CHECKSUM = "checksum";

    private static final int PIECE = 1 << 22;
    private static final int ALIGNMENT = 8;

    private final FileChannel channel;
    private final CRC32 checksum = new CRC32();

    private SafetensorsWriter(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Writes arrays in pieces; a view need not be contiguous.
     *
     * @param path the file, which is created or overwritten
     * @param metadata texts for the header, such as {@code format: pt} of Hugging Face's models
     * @param arrays the arrays by name
     * @throws IOException if it cannot be written
     * @throws IllegalArgumentException if an array has a type that the format lacks
     */
    public static void write(Path path, Map<String, String> metadata, Map<String, NDArray> arrays)
            throws IOException {
        write(path, metadata, arrays, false);
    }

    /**
     * Writes arrays and, as a last tensor, a checksum, for {@link SafetensorsFile#check}; the file
     * is on the disk when this returns.
     *
     * @param path the file, which is created or overwritten
     * @param metadata texts for the header
     * @param arrays the arrays by name, none of them called {@value #CHECKSUM}
     * @throws IOException if it cannot be written
     * @throws IllegalArgumentException if an array has a type that the format lacks
     */
    public static void writeChecked(
            Path path, Map<String, String> metadata, Map<String, NDArray> arrays)
            throws IOException {
        write(path, metadata, arrays, true);
    }

    private static void write(
            Path path, Map<String, String> metadata, Map<String, NDArray> arrays, boolean checked)
            throws IOException {
        byte[] header = header(metadata, arrays, checked);
        try (FileChannel channel =
                FileChannel.open(
                        path,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            writeFully(channel, number(header.length));
            SafetensorsWriter writer = new SafetensorsWriter(channel);
            writer.write(ByteBuffer.wrap(header));
            for (NDArray array : arrays.values()) {
                writer.write(array);
            }
            if (checked) {
                writeFully(channel, number(writer.checksum.getValue()));
                channel.force(true);
            }
        }
    }

    private static ByteBuffer number(long value) {
        return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(0, value);
    }

    /** The header, padded with blanks so that the values are aligned. */
    private static byte[] header(
            Map<String, String> metadata, Map<String, NDArray> arrays, boolean checked) {
        JsonObject texts = new JsonObject();
        metadata.forEach(texts::addProperty);
        JsonObject header = new JsonObject();
        header.add(SafetensorsHeader.METADATA, texts);
        long offset = 0;
        for (Map.Entry<String, NDArray> entry : arrays.entrySet()) {
            NDArray array = entry.getValue();
            long end = offset + array.size() * array.getDataType().getNumOfBytes();
            header.add(entry.getKey(), tensor(type(entry), array.getShape(), offset, end));
            offset = end;
        }
        if (checked) {
            header.add(CHECKSUM, tensor("I64", new Shape(1), offset, offset + Long.BYTES));
        }
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        byte[] padded = new byte[(json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT];
        Arrays.fill(padded, (byte) ' ');
        System.arraycopy(json, 0, padded, 0, json.length);
        return padded;
    }

    private static String type(Map.Entry<String, NDArray> entry) {
        try {
            return entry.getValue().getDataType().asSafetensors();
        } catch (IllegalArgumentException e) {
            throw Arguments.rejected(
                    "the type of " + entry.getKey(),
                    "one that safetensors files hold",
                    entry.getValue().getDataType());
        }
    }

    private static JsonObject tensor(String type, Shape shape, long begin, long end) {
        JsonArray dimensions = new JsonArray();
        for (long dimension : shape.getShape()) {
            dimensions.add(dimension);
        }
        JsonArray offsets = new JsonArray();
        offsets.add(begin);
        offsets.add(end);
        JsonObject json = new JsonObject();
        json.addProperty("dtype", type);
        json.add("shape", dimensions);
        json.add("data_offsets", offsets);
        return json;
    }

    private void write(NDArray array) throws IOException {
        try (NDArray flat = array.reshape(-1)) {
            long size = flat.size();
            for (long done = 0; done < size; done += PIECE) {
                NDIndex range = new NDIndex("{}:{}", done, Math.min(size, done + PIECE));
                try (NDManager scope = flat.getManager().newSubManager();
                        NDArray piece = flat.get(range)) {
                    // What a GPU's array is read through belongs to the array's manager.
                    piece.attach(scope);
                    write(piece.toByteBuffer());
                }
            }
        }
    }

    private void write(ByteBuffer data) throws IOException {
        checksum.update(data.duplicate());
        writeFully(channel, data);
    }

    private static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }
}
