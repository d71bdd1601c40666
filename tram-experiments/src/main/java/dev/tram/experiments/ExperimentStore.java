package dev.tram.experiments;

import dev.tram.core.internal.Arguments;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;

/**
 * Where the files of experiments lie for good. A process works on them in a folder of its machine:
 * the store itself, for which the defaults do nothing, or a copy, of which this brings and takes
 * what is asked for. Paths are those of the folder.
 */
public interface ExperimentStore extends AutoCloseable {

    /** Opens stores of other file systems; a service. */
    @FunctionalInterface
    interface Provider {

        /**
         * Opens a store.
         *
         * @param location a URL, such as hdfs://host/folder
         * @return the store, which may be empty
         * @throws IllegalArgumentException if there is no such file system
         */
        ExperimentStore open(String location) throws IOException;
    }

    /** Returns whether a location is a path of this machine, not a URL. */
    static boolean isLocal(String location) {
        return !location.matches("[A-Za-z][A-Za-z0-9+.-]+:/.*");
    }

    /**
     * Opens a store.
     *
     * @param location a folder, or the URL of one
     * @return the store, which may be empty
     * @throws IllegalArgumentException if there is no such file system, or this build knows none
     */
    static ExperimentStore of(String option, String location) throws IOException {
        if (isLocal(location)) {
            return new LocalStore(Path.of(location));
        }
        Provider provider =
                ServiceLoader.load(Provider.class)
                        .findFirst()
                        .orElseThrow(
                                () ->
                                        Arguments.rejected(
                                                option,
                                                "a local path, or used with a build that has Apache"
                                                        + " Spark, and so Hadoop's file systems"
                                                        + " (TRAM_MAVEN_OPTIONS=\"-P spark\" tram"
                                                        + " ...)",
                                                location));
        return provider.open(location);
    }

    Path folder();

    /** Returns where a path of the folder lies in the store, for people. */
    String name(Path path);

    /** Returns whether the store is absent or empty. */
    boolean isEmpty() throws IOException;

    /**
     * Brings a file, or all of a directory, up to date in the folder. What the store does not have
     * stays as it is.
     */
    default void pull(Path path) throws IOException {}

    /**
     * Brings a file, or all of a directory, up to date in the store, where each file is whole or
     * absent. What the folder does not have is left out.
     */
    default void push(Path path) throws IOException {}

    /**
     * Brings a file to the store unless it has one: what was first holds, and is in the folder
     * then.
     */
    default void agree(Path file) throws IOException {}

    /**
     * Keeps a run's savepoint, instead of its earlier ones.
     *
     * @param step after which step it was made
     * @param besides other files that belong to it
     */
    default void save(Path checkpoint, int step, List<Path> besides) throws IOException {}

    /** Brings a run's latest savepoint to the folder, if there is one. */
    default void restore(Path checkpoint) throws IOException {}

    /** Deletes the savepoints of a run that is finished. */
    default void forget(Path checkpoint) throws IOException {}

    /** Deletes what only runs under way need, when none is. */
    default void tidy() throws IOException {}

    @Override
    default void close() throws IOException {}
}
