package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import dev.tram.experiments.spark.Points;
import dev.tram.experiments.spark.SparkLocalSgd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A model trained by executors of Apache Spark, processes of their own. */
@EnabledOnOs(OS.LINUX)
class SparkTrainingTest {

    private static final int STEPS = 30;
    private static final int LOCAL_STEPS = 10;

    /** In the second round, and neither its first step nor its last. */
    private static final int FATAL_BATCH = 2 * 14;

    @TempDir private Path directory;

    /** Says where it runs at its fatal batch, the first time, and waits for its end. */
    private static final class Mortal extends Points {

        private final Path place;

        Mortal(String place) {
            super("tram-previous", "adam", 4, 0.3f);
            this.place = Path.of(place);
        }

        @Override
        public Batch batch(int number, NDManager manager) {
            if (number == FATAL_BATCH) {
                await();
            }
            return super.batch(number, manager);
        }

        private void await() {
            try {
                Files.createFile(place);
                Files.writeString(place, ProcessHandle.current().pid() + "\n");
                TimeUnit.MINUTES.sleep(2);
            } catch (FileAlreadyExistsException e) {
                return;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            throw new IllegalStateException("nobody killed this executor");
        }
    }

    private static SparkConf conf(String master) {
        SparkConf conf = new SparkConf().setMaster(master).setAppName("test");
        StandaloneSpark.SETTINGS.forEach(conf::set);
        return conf.set("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .set(
                        "spark.executor.extraJavaOptions",
                        "-Dai.djl.offline=true -Dai.djl.default_engine=PyTorch");
    }

    private Path train(String master, String name, String place, List<Integer> rounds)
            throws IOException {
        try (JavaSparkContext spark = new JavaSparkContext(conf(master))) {
            return new SparkLocalSgd(spark, () -> new Mortal(place))
                    .workers(2)
                    .localSteps(LOCAL_STEPS)
                    .seed(5)
                    .train(STEPS, directory.resolve(name), (done, round) -> rounds.add(done));
        }
    }

    @Test
    void theRoundOfAKilledExecutorIsRepeatedToTheSameBits() throws Exception {
        Path spared = Files.createFile(directory.resolve("spared"));
        Path whole = train("local[2]", "whole", spared.toString(), new ArrayList<>());
        Path place = directory.resolve("place");
        List<Integer> rounds = new ArrayList<>();
        try (StandaloneSpark spark = new StandaloneSpark(directory.resolve("standalone"))) {
            spark.startWorker("worker1", 1);
            spark.startWorker("worker2", 1);
            CompletableFuture<Boolean> killed = CompletableFuture.supplyAsync(() -> kill(place));
            Path state = train(spark.address(), "lost", place.toString(), rounds);
            assertThat(killed.get()).as("an executor was killed").isTrue();
            assertThat(state).hasSameBinaryContentAs(whole);
        }
        assertThat(rounds).containsExactly(0, 10, 20);
        assertThat(directory.resolve("lost/rounds.jsonl")).content().hasLineCount(3);
    }

    private static boolean kill(Path place) {
        try {
            while (!Files.exists(place) || !Files.readString(place).endsWith("\n")) {
                TimeUnit.MILLISECONDS.sleep(20);
            }
            long pid = Long.parseLong(Files.readString(place).strip());
            ProcessHandle executor = ProcessHandle.of(pid).orElseThrow();
            assertThat(pid).isNotEqualTo(ProcessHandle.current().pid());
            executor.destroyForcibly();
            executor.onExit().get(10, TimeUnit.SECONDS);
            return true;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aCellOfExecutorsIsTheCellInTurns() throws Exception {
        TinyGrid tiny = new TinyGrid(directory);
        Path turns = directory.resolve("turns");
        assertThat(cell(tiny, turns)).as(tiny.err()).isZero();
        Path executors = directory.resolve("executors");
        StandaloneSpark.SETTINGS.forEach(System::setProperty);
        try (StandaloneSpark spark = new StandaloneSpark(directory.resolve("standalone"))) {
            spark.startWorker("worker1", 1);
            spark.startWorker("worker2", 1);
            assertThat(cell(tiny, executors, "--spark=" + spark.address())).as(tiny.err()).isZero();
        } finally {
            StandaloneSpark.SETTINGS.keySet().forEach(System::clearProperty);
        }
        assertThat(files(executors.resolve("images/models")))
                .isEqualTo(files(turns.resolve("images/models")));
        Path rounds = executors.resolve("images/metrics/tram-previous-0.rounds.jsonl");
        assertThat(rounds).content().hasLineCount(4);
    }

    private static int cell(TinyGrid tiny, Path out, String... more) {
        List<String> line = new ArrayList<>();
        line.addAll(List.of("cell", tiny.file().toString(), "1", "--out=" + out));
        line.addAll(List.of("--threads=1", "--workers=2", "--local-steps=16"));
        line.addAll(List.of(more));
        return tiny.execute(line.toArray(String[]::new));
    }

    private static Map<Path, String> files(Path folder) throws IOException {
        Map<Path, String> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.put(folder.relativize(file), TinyGrid.hex(file));
            }
        }
        assertThat(files).isNotEmpty();
        return files;
    }
}
