package dev.tram.examples.cli;

import dev.tram.core.internal.Arguments;
import dev.tram.experiments.ExperimentStore;
import dev.tram.experiments.sweep.GridFile;
import dev.tram.experiments.sweep.Sweep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which sweep: the arguments that its commands share. */
final class SweepOptions {

    @Parameters(index = "0", paramLabel = "GRID", descriptionKey = "GRID")
    private String file;

    @Option(names = "--out", paramLabel = "DIR", descriptionKey = "sweep.out")
    private String out;

    @Option(names = "--threads", paramLabel = "N")
    private Integer threads;

    /** Reads the grid file; the sweep's files lie where the options say. */
    Sweep sweep() throws IOException {
        GridExperiments experiments = new GridExperiments();
        GridFile grid = grid(experiments);
        return new Sweep(grid, ExperimentStore.of("--out", root()), experiments);
    }

    private GridFile grid(GridExperiments experiments) throws IOException {
        if (ExperimentStore.isLocal(file)) {
            return GridFile.read(Path.of(file), file, experiments);
        }
        String folder = file.substring(0, file.lastIndexOf('/') + 1);
        try (ExperimentStore store = ExperimentStore.of("GRID", folder)) {
            Path copy = store.folder().resolve(name());
            store.pull(copy);
            return GridFile.read(copy, file, experiments);
        }
    }

    private String name() {
        return file.substring(file.lastIndexOf('/') + 1);
    }

    private String root() {
        String name = name().replaceFirst("[.]ya?ml$", "");
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
