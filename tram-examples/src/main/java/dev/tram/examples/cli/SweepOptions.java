package dev.tram.examples.cli;

import dev.tram.core.internal.Arguments;
import dev.tram.examples.sweep.GridFile;
import dev.tram.examples.sweep.Sweep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which sweep: the arguments that its commands share. */
final class SweepOptions {

    @Parameters(index = "0", paramLabel = "GRID", description = "The grid file (docs/scaling.md).")
    private Path file;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Where the files go (default: runs/NAME-OF-GRID).")
    private String out;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description =
                    "Threads of a cell's process. Those with which a sweep began hold (default: the"
                            + " cores by the workers).")
    private Integer threads;

    /** Reads the grid file; the sweep's files lie where the options say. */
    Sweep sweep() throws IOException {
        return sweep(Path.of(root()));
    }

    /** Reads the grid file; the sweep's files lie in a directory. */
    Sweep sweep(Path directory) throws IOException {
        GridExperiments experiments = new GridExperiments();
        return new Sweep(GridFile.read(file, experiments), directory, experiments);
    }

    /** Where the files lie. */
    String root() {
        String name = file.toAbsolutePath().getFileName().toString().replaceFirst("[.]ya?ml$", "");
        return Objects.requireNonNullElse(out, Path.of("runs", name).toString());
    }

    /** How many threads a cell may take that runs alone. */
    int threads() {
        return threadsOr(Runtime.getRuntime().availableProcessors());
    }

    /** How many threads a cell may take. */
    int threadsOr(int byDefault) {
        return threads == null ? byDefault : Arguments.atLeast("--threads", threads, 1);
    }
}
