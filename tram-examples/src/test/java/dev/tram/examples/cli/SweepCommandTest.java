package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tram.experiments.Json;
import dev.tram.experiments.sweep.Cluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Sweeps in processes, beside the plain command. */
@EnabledOnOs(OS.LINUX)
class SweepCommandTest {

    @TempDir private Path directory;
    private TinyGrid tiny;
    private Path grid;

    @BeforeEach
    void writeAGrid() throws IOException {
        tiny = new TinyGrid(directory);
        grid = tiny.file();
    }

    @Tag("slow")
    @Test
    void aSweepOfWhichAWorkerIsKilledHasTheFilesOfThePlainCommand() throws Exception {
        Path sweep = directory.resolve("sweep");
        CompletableFuture<Boolean> killer = CompletableFuture.supplyAsync(() -> kill(sweep));
        int code =
                tiny.execute(
                        "sweep", grid.toString(), "--workers=2", "--threads=1", "--out=" + sweep);
        assertThat(code).as(tiny.err()).isZero();
        assertThat(killer.get()).as("a worker was killed in mid-run").isTrue();
        Map<String, String> expected = TinyGrid.outcome(tiny.plain());
        assertThat(TinyGrid.outcome(sweep.resolve("images"))).isEqualTo(expected);
        assertThat(sweep.resolve("images").resolve("report.html")).isNotEmptyFile();
        Files.delete(sweep.resolve("images").resolve("table.csv"));
        assertThat(tiny.execute("report", sweep.toString())).as(tiny.err()).isZero();
        assertThat(TinyGrid.outcome(sweep.resolve("images"))).isEqualTo(expected);
    }

    @Test
    void sparkIsRefusedByABuildWithoutIt() {
        assumeThat(ServiceLoader.load(Cluster.Provider.class)).isEmpty();
        Path sweep = directory.resolve("sweep");
        assertThat(tiny.execute("sweep", grid.toString(), "--spark=local", "--out=" + sweep))
                .isEqualTo(2);
        assertThat(tiny.err()).hasLineCount(1).contains("TRAM_MAVEN_OPTIONS=\"-P spark\" tram");
        assertThat(tiny.execute("sweep", grid.toString(), "--spark=local", "--workers=2"))
                .isEqualTo(2);
        assertThat(tiny.err()).contains("--spark must be without --workers and --device");
        assertThat(tiny.execute("cell", grid.toString(), "0", "--spark=local", "--out=" + sweep))
                .isEqualTo(2);
        assertThat(sweep).doesNotExist();
    }

    @Test
    void urlsAreRefusedByABuildWithoutHadoop() {
        assumeThat(ServiceLoader.load(Cluster.Provider.class)).isEmpty();
        String url = "hdfs://host/sweep";
        assertThat(tiny.execute("sweep", grid.toString(), "--out=" + url)).isEqualTo(2);
        assertThat(tiny.err())
                .hasLineCount(1)
                .contains("--out must be a local path, or used with a build that has Apache Spark")
                .contains(url);
        assertThat(tiny.execute("report", url)).isEqualTo(2);
        assertThat(tiny.err()).contains("SWEEP must be a local path");
        assertThat(tiny.execute("cell", url + "/grid.yaml", "0")).isEqualTo(2);
        assertThat(tiny.err()).contains("GRID must be a local path");
    }

    @Test
    void aUrlIsRefusedByCommandsThatWriteToFolders() {
        assertThat(tiny.execute("vit", "--out=hdfs://host/run")).isEqualTo(2);
        assertThat(tiny.err()).hasLineCount(1).contains("--out must be a local folder");
        assertThat(Path.of("hdfs:")).doesNotExist();
    }

    /** Kills the first child that has saved its cell. */
    private static boolean kill(Path sweep) {
        Path checkpoints = sweep.resolve("images").resolve("checkpoints");
        while (true) {
            try {
                TimeUnit.MILLISECONDS.sleep(1);
            } catch (InterruptedException e) {
                return false;
            }
            if (Files.isDirectory(checkpoints)) {
                List<ProcessHandle> children = ProcessHandle.current().children().toList();
                if (!children.isEmpty()) {
                    return children.get(0).destroyForcibly();
                }
            }
        }
    }

