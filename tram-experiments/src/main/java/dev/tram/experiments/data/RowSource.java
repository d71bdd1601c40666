package dev.tram.experiments.data;

import dev.tram.djl.internal.files.RegularFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** Rows that can be read again and again. */
@FunctionalInterface
public interface RowSource {

    /** The column of a text's line. */
    String LINE = "line";

    /**
     * Opens the rows.
     *
     * @throws IllegalArgumentException if it is not of its format
     */
    RowReader open() throws IOException;

    /**
     * Returns a file's rows.
     *
     * @throws IllegalArgumentException if the name ends in none of {@link RowFormat}'s endings,
     *     perhaps with {@code .gz} behind it
     */
    static RowSource of(Path file) {
        RowFormat format = RowFormat.of(file.toString());
        return () -> format.open(file);
    }

    /**
     * Returns a text's lines.
     *
     * @param file a text in UTF-8; if its name ends in {@code .gz}, it is unpacked
     * @return rows of {@link #LINE}, without the line's end
     */
    static RowSource lines(Path file) {
        return () -> {
            InputStream packed = Files.newInputStream(RegularFile.require(file));
            InputStream bytes = RowFormat.unpacked(file.toString(), packed);
            return new TextLines(file.toString(), bytes);
        };
    }

    /**
     * Returns the same rows, of which it is told every ten seconds how many were read.
     *
     * @param told takes a line, on a thread of its own
     */
    default RowSource watched(Consumer<String> told) {
        return () -> new WatchedRows(this, Duration.ofSeconds(10), told);
    }

    /** Returns several sources' rows, one source after the other. */
    static RowSource concat(List<RowSource> sources) {
        return () -> new ConcatenatedRows(sources.iterator());
    }
}
