package dev.tram.experiments.spark;

import java.io.Closeable;
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

    /**
     * A cell's place on one machine.
     *
     * @param log where the process's output goes
     * @param javaOptions further options of Java
     * @param environment further variables of the environment
     * @param classPath what the class path begins with, before the executor's
     * @param end what is done when the process has ended
     */
    record Place(
            Path log,
            List<String> javaOptions,
            Map<String, String> environment,
            String classPath,
            Closeable end)
            implements Closeable {

        @Override
        public void close() throws IOException {
            end.close();
        }
    }
}
