package dev.tram.experiments.data;

/** A row that cannot be used; those behind it can. */
public final class MalformedRowException extends Exception {

    private static final long serialVersionUID = 1;

    public MalformedRowException(String file, String reason) {
        super(file + ": " + reason);
    }

    /**
     * Describes the row.
     *
     * @param line where the row begins, from 1
     */
    public MalformedRowException(String file, long line, String reason) {
        super(file + ":" + line + ": " + reason);
    }
}
