package dev.tram.examples.cli;

import dev.tram.core.internal.Arguments;
import dev.tram.experiments.ExperimentStore;
import dev.tram.experiments.sweep.Cluster;
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

    @Option(names = "--spark", paramLabel = "MASTER", arity = "0..1", fallbackValue = "")
    private String master;

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

    boolean onSpark() {
        return master != null;
    }

    /** Connects to the cluster that the options name, null if they name none. */
    Cluster connect() throws IOException {
        return master == null ? null : Cluster.provider().connect(master);
    }

    /** How many threads a cell may take: as given, as the cluster has, or by default. */
    int threads(Cluster cluster, int byDefault) {
        if (threads != null) {
            return Arguments.atLeast("--threads", threads, 1);
        }
        return cluster == null ? byDefault : cluster.threads();
    }
}
