package dev.tram.experiments.data;

import dev.tram.djl.internal.files.PositionedRead;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Records of bytes on disk, to be read in any order: {@code NAME} holds them one after the other,
 * {@code NAME.index} where each begins and where the last one ends, 8 bytes each in network order.
 * Only what is asked for is in memory. Safe for concurrent use.
 */
public final class RecordFile implements Closeable {

    private final FileChannel records;
    private final FileChannel index;
    private final int size;

    private RecordFile(FileChannel records, FileChannel index) throws IOException {
        this.records = records;
        this.index = index;
        size = Math.toIntExact(index.size() / Long.BYTES) - 1;
    }

    /** Opens the records of a file whose index lies beside it. */
    public static RecordFile open(Path file) throws IOException {
        FileChannel records = FileChannel.open(file, StandardOpenOption.READ);
        try {
            return new RecordFile(records, FileChannel.open(index(file), StandardOpenOption.READ));
        } catch (IOException e) {
            records.close();
            throw e;
        }
    }

    /** Begins new records; their index will lie beside the file. */
    public static Writer create(Path file) throws IOException {
        return new Writer(file);
    }

    private static Path index(Path file) {
        return file.resolveSibling(file.getFileName() + ".index");
    }

    public int size() {
        return size;
    }

    public long bytes() {
        return read(index, (long) size * Long.BYTES, Long.BYTES).getLong();
    }

    /** Returns the number of bytes of a record, counted from 0. */
    public int length(int number) {
        ByteBuffer entry = entry(number);
        return Math.toIntExact(entry.getLong(Long.BYTES) - entry.getLong(0));
    }

    /**
     * Reads a record.
     *
     * @param number which one, from 0
     * @throws IndexOutOfBoundsException if there is none of that number
     */
    public ByteBuffer get(int number) {
        ByteBuffer entry = entry(number);
        long begin = entry.getLong();
        return read(begin, Math.toIntExact(entry.getLong() - begin));
    }

    private ByteBuffer entry(int number) {
        if (number < 0 || number >= size) {
            throw new IndexOutOfBoundsException(
                    "record must be in [0, " + size + "), received: " + number);
        }
        return read(index, (long) number * Long.BYTES, 2 * Long.BYTES);
    }

    /**
     * Reads bytes, whichever records they belong to.
     *
     * @param begin the first byte, from 0
     * @throws UncheckedIOException if the file cannot be read, or ends early
     */
    public ByteBuffer read(long begin, int length) {
        return read(records, begin, length);
    }

    private static ByteBuffer read(FileChannel channel, long begin, int length) {
        try {
            return PositionedRead.fill(
                    channel, begin, ByteBuffer.allocate(length), "a file of records");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        try (records) {
            index.close();
        }
    }

    /** Writes records, one after the other. */
    public static final class Writer implements Closeable {

        private static final int BUFFER = 1 << 16;

        private final DataOutputStream records;
        private final DataOutputStream index;
        private long written;

        private Writer(Path file) throws IOException {
            records = open(file);
            index = open(index(file));
        }

        private static DataOutputStream open(Path file) throws IOException {
            return new DataOutputStream(
                    new BufferedOutputStream(Files.newOutputStream(file), BUFFER));
        }

        public void add(byte... record) throws IOException {
            index.writeLong(written);
            records.write(record);
            written += record.length;
        }

        @Override
        public void close() throws IOException {
            try (records) {
                index.writeLong(written);
                index.close();
            }
        }
    }
}
