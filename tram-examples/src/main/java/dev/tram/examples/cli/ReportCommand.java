package dev.tram.examples.cli;

import dev.tram.core.internal.Arguments;
import dev.tram.experiments.ExperimentStore;
import dev.tram.experiments.sweep.GridFile;
import dev.tram.experiments.sweep.Sweep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code tram report}: what a sweep has found so far. */
@Command(name = "report", mixinStandardHelpOptions = true)
final class ReportCommand implements Callable<Integer> {

    @Parameters(paramLabel = "SWEEP", descriptionKey = "SWEEP")
    private String directory;

    @Override
    public Integer call() throws IOException {
        try (ExperimentStore store = ExperimentStore.of("SWEEP", directory)) {
            Path file = Sweep.gridFile(store.folder());
            store.pull(file);
            if (!Files.isRegularFile(file)) {
                throw Arguments.rejected(
                        "SWEEP", "the directory of a sweep, with a grid.yaml", directory);
            }
            GridExperiments experiments = new GridExperiments();
            GridFile grid = GridFile.read(file, store.name(file), experiments);
            new Sweep(grid, store, experiments).report(System.out);
        }
        return 0;
    }
}
