package dev.tram.examples.data;

import java.io.IOException;

/** A row has more cells than {@link Limit#CELLS} allows. */
final class TooManyCellsException extends IOException {

    private static final long serialVersionUID = 1;

    TooManyCellsException(long limit) {
        super("more than " + limit + " cells (" + Limit.CELLS.option() + "=N sets that)");
    }
}
