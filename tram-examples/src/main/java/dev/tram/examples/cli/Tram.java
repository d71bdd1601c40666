package dev.tram.examples.cli;

import dev.tram.djl.transformers.hub.HubException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line {@code tram}. Bad input prints one line and exits with 2. */
@Command(
        name = "tram",
        description = "Sharpness-aware, trust-region-aware fine-tuning on the Deep Java Library.",
        mixinStandardHelpOptions = true,
        version = "tram 0.1.0",
        subcommands = {
            VitCommand.class,
            TextCommand.class,
            XnliCommand.class,
            PredictCommand.class,
            BenchCommand.class,
            Gpt2Command.class,
            StatsCommand.class,
            SharpnessCommand.class,
            CkaCommand.class,
            SurfaceCommand.class,
            CompareCommand.class
        })
public final class Tram implements Runnable {

    private static final int BAD_INPUT = 2;
    private static final int FAILED = 1;

    @Spec private CommandSpec spec;

    /** Runs the command and exits with its code. */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /**
     * Returns the command line.
     *
     * @return the command line, ready to execute
     */
    public static CommandLine commandLine() {
        return new CommandLine(new Tram())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler(
                        (failure, arguments) ->
                                report(failure.getCommandLine(), BAD_INPUT, failure.getMessage()))
                .setExecutionExceptionHandler(
                        (failure, commandLine, result) -> explain(failure, commandLine));
    }

    private static int explain(Exception failure, CommandLine commandLine) {
        if (failure instanceof IllegalArgumentException || failure instanceof HubException) {
            return report(commandLine, BAD_INPUT, failure.getMessage());
        }
        if (failure instanceof IOException || failure instanceof UncheckedIOException) {
            return report(commandLine, FAILED, "cannot read or write: " + failure.getMessage());
        }
        failure.printStackTrace(commandLine.getErr());
        return FAILED;
    }

    private static int report(CommandLine commandLine, int code, String message) {
        PrintWriter err = commandLine.getErr();
        err.println(
                commandLine.getCommandSpec().qualifiedName()
                        + ": "
                        + message.replaceAll("\\s*\\R\\s*", " "));
        err.flush();
        return code;
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "a command is missing; tram --help lists them");
    }
}
