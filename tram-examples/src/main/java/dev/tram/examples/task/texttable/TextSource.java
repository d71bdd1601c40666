package dev.tram.examples.task.texttable;

import dev.tram.experiments.data.RowCensus;
import dev.tram.experiments.data.Share;
import dev.tram.experiments.data.TextExample;
import java.io.IOException;

/** Examples of texts with classes, each of them to train on, to validate with or to test with. */
public interface TextSource {

    /** Takes examples. */
    @FunctionalInterface
    interface Sink {

        void accept(Share part, TextExample example);
    }

    /**
     * Returns what determines the examples: the files with their sizes and times, and how they are
     * read; it differs where the examples may.
     */
    String identity();

    /**
     * Reads all examples; each time the same ones in the same order.
     *
     * @return how many rows were read and left out
     * @throws IllegalArgumentException if a file is not what it should be
     */
    RowCensus read(Sink sink) throws IOException;
}
