package dev.tram.examples.cli;

import java.util.Locale;

/** Which values the options have that are not given. */
enum Preset {
    /** Sized for a computer without a GPU. */
    SMALL,
    /** The paper's hyper-parameters, methods and seeds. */
    PAPER;

    /** Returns the name, in lower case. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
