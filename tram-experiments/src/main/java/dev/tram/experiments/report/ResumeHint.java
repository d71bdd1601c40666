package dev.tram.experiments.report;

import java.nio.file.Path;
import java.util.List;

/** Says how to go on, should the program be interrupted before the hint is closed. */
public final class ResumeHint implements AutoCloseable {

    private final Thread hook;

    /**
     * Stands by until closed.
     *
     * @param command the command that goes on
     */
    public ResumeHint(String command) {
        hook = new Thread(() -> System.err.println(text(command)), "resume-hint");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Stands by for a command that goes on by {@code --resume}. */
    public static ResumeHint of(List<String> command, Path directory) {
        return new ResumeHint(
                "tram "
                        + String.join(" ", command)
                        + " --resume "
                        + ShellWords.join(List.of(directory.toString())));
    }

    private static String text(String command) {
        return "\nInterrupted. To go on: " + command;
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
