package dev.tram.djl.internal.safetensors;

import dev.tram.djl.internal.files.MalformedFileException;
import java.nio.file.Path;

/** A file that is not in the safetensors format, was cut off or changed. */
public final class MalformedSafetensorsException extends MalformedFileException {

    private static final long serialVersionUID = 1L;

    private final String found;

    MalformedSafetensorsException(Path path, String found) {
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
