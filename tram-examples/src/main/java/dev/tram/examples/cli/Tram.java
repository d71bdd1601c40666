package dev.tram.examples.cli;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import dev.tram.djl.CudaRuntime;
import dev.tram.djl.internal.files.MalformedFileException;
import dev.tram.djl.transformers.hub.HubException;
import dev.tram.examples.doctor.Natives;
import dev.tram.experiments.data.OneLine;
import dev.tram.experiments.report.ShellWords;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.ResourceBundle;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** The command line {@code tram}. Bad input prints one line and exits with 2. */
@Command(
        name = "tram",
        description = "Sharpness-aware, trust-region-aware fine-tuning on the Deep Java Library.",
        mixinStandardHelpOptions = true,
        version = "tram 0.1.0",
        resourceBundle = Tram.HELP,
        subcommands = {
            VitCommand.class,
            TextCommand.class,
            XnliCommand.class,
            TuneCommand.class,
            SweepCommand.class,
            CellCommand.class,
            ReportCommand.class,
            PretrainCommand.class,
            PredictCommand.class,
            MergeCommand.class,
            InterpolateCommand.class,
            BenchCommand.class,
            Gpt2Command.class,
            StatsCommand.class,
            SharpnessCommand.class,
            CkaCommand.class,
            SurfaceCommand.class,
            CompareCommand.class,
            EffectsCommand.class,
            DoctorCommand.class
        })
public final class Tram implements Runnable {

    static final String HELP = "dev.tram.examples.cli.help";

    private static final ResourceBundle TEXTS = ResourceBundle.getBundle(HELP);
    private static final int BAD_INPUT = 2;
    private static final int FAILED = 1;

    @Spec private CommandSpec spec;

    public static void main(String[] arguments) {
        CommandLine tram = commandLine();
        System.exit(findsCuda(tram) ? tram.execute(arguments) : FAILED);
    }

    private static boolean findsCuda(CommandLine tram) {
        try {
            CudaRuntime.useBundled();
            return true;
        } catch (UncheckedIOException e) {
            report(tram, FAILED, e.getMessage() + ": " + e.getCause().getMessage());
            return false;
        }
    }

    /** Returns the command line, ready to execute. */
    public static CommandLine commandLine() {
        CommandLine tram = new CommandLine(new Tram());
        addTexts(tram);
        return tram.setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler(
                        (failure, arguments) ->
                                report(
                                        failure.getCommandLine(),
                                        BAD_INPUT,
                                        ParserMessages.of(failure)))
                .setExecutionStrategy(Tram::run)
                .setExecutionExceptionHandler(
                        (failure, commandLine, result) -> explain(failure, commandLine));
    }

    /** Returns the command line as it was given, quoted for a shell. */
    static String given(CommandSpec command) {
        List<String> words = new ArrayList<>(List.of("tram"));
        words.addAll(command.root().commandLine().getParseResult().originalArgs());
        return ShellWords.join(words);
    }

    /** Says what commands do, and at the end of an experiment's help what its presets are. */
    private static void addTexts(CommandLine parent) {
        parent.getSubcommands()
                .forEach(
                        (name, command) -> {
                            UsageMessageSpec usage = command.getCommandSpec().usageMessage();
                            usage.description(TEXTS.getString("command." + name).split("\n", -1));
                            if (command.getCommand() instanceof ExperimentCommand) {
                                usage.footer(ExperimentOptions.footer(name));
                            }
                            addTexts(command);
                        });
    }

    private static int run(ParseResult result) {
        try {
            return new CommandLine.RunLast().execute(result);
        } catch (OutOfMemoryError e) {
            CommandLine command =
                    result.asCommandLineList().get(result.asCommandLineList().size() - 1);
            return report(command, BAD_INPUT, OutOfMemory.advice(e, command));
        }
    }

    private static int explain(Exception failure, CommandLine commandLine) {
        Optional<Throwable> memory = OutOfMemory.in(failure);
        if (memory.isPresent()) {
            return report(commandLine, BAD_INPUT, OutOfMemory.advice(memory.get(), commandLine));
        }
        if (failure instanceof IllegalArgumentException
                || failure instanceof HubException
                || failure instanceof MalformedFileException) {
            return report(commandLine, BAD_INPUT, failure.getMessage());
        }
        if (failure instanceof IOException || failure instanceof UncheckedIOException) {
            return report(commandLine, FAILED, "cannot read or write: " + failure.getMessage());
        }
        if (isOfStart(failure)) {
            return report(commandLine, FAILED, noEngine(failure));
        }
        failure.printStackTrace(commandLine.getErr());
        return FAILED;
    }

    /** Whether DJL failed while it looked for its engine. */
    private static boolean isOfStart(Exception failure) {
        return failure instanceof EngineException
                && Arrays.stream(failure.getStackTrace())
                        .anyMatch(frame -> frame.getClassName().equals(Engine.class.getName()));
    }

    private static String noEngine(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return "PyTorch cannot be loaded ("
                + root
                + "): "
                + Natives.here()
                        .problem()
                        .orElse(
                                "natives for a GPU need NVIDIA's driver, 525.60.13 or later, and a"
                                        + " card that nvidia-smi shows (docs/gpu.md); unset"
                                        + " TRAM_MAVEN_OPTIONS to run on the CPU");
    }

    private static int report(CommandLine commandLine, int code, String message) {
        String name = commandLine.getCommandSpec().qualifiedName();
        commandLine.getErr().println(name + ": " + OneLine.of(message));
        return code;
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "a command is missing; tram --help lists them");
    }
}
