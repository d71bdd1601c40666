package dev.tram.examples.cli;

import dev.tram.core.internal.Arguments;
import dev.tram.experiments.ExperimentDirectory;
import dev.tram.experiments.Json;
import dev.tram.experiments.Results;
import dev.tram.experiments.report.TransferReport;
import dev.tram.experiments.statistics.PaperTables;
import dev.tram.experiments.statistics.ScoreTable;
import dev.tram.experiments.statistics.Transfer;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tram stats}: how other domains go with the training domain, over methods. */
@Command(name = "stats", mixinStandardHelpOptions = true)
final class StatsCommand implements Callable<Integer> {

    private static final int FEWEST_METHODS = 4;
    private static final int LONGEST_HEAD = 1 << 16;

    @Spec private CommandSpec spec;

    @Parameters(index = "0", arity = "0..1", paramLabel = "DIR", descriptionKey = "DIR")
    private Path source;

    @Option(names = "--out", paramLabel = "DIR")
    private Path out;

    @Override
    public Integer call() throws IOException {
        List<Transfer> tables =
                (source == null ? PaperTables.transfer() : tables(source))
                        .stream().map(Transfer::of).toList();
        Path root = Output.directory(out, "stats", "empty or new");
        TransferReport.write(root, Tram.given(spec), tables);
        PrintWriter terminal = spec.commandLine().getOut();
        tables.forEach(transfer -> terminal.println(TransferReport.render(transfer)));
        terminal.println("Report: " + root.resolve("report.html"));
        return 0;
    }

    private static List<ScoreTable> tables(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            throw Arguments.rejected("DIR", "a directory", directory);
        }
        List<ScoreTable> found = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.sorted().toList()) {
                if (file.toString().endsWith(".csv") && isOfTransfer(file)) {
                    found.add(ScoreTable.read(file));
                }
            }
        }
        for (Results results : results(new ExperimentDirectory(directory))) {
            found.add(TransferReport.table(results));
        }
        found.removeIf(table -> !TransferReport.hasTransfer(table));
        if (found.isEmpty()) {
            throw Arguments.rejected(
                    "DIR",
                    "tables of at least %s methods whose last column is %s, or such a results.json"
                            .formatted(FEWEST_METHODS, Transfer.AVERAGE),
                    directory);
        }
        return found;
    }

    private static boolean isOfTransfer(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (InputStream bytes = Files.newInputStream(file)) {
            return new String(bytes.readNBytes(LONGEST_HEAD), StandardCharsets.UTF_8)
                    .lines()
                    .findFirst()
                    .filter(head -> head.startsWith("method,"))
                    .filter(head -> head.endsWith("," + Transfer.AVERAGE))
                    .isPresent();
        }
    }

    /** The results of each target of an experiment; none where there is no results.json. */
    private static List<Results> results(ExperimentDirectory directory) throws IOException {
        List<Results> whole = resultsOf(directory);
        if (whole.isEmpty() || !whole.get(0).target().contains(",")) {
            return whole;
        }
        List<Results> parts = new ArrayList<>();
        for (String target : whole.get(0).target().split(",", -1)) {
            parts.addAll(resultsOf(directory.target(target)));
        }
        return parts;
    }

    private static List<Results> resultsOf(ExperimentDirectory directory) throws IOException {
        return Files.isRegularFile(directory.results())
                ? List.of(Json.read(directory.results(), Results.class))
                : List.of();
    }
}
