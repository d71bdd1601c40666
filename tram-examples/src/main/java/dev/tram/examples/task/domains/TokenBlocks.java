package dev.tram.examples.task.domains;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.PositionedRead;
import dev.tram.examples.experiment.Batches;
import dev.tram.examples.experiment.Examples;
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
 * A stream of tokens on disk, 4 bytes each in network order, in blocks of T tokens. A block is read
 * with the token after it, which is the next block's first: so each token of the stream but the
 * first is predicted once. What does not fill a block at the end is left out. Safe for concurrent
 * use.
 */
public final class TokenBlocks implements Examples, Closeable {

    private static final int BUFFER = 1 << 16;

    private final FileChannel tokens;
    private final int length;
    private final int size;

    private TokenBlocks(FileChannel tokens, int length) throws IOException {
        this.tokens = tokens;
        this.length = length;
        size = Math.toIntExact(Math.max(0, tokens.size() / Integer.BYTES - 1) / length);
    }

    /**
     * Opens a stream.
     *
     * @param file the file
     * @param length the number of tokens T of a block
     * @return the blocks
     * @throws IOException if the file cannot be opened
     */
    public static TokenBlocks open(Path file, int length) throws IOException {
        Arguments.atLeast("block", length, 1);
        return new TokenBlocks(FileChannel.open(file, StandardOpenOption.READ), length);
    }

    /**
     * Begins a new stream.
     *
     * @param file the file
     * @return the writer
     * @throws IOException if it cannot be written
     */
    public static Writer create(Path file) throws IOException {
        return new Writer(file);
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int length(int item) {
        return length;
    }

    /** A batch of inputs (N, T), and of labels (N, T): the token after each. */
    @Override
    public Prepared prepare(int... items) {
        long[] inputs = new long[items.length * length];
        long[] labels = new long[items.length * length];
        for (int row = 0; row < items.length; row++) {
            int[] ids = get(items[row]);
            for (int i = 0; i < length; i++) {
                inputs[row * length + i] = ids[i];
                labels[row * length + i] = ids[i + 1];
            }
        }
        Shape shape = new Shape(items.length, length);
        return manager ->
                Batches.of(
                        manager,
                        new NDList(manager.create(inputs, shape)),
                        new NDList(manager.create(labels, shape)),
                        items.length);
    }

    /**
     * Returns the number of tokens of a block.
     *
     * @return T
     */
    public int length() {
        return length;
    }

    /**
     * Reads a block.
     *
     * @param block which one, from 0
     * @return its T tokens and the one after them
     * @throws IndexOutOfBoundsException if there is none of that number
     * @throws UncheckedIOException if the file cannot be read
     */
    public int[] get(int block) {
        if (block < 0 || block >= size) {
            throw new IndexOutOfBoundsException(
                    "block must be in [0, " + size + "), received: " + block);
        }
        ByteBuffer bytes = ByteBuffer.allocate((length + 1) * Integer.BYTES);
        long begin = (long) block * length * Integer.BYTES;
        int[] ids = new int[length + 1];
        try {
            PositionedRead.fill(tokens, begin, bytes, "a file of tokens").asIntBuffer().get(ids);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ids;
    }

    @Override
    public void close() throws IOException {
        tokens.close();
    }

    /** Writes a stream of tokens. */
    public static final class Writer implements Closeable {

        private final DataOutputStream out;

        private Writer(Path file) throws IOException {
            out =
                    new DataOutputStream(
                            new BufferedOutputStream(Files.newOutputStream(file), BUFFER));
        }

        /**
         * Adds tokens.
         *
         * @param ids their ids
         * @throws IOException if they cannot be written
         */
        public void add(long... ids) throws IOException {
            for (long id : ids) {
                out.writeInt(Math.toIntExact(id));
            }
        }

        @Override
        public void close() throws IOException {
            out.close();
        }
    }
}