    @Test
    void aCellIsRunOnceAndRefusedWhereThereIsNone() throws IOException {
        Path sweep = directory.resolve("sweep");
        String out = "--out=" + sweep;
        assertThat(tiny.execute("cell", grid.toString(), "3", out)).as(tiny.err()).isZero();
        Path figures = sweep.resolve("images/runs/tram-previous-1.json");
        assertThat(figures).isNotEmptyFile();
        Path metrics = sweep.resolve("images/metrics/tram-previous-1.jsonl");
        String once = Files.readString(metrics);
        assertThat(tiny.execute("cell", grid.toString(), "3", out)).isZero();
        assertThat(metrics).hasContent(once);
        assertThat(tiny.execute("cell", grid.toString(), "4", out)).isEqualTo(2);
        assertThat(tiny.err()).contains("INDEX must be a cell, 0 to 3, received: 4");
        assertThat(tiny.execute("cell", grid.toString(), "2", "--workers=2", "--until=20", out))
                .isEqualTo(2);
        assertThat(tiny.err()).contains("--until must be left out with --workers");
        Files.writeString(grid, Files.readString(grid).replace("seeds: 2", "seeds: 3"));
        assertThat(tiny.execute("cell", grid.toString(), "3", out)).isEqualTo(2);
        assertThat(tiny.err()).contains("that of its grid.yaml");
    }

    @Tag("slow")
    @Test
    void whoWinsATournamentIsTrainedAsInThePlainGrid() throws IOException {
        Path sweep = directory.resolve("sweep");
        String halving = "evaluate-every: 2\nhalving: {first-steps: 4}\nvary: {lr: [0.001, 1e6]}\n";
        Files.writeString(
                grid, Files.readString(grid).replace("steps: 60", "steps: 8") + "    " + halving);
        int code = tiny.execute("sweep", grid.toString(), "--threads=1", "--out=" + sweep);
        assertThat(code).as(tiny.err()).isZero();
        JsonNode rounds = Json.read(sweep.resolve("halving.json"), JsonNode.class);
        assertThat(rounds).hasSize(1);
        assertThat(rounds.get(0).get("steps").asInt()).isEqualTo(4);
        assertThat(rounds.get(0).get("figures")).hasSize(4);
        List<String> kept = new ArrayList<>();
        rounds.get(0).get("kept").forEach(one -> kept.add(one.asText()));
        assertThat(kept).hasSize(2);
        Path plain = directory.resolve("plain");
        for (String name : kept) {
            String[] group = name.split(" ", -1);
            Path alone = plain(plain, group[0], group[1]);
            for (int seed = 0; seed < 2; seed++) {
                assertThat(weights(sweep.resolve(group[0]), group[1], seed))
                        .isEqualTo(weights(alone, group[1], seed));
            }
        }
        try (Stream<Path> all = Files.walk(sweep)) {
            assertThat(all.filter(file -> file.endsWith("model.safetensors"))).hasSize(2 * 2);
        }
    }

    private static String weights(Path files, String method, int seed) throws IOException {
        return TinyGrid.hex(
                files.resolve("models").resolve(method + "-" + seed + "/model.safetensors"));
    }

    /** One group of the tournament by the plain command. */
    private Path plain(Path root, String group, String method) {
        Path files = root.resolve(group + method);
        String rate = group.substring(group.indexOf('=') + 1);
        assertThat(
                        tiny.execute(
                                "vit",
                                "--out=" + files,
                                "--methods=" + method,
                                "--lr=" + rate,
                                "--seeds=2",
                                "--steps=8",
                                "--batch=4",
                                "--save-every=2",
                                "--evaluate-every=2",
                                "--data=" + directory.resolve("images"),
                                "--checkpoint=" + directory.resolve("vit")))
                .as(tiny.err())
                .isZero();
        return files;
    }
}
