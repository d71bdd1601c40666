package dev.tram.examples.task.domains;

import dev.tram.experiments.data.Share;
import java.io.IOException;
import java.util.function.Consumer;
import org.apache.commons.io.function.IOConsumer;

/** Texts of one kind. */
interface Domain {

    /** Returns the name, as in the table of results. */
    String name();

    /** Returns what determines the texts: a part of the key under which their tokens are kept. */
    String identity();

    /** Whether there is anything to train on. */
    boolean isTrainable();

    /** Whether each of the texts ends where it ends; else they are pieces of a single one. */
    boolean isWhole();

    /**
     * Reads the texts of a share, one after the other.
     *
     * @param report takes lines of how far it is, and of what was left out
     */
    void read(Share share, IOConsumer<String> sink, Consumer<String> report) throws IOException;
}
