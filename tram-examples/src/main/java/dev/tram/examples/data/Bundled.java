package dev.tram.examples.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.zip.CRC32;

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

    /** Makes something of a file. */
    @FunctionalInterface
    public interface Reader<T> {

        /** Makes something of the file's bytes. */
        T read(InputStream stream) throws IOException;
    }

    /**
     * Reads the file.
     *
     * @param reader makes something of its bytes
     */
    public <T> T read(Reader<T> reader) {
        try (InputStream stream = open()) {
            return reader.read(stream);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the resource " + name, e);
        }
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
}
