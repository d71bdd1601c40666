package dev.tram.experiments.data;

import dev.tram.core.internal.Arguments;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.zip.ZipException;
import org.apache.commons.io.input.BOMInputStream;
import org.apache.commons.io.input.UnsynchronizedBufferedReader;

/**
 * Rows of a text in UTF-8, made of its lines. A line that is too long ends the reading before it is
 * in memory; lines that were read can be given back.
 */
abstract class TextRows implements RowReader {

    final String file;
    private final Reader reader;
    private final long limit = Limit.LINE.value();
    private final Deque<String> givenBack = new ArrayDeque<>();
    private long number;
    private boolean isBehindReturn;

    TextRows(String file, InputStream stream) throws IOException {
        this.file = file;
        InputStream unmarked = BOMInputStream.builder().setInputStream(stream).get();
        reader =
                new UnsynchronizedBufferedReader(
                        new InputStreamReader(unmarked, StandardCharsets.UTF_8));
    }

    /** The next line, or null at the end. */
    final String nextLine() throws IOException {
        String line = givenBack.isEmpty() ? readLine() : givenBack.pop();
        if (line != null) {
            number++;
        }
        return line;
    }

    private String readLine() throws IOException {
        StringBuilder line = new StringBuilder();
        try {
            int character = reader.read();
            if (isBehindReturn && character == '\n') {
                character = reader.read();
            }
            if (character < 0) {
                return null;
            }
            for (;
                    character >= 0 && character != '\n' && character != '\r';
                    character = reader.read()) {
                if (line.length() >= limit) {
                    throw Arguments.rejected(
                            "the lines of " + file,
                            Limit.LINE.inWords("characters"),
                            "a longer one, line " + (number + 1));
                }
                line.append((char) character);
            }
            isBehindReturn = character == '\r';
            return line.toString();
        } catch (EOFException | ZipException e) {
            throw new IllegalArgumentException(
                    file + " must be whole, received: " + e.getMessage(), e);
        }
    }

    /** The next line that is not blank, or null at the end. */
    final String nextNotBlank() throws IOException {
        String line = nextLine();
        while (line != null && line.isBlank()) {
            line = nextLine();
        }
        return line;
    }

    /** Gives back the lines read last. */
    final void giveBack(List<String> lines) {
        for (int i = lines.size() - 1; i >= 0; i--) {
            givenBack.push(lines.get(i));
            number--;
        }
    }

    /** The number of the line read last, from 1. */
    final long number() {
        return number;
    }

    /** Refuses what is text only in another encoding. */
    final void requireText(long line, String text) throws MalformedRowException {
        if (text.indexOf('\0') >= 0) {
            throw malformed(line, "it" + Utf8.UTF16_COMPLAINT);
        }
    }

    final MalformedRowException malformed(long line, String reason) {
        return new MalformedRowException(file, line, reason);
    }

    @Override
    public final void close() throws IOException {
        reader.close();
    }
}
