package dev.tram.experiments.data;

import dev.tram.djl.internal.files.Bound;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What a file may ask for, so that a damaged or hostile one is refused before it takes the memory
 * or the time that it asks for. A system property {@code tram.limit.NAME} sets another value; on
 * the command line it is {@code --limit NAME=N}.
 */
public enum Limit implements Bound {
    /** Characters of a line of a file of text. */
    LINE(1L << 24),

    /** Characters of a text that is tokenised, or of another cell. */
    TEXT(1L << 20),

    /** Cells of a row of a table; names, values and brackets of a line of JSON. */
    CELLS(1L << 18),

    /** Classes of a table or a folder. */
    CLASSES(1_000),

    /** How many times its own size a gzip file may unfold to. */
    RATIO(200),

    /** Packed files, one behind the other, that a gzip file may consist of. */
    MEMBERS(250_000),

    /** Bytes of an unpacked page of a Parquet file. */
    PAGE(1L << 27),

    /** Bytes of a file that holds an image. */
    FILE(1L << 28),

    /** Bytes of an image's samples; with 3 bytes a pixel it is where Pillow warns of a bomb. */
    IMAGE(1L << 28);

    private final long usual;

    Limit(long usual) {
        this.usual = usual;
    }

    @Override
    public long usual() {
        return usual;
    }

    @Override
    public String setting() {
        return option();
    }

    @Override
    public String option() {
        return "--limit " + this;
    }

    /**
     * Returns the limits that were set, such as {@code text=2000000}: what is read depends on them.
     */
    public static List<String> changed() {
        return Stream.of(values())
                .filter(limit -> limit.value() != limit.usual)
                .map(limit -> limit + "=" + limit.value())
                .toList();
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
