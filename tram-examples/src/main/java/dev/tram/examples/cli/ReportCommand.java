package dev.tram.examples.cli;

import dev.tram.core.internal.Arguments;
import dev.tram.examples.sweep.GridFile;
import dev.tram.examples.sweep.Sweep;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code tram report}: what a sweep has found so far. */
@Command(
        name = "report",
        description = {
            "Print and write the tables and reports of a sweep.",
            "",
            "Trains nothing: methods with a seed that is not finished are left out."
        },
        mixinStandardHelpOptions = true)
final class ReportCommand implements Callable<Integer> {

    @Parameters(paramLabel = "SWEEP", description = "The directory of a sweep.")
    private Path directory;

    @Override
    public Integer call() throws IOException {
        Path file = Sweep.gridFile(directory);
        if (!Files.isRegularFile(file)) {
            throw Arguments.rejected(
                    "SWEEP", "the directory of a sweep, with a grid.yaml", directory);
        }
        GridExperiments experiments = new GridExperiments();
        Sweep sweep = new Sweep(GridFile.read(file, experiments), directory, experiments);
        PrintStream out = System.out;
        int cells = sweep.cells().size();
        out.printf("Sweep: %d of %d cells are finished%n", cells - sweep.left().size(), cells);
        sweep.report(out);
        return 0;
    }
}
