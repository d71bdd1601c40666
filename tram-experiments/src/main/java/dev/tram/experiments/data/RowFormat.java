package dev.tram.experiments.data;

import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.RegularFile;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.ZipException;

/** How rows are written, by the ending of the file's name. Text is UTF-8. */
public enum RowFormat {
    /** Comma-separated values, as Python reads them: the first row names the columns. */
    CSV,

    /** Tab-separated values (IANA): the first row names the columns; a quote is a letter. */
    TSV,

    /** A JSON object per line. */
    JSONL,

    /** Apache Parquet, uncompressed or compressed by Snappy, gzip, Zstandard or LZ4. */
    PARQUET;

    private static final String GZIP = ".gz";

    /**
     * Returns a file's format.
     *
     * @throws IllegalArgumentException if the name's ending is none of theirs
     */
    public static RowFormat of(String name) {
        String plain = name.toLowerCase(Locale.ROOT);
        if (plain.endsWith(GZIP)) {
            plain = plain.substring(0, plain.length() - GZIP.length());
        }
        for (RowFormat format : values()) {
            if (plain.endsWith("." + format.name().toLowerCase(Locale.ROOT))) {
                return format;
            }
        }
        throw Arguments.rejected(
                "the file's name",
                "one ending in .csv, .tsv or .jsonl, with .gz or without, or in .parquet",
                name);
    }

    RowReader open(Path file) throws IOException {
        RegularFile.require(file);
        return this == PARQUET
                ? new ParquetRows(file)
                : open(file.toString(), Files.newInputStream(file));
    }

    /**
     * Opens rows of text.
     *
     * @param name the file's name; if it ends in {@code .gz}, the rows are unpacked
     * @param stream the file's bytes; closing the reader closes it
     * @throws IllegalArgumentException if this is a format that needs a file
     */
    public RowReader open(String name, InputStream stream) throws IOException {
        try {
            InputStream bytes = unpacked(name, stream);
            return switch (this) {
                case CSV -> new SeparatedRows(name, bytes, ',', true);
                case TSV -> new SeparatedRows(name, bytes, '\t', false);
                case JSONL -> new JsonRows(name, bytes);
                case PARQUET -> throw Arguments.rejected(name, "a file", "a stream");
            };
        } catch (IOException | RuntimeException e) {
            stream.close();
            throw e;
        }
    }

    /** Unpacks a stream whose name ends in .gz; it is closed if it is not packed. */
    static InputStream unpacked(String name, InputStream stream) throws IOException {
        if (!name.toLowerCase(Locale.ROOT).endsWith(GZIP)) {
            return stream;
        }
        try {
            return GzipStream.of(name, stream);
        } catch (EOFException | ZipException e) {
            stream.close();
            throw new IllegalArgumentException(
                    name + " must be packed by gzip, received: " + e.getMessage(), e);
        }
    }
}
