package dev.tram.experiments.sweep;

import java.io.IOException;
import java.util.Map;

/** Runs cells somewhere, several at a time. */
@FunctionalInterface
public interface Launcher {

    /** Stands for a cell's last step, after which it is judged. */
    int END = 0;

    /**
     * Runs cells.
     *
     * @param cells up to which step each is run, or {@link #END}
     * @return why cells failed, by cell; empty if none did
     * @throws IOException if a file cannot be read or written, or there is nothing to run them
     */
    Map<Cell, String> run(Map<Cell, Integer> cells) throws IOException;
}
