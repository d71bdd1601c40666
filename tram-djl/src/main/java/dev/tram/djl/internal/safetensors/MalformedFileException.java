package dev.tram.djl.internal.safetensors;

import java.io.IOException;
import java.nio.file.Path;

/** A file that is not in the safetensors format, was cut off or changed. */
public final class MalformedFileException extends IOException {

    private static final long serialVersionUID = 1L;

    private final String found;

    MalformedFileException(Path path, String found) {
        super(path + " is not a safetensors file or is cut off: it has " + found);
        this.found = found;
    }

    /**
     * Returns what is wrong.
     *
     * @return what the file has, without its name
     */
    public String found() {
        return found;
    }
}
