package dev.tram.djl.internal.safetensors;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tram.djl.internal.files.Limit;
import dev.tram.djl.internal.files.MalformedFileException;
import dev.tram.djl.internal.files.PositionedRead;
import dev.tram.djl.internal.files.RegularFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * A safetensors file, open for reading: eight bytes that give the length of a JSON header
 * (little-endian), the header, the values. Tensors are read one at a time and in pieces, so a file
 * of any size needs no memory beyond its arrays.
 *
 * @see <a href="https://huggingface.co/docs/safetensors">the format</a>
 */
public final class SafetensorsFile implements AutoCloseable {

    private static final int PIECE_BYTES = 1 << 24;

    private final Path path;
    private final FileChannel channel;
    private final SafetensorsHeader header;

    /**
     * Opens a file and reads its header.
     *
     * @param path the file
     * @throws IOException if it cannot be read or is not a safetensors file
     */
    public SafetensorsFile(Path path) throws IOException {
        this.path = path;
        channel = FileChannel.open(RegularFile.require(path), StandardOpenOption.READ);
        try {
            header = readHeader();
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private SafetensorsHeader readHeader() throws IOException {
        if (channel.size() < Long.BYTES) {
            throw malformed(channel.size() + " bytes, an early end");
        }
        long length = read(0, ByteBuffer.allocate(Long.BYTES)).getLong();
        if (length < 2 || length > channel.size() - Long.BYTES) {
            throw malformed("a header of " + length + " bytes");
        }
        if (length > Limit.HEADER.value()) {
            throw new MalformedFileException(
                    path + " has a header of " + Limit.HEADER.complaint(length, "bytes"));
        }
        long start = Long.BYTES + length;
        ByteBuffer bytes = read(Long.BYTES, ByteBuffer.allocate((int) length));
        try {
            return SafetensorsHeader.read(bytes, start, channel.size() - start);
        } catch (SafetensorsHeader.MalformedHeaderException e) {
            throw malformed(e.getMessage());
        }
    }

    private MalformedSafetensorsException malformed(String found) {
        return new MalformedSafetensorsException(path, found);
    }

    private ByteBuffer read(long position, ByteBuffer buffer) throws IOException {
        return PositionedRead.fill(channel, position, buffer, path.toString())
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Returns the file.
     *
     * @return its path
     */
    public Path path() {
        return path;
    }

    /**
     * Returns the tensors.
     *
     * @return where they lie, by name, in the order of the header
     */
    public Map<String, TensorEntry> entries() {
        return Collections.unmodifiableMap(header.entries());
    }

    /**
     * Returns the texts of the header.
     *
     * @return the texts by name
     */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(header.metadata());
    }

    /**
     * Checks the file against the checksum that {@link SafetensorsWriter#writeChecked} put last.
     *
     * @throws IOException if the file cannot be read, has no checksum, or was changed
     */
    public void check() throws IOException {
        TensorEntry checksum = header.entries().get(SafetensorsWriter.CHECKSUM);
        if (checksum == null
                || checksum.end() != channel.size()
                || checksum.end() - checksum.begin() != Long.BYTES) {
            throw malformed("no checksum at its end");
        }
        CRC32 actual = new CRC32();
        ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
        for (long done = Long.BYTES; done < checksum.begin(); done += buffer.limit()) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), checksum.begin() - done));
            actual.update(read(done, buffer));
        }
        long expected = read(checksum.begin(), ByteBuffer.allocate(Long.BYTES)).getLong();
        if (expected != actual.getValue()) {
            throw malformed("data that do not fit their checksum");
        }
    }

    /**
     * Reads a tensor.
     *
     * @param manager the owner of the array
     * @param name a name in {@link #entries}
     * @return the array, of the stored type; float32 for bfloat16, which DJL's PyTorch engine lacks
     * @throws IOException if the file cannot be read
     */
    public NDArray read(NDManager manager, String name) throws IOException {
        DataType stored = header.entries().get(name).type();
        return read(manager, name, stored == DataType.BFLOAT16 ? DataType.FLOAT32 : stored);
    }

    /**
     * Reads a tensor as float32.
     *
     * @param manager the owner of the array
     * @param name a name in {@link #entries}
     * @return the array
     * @throws IOException if the file cannot be read
     */
    public NDArray readFloat32(NDManager manager, String name) throws IOException {
        return read(manager, name, DataType.FLOAT32);
    }

    private NDArray read(NDManager manager, String name, DataType target) throws IOException {
        TensorEntry entry = header.entries().get(name);
        int width = entry.type().getNumOfBytes();
        long size = entry.shape().size();
        NDArray array = manager.create(entry.shape(), target);
        ByteBuffer buffer = ByteBuffer.allocateDirect((int) Math.min(size * width, PIECE_BYTES));
        try (NDArray flat = array.reshape(-1)) {
            for (long done = 0; done < size; done += buffer.limit() / width) {
                buffer.clear().limit((int) Math.min((size - done) * width, PIECE_BYTES));
                set(flat, done, read(entry.begin() + done * width, buffer), entry.type());
            }
        } catch (IOException | RuntimeException e) {
            array.close();
            throw e;
        }
        return array;
    }

    /** Copies a piece of values into an array, from an index on. */
    private static void set(NDArray flat, long from, ByteBuffer buffer, DataType type) {
        int count = buffer.limit() / type.getNumOfBytes();
        try (NDArray stored = create(flat.getManager(), buffer, new Shape(count), type);
                NDArray piece = stored.toType(flat.getDataType(), false)) {
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
