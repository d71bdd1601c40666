package dev.tram.examples.classification;

import dev.tram.examples.data.RowFormat;
import dev.tram.examples.data.RowSource;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;

/** The tables that come with this package. */
final class Bundled {

    private Bundled() {}

    static RowSource rows(String name) {
        return () -> RowFormat.of(name).open(name, open(name));
    }

    /** Returns the name with a checksum of the content. */
    static String identity(String name) {
        try (InputStream stream = open(name)) {
            CRC32 checksum = new CRC32();
            checksum.update(stream.readAllBytes());
            return name + " " + Long.toHexString(checksum.getValue());
        } catch (IOException e) {
            throw new IllegalStateException("cannot read the resource " + name, e);
        }
    }

    private static InputStream open(String name) {
        InputStream stream = Bundled.class.getResourceAsStream(name);
        if (stream == null) {
            throw new IllegalStateException("the class path lacks the resource " + name);
        }
        return stream;
    }
}
