package dev.tram.examples.cli;

import dev.tram.core.internal.Arguments;
import dev.tram.experiments.ExperimentStore;
import dev.tram.experiments.report.ResumeHint;
import dev.tram.experiments.sweep.Cell;
import dev.tram.experiments.sweep.CellProcess;
import dev.tram.experiments.sweep.Cluster;
import dev.tram.experiments.sweep.Launcher;
import dev.tram.experiments.sweep.Sweep;
import dev.tram.experiments.sweep.Tally;
import dev.tram.experiments.sweep.Tournament;
import dev.tram.experiments.sweep.Workers;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tram sweep}: all cells of a grid file, in processes of their own. */
@Command(name = "sweep", mixinStandardHelpOptions = true)
final class SweepCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Mixin private SweepOptions options;

    @Option(names = "--workers", paramLabel = "N")
    private Integer workers;

    @Option(names = "--device", split = ",", paramLabel = "NAME")
    private List<String> devices = List.of();

    @Override
    public Integer call() throws IOException {
        if (options.onSpark() && (workers != null || !devices.isEmpty())) {
            throw Arguments.rejected(
                    "--spark",
                    "without --workers and --device: Spark's resources decide",
                    "one of them");
        }
        List<String> places = places();
        try (Sweep sweep = options.sweep();
                Cluster cluster = options.connect()) {
            sweep.begin(options.threads(cluster, Math.max(1, cores() / places.size())));
            try (ResumeHint hint = new ResumeHint(Tram.given(spec))) {
                return run(
                        sweep,
                        tally ->
                                cluster == null
                                        ? workers(sweep, places, tally)
                                        : cluster.launcher(sweep, process(sweep), tally));
            }
        }
    }

    private static int run(Sweep sweep, Function<Tally, Launcher> told) throws IOException {
        PrintStream out = System.out;
        out.printf(
                "Sweep: %d cells, %d finished before; files: %s%n",
                sweep.cells().size(),
                sweep.cells().size() - sweep.left().size(),
                sweep.store().name(sweep.store().folder()));
        warnOfLosses(sweep, out);
        Map<Cell, String> failures = run(sweep, cells -> launch(sweep, told, cells), out);
        sweep.report(out);
        failures.forEach((cell, why) -> out.printf("cell %s failed, %s%n", cell, why));
        return failures.isEmpty() ? 0 : 1;
    }

    private static Map<Cell, String> launch(
            Sweep sweep, Function<Tally, Launcher> told, Map<Cell, Integer> cells)
            throws IOException {
        int done = sweep.cells().size() - sweep.left().size();
        Tally tally = new Tally(System.out, done, cells.size());
        try {
            return told.apply(tally).run(cells);
        } finally {
            tally.end();
        }
    }

    private static Map<Cell, String> run(Sweep sweep, Launcher launcher, PrintStream out)
            throws IOException {
        Map<Cell, String> failures = new LinkedHashMap<>();
        List<Cell> last = sweep.cells();
        if (sweep.firstSteps().isPresent()) {
            last =
                    new Tournament(sweep, sweep.firstSteps().getAsInt(), out)
                            .run(
                                    cells -> {
                                        failures.putAll(launcher.run(cells));
                                        return failures;
                                    });
        }
        Map<Cell, Integer> left = new LinkedHashMap<>();
        last.stream()
                .filter(cell -> !sweep.isFinished(cell))
                .forEach(cell -> left.put(cell, Launcher.END));
        failures.putAll(launcher.run(left));
        return failures;
    }

    private static int cores() {
        return Runtime.getRuntime().availableProcessors();
    }

    private List<String> places() {
        int number = workers != null ? workers : devices.isEmpty() ? cores() : devices.size();
        Arguments.atLeast("--workers", number, 1);
        List<String> places = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            places.add(devices.isEmpty() ? "" : devices.get(i % devices.size()));
        }
        return places;
    }

    private static void warnOfLosses(Sweep sweep, PrintStream out) {
        sweep.cells().stream()
                .map(Cell::group)
                .distinct()
                .filter(group -> group.config().protocol().saveEvery() == 0)
                .forEach(
                        group ->
                                out.printf(
                                        "%s has no save-every: a cell that is lost begins again%n",
                                        group.name()));
    }

    private static Launcher workers(Sweep sweep, List<String> places, Tally tally) {
        String classPath = System.getProperty("java.class.path");
        CellProcess process = process(sweep).with(sweep.scratch());
        return new Workers(
                places,
                (cell, until, device) -> process.line(classPath, cell.index(), until, device),
                sweep.store(),
                tally);
    }

    private static CellProcess process(Sweep sweep) {
        List<String> javaOptions =
                ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                        .filter(argument -> !argument.startsWith("-javaagent"))
                        .filter(argument -> !argument.startsWith("-agentlib"))
                        .filter(argument -> !argument.startsWith("-Dtram.terminal"))
                        .filter(argument -> !argument.matches("-Dspark[.](?!hadoop[.]).*"))
                        .toList();
        ExperimentStore store = sweep.store();
        Path root = store.folder().toAbsolutePath();
        return new CellProcess(
                javaOptions,
                Tram.class.getName(),
                List.of(store.name(Sweep.gridFile(root)), "--out=" + store.name(root)));
    }
}
