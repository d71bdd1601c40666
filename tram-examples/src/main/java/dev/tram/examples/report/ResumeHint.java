package dev.tram.examples.report;

import java.nio.file.Path;

/**
 * Says how to go on with an experiment, should the program be interrupted before the hint is
 * closed.
 */
final class ResumeHint implements AutoCloseable {

    private final Thread hook;

    /**
     * Stands by until closed.
     *
     * @param experiment the command's name
     * @param directory the experiment's
     */
    ResumeHint(String experiment, Path directory) {
        hook = new Thread(() -> System.err.println(text(experiment, directory)), "resume-hint");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    static String text(String experiment, Path directory) {
        return "\nInterrupted. To go on: tram " + experiment + " --resume " + directory;
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The program is ending already: the hint is being printed.
        }
    }
}
