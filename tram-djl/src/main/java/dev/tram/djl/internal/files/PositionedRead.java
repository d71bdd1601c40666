package dev.tram.djl.internal.files;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Reads a part of a file, whatever other threads read of it. */
public final class PositionedRead {

    private PositionedRead() {}

    /**
     * Fills a buffer.
     *
     * @param channel the file
     * @param position where the part begins
     * @param buffer an empty buffer of the part's length
     * @param name what the file is called in messages
     * @return the buffer, ready to be read
     * @throws EOFException if the file ends within the part
     * @throws IOException if it cannot be read
     */
    public static ByteBuffer fill(
            FileChannel channel, long position, ByteBuffer buffer, String name) throws IOException {
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new EOFException(name + " ends early");
            }
        }
        return buffer.flip();
    }
}
