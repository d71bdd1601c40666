package dev.tram.experiments.spark;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What a cell's process finds on its machine, and where its output goes. */
interface Workplace extends Serializable {

    /** Prepares a machine for a cell, until it is closed. */
    Place of(int cell) throws IOException;

    /** Returns what people call the file of a cell's output. */
    String logName(int cell);

    /** A cell's place on one machine. */
    interface Place extends AutoCloseable {

        /** Returns where the process's output goes. */
        Path log();

        /** Returns further options of Java. */
        List<String> javaOptions();

        /** Returns further variables of the environment. */
        Map<String, String> environment();

        /** Returns where the software lies, by that of the executor. */
        String classPath(String executor);

        @Override
        void close() throws IOException;
    }
}
