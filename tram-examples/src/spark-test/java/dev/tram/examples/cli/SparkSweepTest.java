package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.experiments.spark.Hdfs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Sweeps on Apache Spark, beside the plain command. */
@EnabledOnOs(OS.LINUX)
class SparkSweepTest {

    @TempDir private Path directory;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream console = System.out;
    private TinyGrid tiny;
    private Path sweep;
    private String out;

    @BeforeEach
    void writeAGrid() throws IOException {
        tiny = new TinyGrid(directory);
        sweep = directory.resolve("sweep");
        out = sweep.toString();
        StandaloneSpark.SETTINGS.forEach(System::setProperty);
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    }

    @AfterEach
    void restore() {
        System.setOut(console);
        StandaloneSpark.SETTINGS.keySet().forEach(System::clearProperty);
    }

    private int sweep(String master) {
        return tiny.execute("sweep", tiny.file().toString(), "--spark=" + master, "--out=" + out);
    }

    private String printed() {
        return printed.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aMasterThatIsNoneIsRefused() {
        assertThat(sweep("here")).isEqualTo(2);
        assertThat(tiny.err()).hasLineCount(1).contains("--spark must be a master that answers");
        assertThat(sweep).doesNotExist();
    }

    @Test
    void tasksOfThisProcessGiveTheFilesOfThePlainCommand() throws IOException {
        assertThat(sweep("local[2]")).as(tiny.err() + printed()).isZero();
        assertThat(printed()).contains("4 done, 0 running, 0 failed, 0 left");
        assertThat(TinyGrid.outcome(sweep.resolve("images")))
                .isEqualTo(TinyGrid.outcome(tiny.plain()));
        assertThat(sweep("local[2]")).as(tiny.err() + printed()).isZero();
        assertThat(printed()).contains("4 cells, 4 finished before");
    }

    @Test
    void aCellThatFailsLeavesTheOthersAlone() throws IOException {
        Files.writeString(
                tiny.file(), Files.readString(tiny.file()).replace("steps: 60", "steps: 2"));
        assertThat(tiny.execute("cell", tiny.file().toString(), "0", "--out=" + sweep)).isZero();
        Files.createDirectories(sweep.resolve("images/metrics/tram-previous-1.jsonl"));
        assertThat(sweep("local[2]")).isEqualTo(1);
        assertThat(printed())
                .contains("3 done, 0 running, 1 failed, 0 left")
                .contains("cell 3 (images")
                .contains("failed, exit code 1: ");
    }

    @Test
    void aKilledWorkerAndARestartedMasterChangeNothing() throws Exception {
        try (StandaloneSpark spark = new StandaloneSpark(directory.resolve("spark"))) {
            Process doomed = spark.startWorker("worker1", 1);
            spark.startWorker("worker2", 1);
            CompletableFuture<Boolean> trouble =
                    CompletableFuture.supplyAsync(() -> trouble(spark, doomed));
            assertThat(sweep(spark.address())).as(tiny.err() + printed()).isZero();
            assertThat(trouble.get()).as("trouble in mid-run").isTrue();
        }
        assertThat(printed()).contains("was lost; it is run again");
        assertThat(printed()).contains("4 done, 0 running, 0 failed, 0 left");
        assertThat(TinyGrid.outcome(sweep.resolve("images")))
                .isEqualTo(TinyGrid.outcome(tiny.plain()));
    }

    @Test
    void tasksOfThisProcessLeaveTheSameFilesAtAUrl() throws Exception {
        Path files = directory.resolve("files");
        out = files.toUri().toString();
        assertThat(sweep("local[2]")).as(tiny.err() + printed()).isZero();
        assertThat(printed()).contains("Report: file:" + files + "/images/report.html");
        assertThat(TinyGrid.outcome(files.resolve("images")))
                .isEqualTo(TinyGrid.outcome(tiny.plain()));
        assertThat(children(files)).isEqualTo(4);
        assertThat(children(files.resolve("logs"))).isEqualTo(4);
    }

    @Test
    void aTournamentIsThatOfTheProcessesOfOneMachine() throws IOException {
        String halving = "evaluate-every: 2\nhalving: {first-steps: 4}\nvary: {lr: [0.001, 1e6]}\n";
        Files.writeString(
                tiny.file(),
                Files.readString(tiny.file()).replace("steps: 60", "steps: 8") + "    " + halving);
        Path files = directory.resolve("files");
        out = files.toUri().toString();
        assertThat(sweep("local[2]")).as(tiny.err() + printed()).isZero();
        assertThat(
                        tiny.execute(
                                "sweep",
                                tiny.file().toString(),
                                "--threads=1",
                                "--workers=2",
                                "--out=" + sweep))
                .as(tiny.err())
                .isZero();
        assertThat(files.resolve("halving.json"))
                .hasSameTextualContentAs(sweep.resolve("halving.json"));
        for (String group : List.of("images,lr=0.001", "images,lr=1e6")) {
            assertThat(models(files.resolve(group))).isEqualTo(models(sweep.resolve(group)));
        }
        assertThat(models(files.resolve("images,lr=0.001"))).isNotEmpty();
    }

    private static Map<String, String> models(Path group) throws IOException {
        Map<String, String> weights = new TreeMap<>();
        if (Files.isDirectory(group.resolve("models"))) {
            try (var all = Files.walk(group.resolve("models"))) {
                for (Path file : all.filter(Files::isRegularFile).toList()) {
                    weights.put(group.relativize(file).toString(), TinyGrid.hex(file));
                }
            }
        }
        return weights;
    }

    @Test
    void aKilledWorkerChangesNothingOnHdfs() throws Exception {
        Path copy = directory.resolve("copy");
        try (Hdfs hdfs = new Hdfs(directory.resolve("hdfs"));
                StandaloneSpark spark = new StandaloneSpark(directory.resolve("spark"))) {
            out = hdfs.folder("sweep");
            Process doomed = spark.startWorker("worker1", 1);
            spark.startWorker("worker2", 1);
            CompletableFuture<Boolean> trouble =
                    CompletableFuture.supplyAsync(() -> killOnceSaved(hdfs, doomed));
            assertThat(sweep(spark.address())).as(tiny.err() + printed()).isZero();
            assertThat(trouble.get()).as("killed in mid-run").isTrue();
            assertThat(printed()).contains("was lost; it is run again");
            assertThat(printed()).contains("4 done, 0 running, 0 failed, 0 left");
            printed.reset();
            assertThat(sweep(spark.address())).as(tiny.err() + printed()).isZero();
            assertThat(printed()).contains("4 cells, 4 finished before");
            assertThat(tiny.execute("report", out)).as(tiny.err()).isZero();
            assertThat(printed()).contains("Sweep: 4 of 4 cells are finished");
            hdfs.copy("sweep", copy);
        }
        assertThat(copy.resolve("savepoints")).doesNotExist();
        assertThat(copy.resolve("images/report.html")).isNotEmptyFile();
        assertThat(TinyGrid.outcome(copy.resolve("images")))
                .isEqualTo(TinyGrid.outcome(tiny.plain()));
    }

    /** Kills a worker as soon as two cells were saved. */
    private static boolean killOnceSaved(Hdfs hdfs, Process worker) {
        try {
            while (hdfs.count("sweep/savepoints/images/checkpoints/*") < 2) {
                TimeUnit.MILLISECONDS.sleep(20);
            }
            worker.destroyForcibly().waitFor();
            return hdfs.count("sweep/images/runs/*.json") < 4;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Kills a worker as soon as two cells were saved, and the master, which then comes back. */
    private boolean trouble(StandaloneSpark spark, Process worker) {
        try {
            Path checkpoints = sweep.resolve("images/checkpoints");
            while (!Files.isDirectory(checkpoints) || children(checkpoints) < 2) {
                TimeUnit.MILLISECONDS.sleep(1);
            }
            worker.destroyForcibly().waitFor();
            spark.killMaster();
            boolean isMidRun = Files.isDirectory(checkpoints);
            spark.startMaster();
            return isMidRun;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static long children(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.count();
        }
    }
}
