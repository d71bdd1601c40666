package dev.tram.examples.data;

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
 * Tokenised examples on disk, to be read in any order. Only what is asked for is in memory. Safe
 * for concurrent use.
 *
 * <p>{@code NAME.tokens} holds the token ids, 4 bytes each; {@code NAME.index} per example where
 * its tokens begin (8 bytes), where those of the second text begin (4) and the class (4), and one
 * entry more for the end. Bytes are in network order.
 */
public final class TokenFile implements Closeable {

    private static final int ENTRY = Long.BYTES + 2 * Integer.BYTES;

    private final FileChannel tokens;
    private final FileChannel index;
    private final int size;

    private TokenFile(FileChannel tokens, FileChannel index) throws IOException {
        this.tokens = tokens;
        this.index = index;
        size = Math.toIntExact(index.size() / ENTRY) - 1;
    }

    /**
     * Opens examples.
     *
     * @param directory where the two files lie
     * @param name what their names begin with
     * @return the examples
     * @throws IOException if a file cannot be opened
     */
    public static TokenFile open(Path directory, String name) throws IOException {
        FileChannel tokens = FileChannel.open(tokens(directory, name), StandardOpenOption.READ);
        try {
            return new TokenFile(
                    tokens, FileChannel.open(index(directory, name), StandardOpenOption.READ));
        } catch (IOException e) {
            tokens.close();
            throw e;
        }
    }

    /**
     * Begins new files.
     *
     * @param directory where the two files will lie
     * @param name what their names begin with
     * @return the writer
     * @throws IOException if a file cannot be written
     */
    public static Writer create(Path directory, String name) throws IOException {
        return new Writer(tokens(directory, name), index(directory, name));
    }

    private static Path tokens(Path directory, String name) {
        return directory.resolve(name + ".tokens");
    }

    private static Path index(Path directory, String name) {
        return directory.resolve(name + ".index");
    }

    /**
     * Returns the number of examples.
     *
     * @return the number
     */
    public int size() {
        return size;
    }

    /**
     * Reads an example.
     *
     * @param number which one, from 0
     * @return the example
     * @throws IndexOutOfBoundsException if there is none of that number
     * @throws UncheckedIOException if a file cannot be read
     */
    public Tokens get(int number) {
        if (number < 0 || number >= size) {
            throw new IndexOutOfBoundsException(
                    "example must be in [0, " + size + "), received: " + number);
        }
        ByteBuffer entry = read(index, (long) number * ENTRY, ENTRY + Long.BYTES);
        long begin = entry.getLong();
        int pairStart = entry.getInt();
        int label = entry.getInt();
        int length = Math.toIntExact(entry.getLong() - begin);
        int[] ids = new int[length];
        read(tokens, begin * Integer.BYTES, length * Integer.BYTES).asIntBuffer().get(ids);
        return new Tokens(ids, pairStart, label);
    }

    /**
     * Returns the lengths of all examples.
     *
     * @return the number of tokens of each
     */
    public int[] lengths() {
        int[] lengths = new int[size];
        for (int i = 0; i < size; i++) {
            ByteBuffer entry = read(index, (long) i * ENTRY, ENTRY + Long.BYTES);
            lengths[i] = Math.toIntExact(entry.getLong(ENTRY) - entry.getLong(0));
        }
        return lengths;
    }

    private static ByteBuffer read(FileChannel channel, long position, int length) {
        try {
            return PositionedRead.fill(
                    channel, position, ByteBuffer.allocate(length), "a file of tokens");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        try (tokens) {
            index.close();
        }
    }

    /** Writes examples, one after the other. */
    public static final class Writer implements Closeable {

        private static final int BUFFER = 1 << 16;

        private final DataOutputStream tokens;
        private final DataOutputStream index;
        private long written;

        private Writer(Path tokens, Path index) throws IOException {
            this.tokens = open(tokens);
            this.index = open(index);
        }

        private static DataOutputStream open(Path file) throws IOException {
            return new DataOutputStream(
                    new BufferedOutputStream(Files.newOutputStream(file), BUFFER));
        }

        /**
         * Adds an example.
         *
         * @param example the example
         * @throws IOException if it cannot be written
         */
        public void add(Tokens example) throws IOException {
            writeEntry(example.pairStart(), example.label());
            for (int i = 0; i < example.length(); i++) {
                tokens.writeInt(example.id(i));
            }
            written += example.length();
        }

        private void writeEntry(int pairStart, int label) throws IOException {
            index.writeLong(written);
            index.writeInt(pairStart);
            index.writeInt(label);
        }

        /** Completes the files. */
        @Override
        public void close() throws IOException {
            try (tokens) {
                writeEntry(0, 0);
                index.close();
            }
        }
    }
}
