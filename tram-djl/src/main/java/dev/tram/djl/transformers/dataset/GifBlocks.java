package dev.tram.djl.transformers.dataset;

import java.io.ByteArrayOutputStream;

/**
 * The blocks of a GIF file up to its first image, without comments and the like: Java's reader
 * takes a long time for long ones, though nobody asked for them.
 */
final class GifBlocks {

    private static final int HEAD = 13;
    private static final int FLAGS = 10;
    private static final int EXTENSION = 0x21;

    /** What says which colour is transparent. */
    private static final int CONTROL = 0xF9;

    private GifBlocks() {}

    static boolean isGif(byte[] file) {
        return file.length > HEAD && file[0] == 'G' && file[1] == 'I' && file[2] == 'F';
    }

    /** Returns the file without them; damaged ones are left to the reader. */
    static byte[] withoutComments(byte[] gif) {
        int position = Math.min(HEAD + colours(gif[FLAGS]), gif.length);
        ByteArrayOutputStream kept = new ByteArrayOutputStream();
        kept.write(gif, 0, position);
        while (position + 1 < gif.length && gif[position] == EXTENSION) {
            int end = behindData(gif, position + 2);
            if ((gif[position + 1] & 0xFF) == CONTROL) {
                kept.write(gif, position, end - position);
            }
            position = end;
        }
        kept.write(gif, position, gif.length - position);
        return kept.toByteArray();
    }

    /** The bytes of the table of colours. */
    private static int colours(int flags) {
        return (flags & 0x80) == 0 ? 0 : 3 * (2 << (flags & 7));
    }

    /**
     * The position behind pieces of data, each with its length before it, of which the last is 0.
     */
    private static int behindData(byte[] gif, int begin) {
        int position = begin;
        while (position < gif.length && gif[position] != 0) {
            position += 1 + (gif[position] & 0xFF);
        }
        return Math.min(position + 1, gif.length);
    }
}
