package dev.tram.examples.data;

/** A row that cannot be used; those behind it can. */
public final class MalformedRowException extends Exception {

    private static final long serialVersionUID = 1;

    /**
     * Describes an image, or whatever is a file of its own.
     *
     * @param file the file's name
     * @param reason what is wrong with it
     */
    public MalformedRowException(String file, String reason) {
        super(file + ": " + reason);
    }

    /**
     * Describes the row.
     *
     * @param file the file's name
     * @param line where the row begins, from 1
     * @param reason what is wrong with it
     */
    public MalformedRowException(String file, long line, String reason) {
        super(file + ":" + line + ": " + reason);
    }
}
