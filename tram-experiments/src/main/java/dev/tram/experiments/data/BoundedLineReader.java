package dev.tram.experiments.data;

import dev.tram.core.internal.Arguments;
import java.io.FilterReader;
import java.io.IOException;
import java.io.Reader;

/** Ends the reading in a line that is too long, before it is in memory. */
final class BoundedLineReader extends FilterReader {

    private final String file;
    private final long limit = Limit.LINE.value();
    private long line = 1;
    private long length;

    BoundedLineReader(String file, Reader reader) {
        super(reader);
        this.file = file;
    }

    @Override
    public int read(char[] buffer, int offset, int count) throws IOException {
        int read = in.read(buffer, offset, count);
        for (int i = offset; i < offset + read; i++) {
            length++;
            if (buffer[i] == '\n') {
                line++;
                length = 0;
            } else if (buffer[i] == '\r') {
                length = 0;
            } else if (length > limit) {
                throw Arguments.rejected(
                        "the lines of " + file,
                        Limit.LINE.inWords("characters"),
                        "a longer one, line " + line);
            }
        }
        return read;
    }
}
