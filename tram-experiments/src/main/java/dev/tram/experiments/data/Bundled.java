package dev.tram.experiments.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.zip.CRC32;
import org.apache.commons.io.function.IOFunction;

/**
 * A file that comes with the examples.
 *
 * @param owner a class of the package that it belongs to
 * @param name its name there, or from the root with a slash before it
 */
public record Bundled(Class<?> owner, String name) {

    /**
     * Opens the file.
     *
     * @throws IllegalStateException if the class path lacks it
     */
    public InputStream open() {
        InputStream stream = owner.getResourceAsStream(name);
        if (stream == null) {
            throw new IllegalStateException("the class path lacks the resource " + name);
        }
        return stream;
    }

    /** Makes something of the file's bytes. */
    public <T> T read(IOFunction<InputStream, T> reader) {
        try (InputStream stream = open()) {
            return reader.apply(stream);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the resource " + name, e);
        }
    }

    /** Reads a text in UTF-8. */
    public String text() {
        return new String(read(InputStream::readAllBytes), StandardCharsets.UTF_8);
    }

    /** Reads a file of properties. */
    public Properties properties() {
        return read(
                stream -> {
                    Properties properties = new Properties();
                    properties.load(stream);
                    return properties;
                });
    }

    /** Returns what tells that the file is still the same one: its name and a checksum. */
    public String identity() {
        CRC32 checksum = new CRC32();
        checksum.update(read(InputStream::readAllBytes));
        return name + " " + Long.toHexString(checksum.getValue());
    }

    /** Returns the rows of a table, read by the ending of its name. */
    public RowSource rows() {
        return () -> RowFormat.of(name).open(name, open());
    }

    /** Makes something of each row of a table, read by the ending of its name. */
    public <T> List<T> rows(RowParser<T> parser) {
        List<T> made = new ArrayList<>();
        try {
            RowCensus.of(rows(), parser, made::add);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the resource " + name, e);
        }
        return made;
    }
}
