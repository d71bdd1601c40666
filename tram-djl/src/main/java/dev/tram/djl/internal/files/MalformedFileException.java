package dev.tram.djl.internal.files;

import java.io.IOException;

/** A file that can be read but is not what it should be: trying again does not cure it. */
public class MalformedFileException extends IOException {

    private static final long serialVersionUID = 1L;

    private static final int LONGEST_MESSAGE = 1000;

    /**
     * Creates an exception.
     *
     * @param message what file, what was expected, what was found; cut where it quotes too much
     */
    public MalformedFileException(String message) {
        super(
                message.length() <= LONGEST_MESSAGE
                        ? message
                        : message.substring(0, LONGEST_MESSAGE) + "…");
    }
}
