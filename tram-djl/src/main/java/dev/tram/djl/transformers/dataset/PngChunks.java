package dev.tram.djl.transformers.dataset;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;

/**
 * The chunks of a PNG file that can say how an image is turned, without those that unfold to more
 * than such a text has: what reads them would unpack all of them in memory.
 */
final class PngChunks {

    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    private static final String END = "IEND";
    private static final Set<String> OF_ORIENTATION =
            Set.of("IHDR", "eXIf", "tEXt", "zTXt", "iTXt", END);
    private static final int MOST = 100;
    private static final int LARGEST = 1 << 22;

    /** Length and type before a chunk's data, a checksum behind them. */
    private static final int HEAD = 8;

    private static final int CHECKSUM = 4;

    private PngChunks() {}

    static boolean isPng(byte[] file) {
        return file.length >= SIGNATURE.length
                && Arrays.equals(SIGNATURE, 0, SIGNATURE.length, file, 0, SIGNATURE.length);
    }

    /** Returns a PNG file of those chunks alone. */
    static byte[] ofOrientation(byte[] png) throws IOException {
        ByteArrayOutputStream kept = new ByteArrayOutputStream();
        kept.writeBytes(SIGNATURE);
        ByteBuffer chunks = ByteBuffer.wrap(png).position(SIGNATURE.length);
        int left = MOST;
        while (chunks.remaining() >= HEAD + CHECKSUM) {
            int begin = chunks.position();
            int length = chunks.getInt();
            if (length < 0 || length > chunks.remaining() - HEAD) {
                break;
            }
            byte[] type = new byte[4];
            chunks.get(type);
            String name = new String(type, StandardCharsets.ISO_8859_1);
            int data = chunks.position();
            boolean isWanted = left > 0 ? OF_ORIENTATION.contains(name) : name.equals(END);
            if (isWanted && isSmall(name, png, data, data + length)) {
                kept.write(png, begin, HEAD + length + CHECKSUM);
                left--;
            }
            chunks.position(data + length + CHECKSUM);
        }
        return kept.toByteArray();
    }

    private static boolean isSmall(String name, byte[] png, int begin, int end) throws IOException {
        int packed =
                switch (name) {
                    case "zTXt" -> behindTexts(1, png, begin, end) + 1;
                    case "iTXt" -> packedText(png, begin, end);
                    default -> end;
                };
        return end - begin <= LARGEST && (packed >= end || unfoldsLittle(png, packed, end));
    }

    /** Where an international text begins if it is packed, else the end. */
    private static int packedText(byte[] png, int begin, int end) {
        int flag = behindTexts(1, png, begin, end);
        return flag < end && png[flag] == 1 ? behindTexts(2, png, flag + 2, end) : end;
    }

    /** The position behind so many texts that end in 0. */
    private static int behindTexts(int texts, byte[] png, int begin, int end) {
        int position = begin;
        for (int i = 0; i < texts; i++) {
            while (position < end && png[position] != 0) {
                position++;
            }
            position++;
        }
        return position;
    }

    private static boolean unfoldsLittle(byte[] png, int begin, int end) throws IOException {
        try (InputStream text =
                new InflaterInputStream(new ByteArrayInputStream(png, begin, end - begin))) {
            return text.readNBytes(LARGEST + 1).length <= LARGEST;
        } catch (ZipException | EOFException e) {
            return false;
        }
    }
}
