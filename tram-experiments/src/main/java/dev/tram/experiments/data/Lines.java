package dev.tram.experiments.data;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.zip.ZipException;

/** A text's lines with their numbers; lines that were read can be given back. */
final class Lines implements Closeable {

    private final String file;
    private final BufferedReader reader;
    private final Deque<String> givenBack = new ArrayDeque<>();
    private long number;

    Lines(String file, BufferedReader reader) {
        this.file = file;
        this.reader = reader;
    }

    /** Returns the next line, or null at the end. */
    String next() throws IOException {
        String line = givenBack.isEmpty() ? read() : givenBack.pop();
        if (line != null) {
            number++;
        }
        return line;
    }

    private String read() throws IOException {
        try {
            return reader.readLine();
        } catch (EOFException | ZipException e) {
            throw new IllegalArgumentException(
                    file + " must be whole, received: " + e.getMessage(), e);
        }
    }

    /** Returns the next line that is not blank, or null at the end. */
    String nextNotBlank() throws IOException {
        String line = next();
        while (line != null && line.isBlank()) {
            line = next();
        }
        return line;
    }

    /** Gives back the lines read last. */
    void giveBack(List<String> lines) {
        for (int i = lines.size() - 1; i >= 0; i--) {
            givenBack.push(lines.get(i));
            number--;
        }
    }

    /** Returns the number of the line read last, from 1. */
    long number() {
        return number;
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
