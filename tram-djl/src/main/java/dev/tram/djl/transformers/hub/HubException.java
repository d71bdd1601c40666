package dev.tram.djl.transformers.hub;

import java.io.IOException;

/** A checkpoint that could not be fetched. Trying again does not help. */
public final class HubException extends IOException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates an exception.
     *
     * @param message what failed and what the user can do
     */
    public HubException(String message) {
        super(message);
    }

    /**
     * Creates an exception.
     *
     * @param message what failed and what the user can do
     * @param cause the failure
     */
    public HubException(String message, Throwable cause) {
        super(message, cause);
    }
}
