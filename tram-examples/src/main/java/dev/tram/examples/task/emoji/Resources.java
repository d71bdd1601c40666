package dev.tram.examples.task.emoji;

import dev.tram.examples.data.Bundled;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Reads the files that come with this package. */
final class Resources {

    private Resources() {}

    @FunctionalInterface
    interface Reader<T> {
        T read(InputStream stream) throws IOException;
    }

    static <T> T read(String name, Reader<T> reader) {
        try (InputStream stream = new Bundled(Resources.class, name).open()) {
            return reader.read(stream);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the resource " + name, e);
        }
    }

    static byte[] bytes(String name) {
        return read(name, InputStream::readAllBytes);
    }
}
