package dev.tram.experiments.sweep;

import dev.tram.core.internal.Arguments;
import dev.tram.experiments.LocalTraining;
import dev.tram.experiments.Rounds;
import java.io.IOException;
import java.util.ServiceLoader;

/**
 * Machines that run cells, or train one together. The build decides whether there is software for
 * them.
 */
public interface Cluster extends AutoCloseable {

    /** Connects to machines; a service. */
    @FunctionalInterface
    interface Provider {

        /**
         * Connects.
         *
         * @param master whom to ask for machines; empty for what the program was started with
         * @throws IOException if nobody answers
         */
        Cluster connect(String master) throws IOException;
    }

    /** Returns how to connect; refuses to in a build without the software. */
    static Provider provider() {
        return ServiceLoader.load(Provider.class)
                .findFirst()
                .orElseThrow(
                        () ->
                                Arguments.rejected(
                                        "--spark",
                                        "used with a build that has Apache Spark"
                                                + " (TRAM_MAVEN_OPTIONS=\"-P spark\" tram ...)",
                                        "a build without it"));
    }

    /**
     * Returns how many threads a cell may take unless somebody says otherwise: the cores of a task.
     */
    int threads();

    /**
     * Returns what runs cells on the machines, as many at a time as they have room for.
     *
     * @param sweep the sweep, which has begun
     * @param process the command line of a cell's process
     */
    Launcher launcher(Sweep sweep, CellProcess process, Tally tally);

    /** Returns rounds whose workers are tasks on the machines, to which the training is sent. */
    Rounds rounds(LocalTraining training, long seed, int workers);

    @Override
    void close();
}
