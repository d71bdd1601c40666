package dev.tram.examples.task.domains;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.tram.core.internal.Arguments;
import dev.tram.experiments.Batches;
import dev.tram.experiments.Examples;
import dev.tram.experiments.data.RecordFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * A stream of tokens on disk, a record per text, 4 bytes a token in network order, in blocks of T
 * tokens. A block is read with the token after it, which is the next block's first: so each token
 * of the stream but the first is predicted once. What does not fill a block at the end is left out.
 * Safe for concurrent use.
 */
public final class TokenBlocks implements Examples, Closeable {

    private final RecordFile tokens;
    private final int length;
    private final int size;

    private TokenBlocks(RecordFile tokens, int length) {
        this.tokens = tokens;
        this.length = length;
        size = Math.toIntExact(Math.max(0, tokens.bytes() / Integer.BYTES - 1) / length);
    }

    /**
     * Opens a stream.
     *
     * @param length the number of tokens T of a block
     */
    public static TokenBlocks open(Path file, int length) throws IOException {
        Arguments.atLeast("block", length, 1);
        return new TokenBlocks(RecordFile.open(file), length);
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

    /** Reads the T tokens of a block and the one after them. */
    public int[] get(int block) {
        if (block < 0 || block >= size) {
            throw new IndexOutOfBoundsException(
                    "block must be in [0, " + size + "), received: " + block);
        }
        long begin = (long) block * length * Integer.BYTES;
        int[] ids = new int[length + 1];
        tokens.read(begin, ids.length * Integer.BYTES).asIntBuffer().get(ids);
        return ids;
    }

    @Override
    public void close() throws IOException {
        tokens.close();
    }

    /** Returns the record of some tokens. */
    static byte[] record(long... ids) {
        ByteBuffer bytes = ByteBuffer.allocate(ids.length * Integer.BYTES);
        for (long id : ids) {
            bytes.putInt(Math.toIntExact(id));
        }
        return bytes.array();
    }
}
