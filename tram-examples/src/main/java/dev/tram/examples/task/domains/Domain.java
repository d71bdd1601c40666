package dev.tram.examples.task.domains;

import dev.tram.experiments.data.Share;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Texts of one kind. */
interface Domain {

    /** Returns the name, as in the table of results. */
    String name();

    /**
     * Returns what determines the texts, as a part of the key under which their tokens are kept.
     */
    String identity();

    /** Whether there is anything to train on. */
    boolean isTrainable();

    /**
     * Streams the texts of a share of the domain. They are one text after the other if {@link
     * #isWhole}, else pieces of a single one.
     *
     * @param share the share
     * @param report takes a line of what was left out, when the stream is closed
     */
    Stream<String> texts(Share share, Consumer<String> report) throws IOException;

    /** Whether each text ends where it ends. */
    boolean isWhole();
}
