package dev.tram.examples.cli;

import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.Task;
import dev.tram.experiments.sweep.Experiments;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** The commands of {@code tram} that compare methods, for grid files. */
public final class GridExperiments implements Experiments {

    /** A sweep decides where files go and what is run. */
    private static final Set<String> NOT_OF_A_GRID =
            Set.of("out", "resume", "tensorboard", "help", "version");

    private final CommandLine tram = Tram.commandLine();

    @Override
    public List<String> commands() {
        return tram.getSubcommands().entrySet().stream()
                .filter(entry -> entry.getValue().getCommand() instanceof ExperimentCommand)
                .map(entry -> entry.getKey())
                .toList();
    }

    @Override
    public List<String> options(String command) {
        return tram.getSubcommands().get(command).getCommandSpec().options().stream()
                .flatMap(option -> Arrays.stream(option.names()))
                .filter(name -> name.startsWith("--"))
                .map(name -> name.substring(2))
                .filter(name -> !NOT_OF_A_GRID.contains(name))
                .toList();
    }

    @Override
    public ExperimentConfig config(String command, List<String> arguments) throws IOException {
        String[] line =
                Stream.concat(Stream.of(command), arguments.stream()).toArray(String[]::new);
        try {
            CommandSpec parsed = Tram.commandLine().parseArgs(line).subcommand().commandSpec();
            return ((ExperimentCommand) parsed.userObject()).config();
        } catch (ParameterException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    @Override
    public List<String> targets(ExperimentConfig config) {
        return command(config).targets(config);
    }

    private ExperimentCommand command(ExperimentConfig config) {
        return (ExperimentCommand) tram.getSubcommands().get(config.experiment()).getCommand();
    }

    @Override
    public Task open(ExperimentConfig config, int threads) throws IOException {
        EngineThreads.prefer(command(config).prefersOneThread(config) ? 1 : threads);
        ExperimentOptions.checkMachine(config);
        return Tasks.open(config, ExperimentCommand.pretrained(config), System.out);
    }
}
