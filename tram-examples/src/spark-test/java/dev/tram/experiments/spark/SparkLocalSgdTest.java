package dev.tram.experiments.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tram.djl.TramOptimizer;
import dev.tram.djl.internal.safetensors.SafetensorsFile;
import dev.tram.experiments.Json;
import dev.tram.experiments.LocalTraining;
import dev.tram.experiments.RoundLoop;
import dev.tram.experiments.Rounds;
import dev.tram.experiments.StepRecord;
import dev.tram.experiments.WorkerBatches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A model trained by tasks of Apache Spark, in this process. */
class SparkLocalSgdTest {

    private static final int STEPS = 50;

    private static JavaSparkContext spark;

    @TempDir private Path directory;

    @BeforeAll
    static void start() {
        spark =
                new JavaSparkContext(
                        new SparkConf()
                                .setMaster("local[2]")
                                .setAppName("test")
                                .set("spark.driver.host", "127.0.0.1")
                                .set("spark.driver.bindAddress", "127.0.0.1")
                                .set("spark.ui.enabled", "false"));
    }

    @AfterAll
    static void stop() {
        spark.close();
    }

    private Path onSpark(SparkLocalSgd.Source source, int workers, int localSteps)
            throws IOException {
        return new SparkLocalSgd(spark, source)
                .workers(workers)
                .localSteps(localSteps)
                .seed(3)
                .train(STEPS, directory.resolve("spark"));
    }

    /** Workers in turns, each with a model of its own in each round. */
    private Path simulated(SparkLocalSgd.Source source, int workers, int localSteps)
            throws IOException {
        Path files = Files.createDirectories(directory.resolve("simulated"));
        try (Rounds rounds =
                Rounds.inTurns(() -> new OneRound(new BatchWorker(source.open())), 3, workers)) {
            return new RoundLoop(rounds, localSteps, files, files.resolve("rounds.jsonl"))
                    .run(STEPS, (done, round) -> {});
        }
    }

    private record OneRound(BatchWorker worker) implements LocalTraining.Worker {

        @Override
        public TramOptimizer optimizer() {
            return worker.optimizer();
        }

        @Override
        public Engine engine() {
            return worker.engine();
        }

        @Override
        public StepRecord step(WorkerBatches own, int step) throws IOException {
            return worker.step(own, step);
        }

        @Override
        public boolean isReusable() {
            return false;
        }

        @Override
        public void close() throws IOException {
            worker.close();
        }
    }

    static float[] weights(Path state) throws IOException {
        List<Float> weights = new ArrayList<>();
        try (SafetensorsFile file = new SafetensorsFile(state);
                NDManager manager = NDManager.newBaseManager()) {
            for (String name : file.entries().keySet()) {
                if (name.startsWith("theta/")) {
                    NDArray array = file.read(manager, name);
                    for (float weight : array.toFloatArray()) {
                        weights.add(weight);
                    }
                }
            }
        }
        assertThat(weights).hasSize(Points.SIZE);
        float[] flat = new float[weights.size()];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = weights.get(i);
        }
        return flat;
    }

    @Test
    void oneStepARoundBySgdIsTheGlobalBatch() throws IOException {
        Path local = onSpark(() -> new Points("sgd", "sgd", 4, 0), 2, 1);
        Path global = simulated(() -> new Points("sgd", "sgd", 8, 0), 1, STEPS);
        assertThat(weights(local)).containsExactly(weights(global), within(1e-5f));
    }

    @ParameterizedTest
    @CsvSource({
        "sgd, sgd, 2, 5",
        "adam, adam, 2, 5",
        "sam, adam, 2, 5",
        "tram-previous, adam, 2, 5",
        "tram-previous, sgd, 2, 7",
        // A tree of two levels.
        "sam, adam, 7, 20"
    })
    void tasksGiveTheStateOfWorkersInTurns(String method, String base, int workers, int localSteps)
            throws IOException {
        Path local = onSpark(() -> new Points(method, base, 4, 0.3f), workers, localSteps);
        Path turns = simulated(() -> new Points(method, base, 4, 0.3f), workers, localSteps);
        assertThat(weights(local)).containsExactly(weights(turns), within(1e-5f));
        if (workers == 2) {
            assertThat(local).hasSameBinaryContentAs(turns);
        }
    }

    @Test
    void bytesAreThoseOfTheArrays() throws IOException {
        Path files = directory.resolve("spark");
        List<Long> received = new ArrayList<>();
        Path state =
                new SparkLocalSgd(spark, () -> new Points("tram-previous", "adam", 4, 0))
                        .workers(2)
                        .localSteps(20)
                        .train(
                                STEPS,
                                files,
                                (done, round) -> {
                                    Path from = files.resolve(done + ".safetensors");
                                    received.add(done == 0 ? 0 : Files.size(from));
                                });
        List<JsonNode> rounds = new ArrayList<>();
        for (String line : Files.readAllLines(files.resolve("rounds.jsonl"))) {
            rounds.add(Json.MAPPER.readTree(line));
        }
        assertThat(rounds)
                .extracting(round -> round.get("bytes_received").asLong())
                .isEqualTo(received);
        int header =
                ByteBuffer.wrap(Files.readAllBytes(state)).order(ByteOrder.LITTLE_ENDIAN).getInt();
        // Weights, two moments and the weights of the step before; a checksum.
        long arrays = 4L * Float.BYTES * Points.SIZE + Long.BYTES;
        assertThat(rounds.get(2).get("bytes_sent").asLong())
                .isBetween(arrays + header, arrays + header + 64);
        assertThat(rounds)
                .extracting(round -> round.get("steps").asInt())
                .containsExactly(20, 40, 50);
        assertThat(rounds)
                .allMatch(round -> round.get("training_share").asDouble() > 0)
                .allMatch(
                        round ->
                                round.get("training_share").asDouble()
                                        < round.get("worker_share").asDouble())
                .allMatch(round -> round.get("worker_share").asDouble() < 1);
    }

    @Test
    void anInterruptedTrainingGoesOnAfterItsLastRound() throws IOException {
        SparkLocalSgd.Source source = () -> new Points("sam", "adam", 4, 0.3f);
        Path whole = simulated(source, 2, 10);
        SparkLocalSgd sgd = new SparkLocalSgd(spark, source).workers(2).localSteps(10).seed(3);
        Path files = directory.resolve("spark");
        assertThatIOException()
                .isThrownBy(
                        () ->
                                sgd.train(
                                        STEPS,
                                        files,
                                        (done, round) -> {
                                            if (done == 20) {
                                                throw new IOException("interrupted");
                                            }
                                        }))
                .withMessage("interrupted");
        List<Integer> begun = new ArrayList<>();
        Path state = sgd.train(STEPS, files, (done, round) -> begun.add(done));
        assertThat(begun).containsExactly(20, 30, 40);
        assertThat(state).hasSameBinaryContentAs(whole);
    }

    @Test
    void aWorkerThatFailsIsTold() {
        assertThatIOException()
                .isThrownBy(
                        () ->
                                onSpark(
                                        () -> {
                                            throw new IllegalArgumentException("no such data");
                                        },
                                        2,
                                        5))
                .withMessage("the round of steps 1 to 5 has failed: no such data");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SparkLocalSgd(spark, () -> null).workers(0))
                .withMessageContaining("workers must be an integer >= 1, received: 0");
    }

    @Test
    void theProgramOfThePageIsTheFile() throws IOException {
        Path file = Path.of("src/spark/java/dev/tram/examples/FineTuneTextsOnSpark.java");
        assertThat(Path.of("..", "docs", "scaling.md"))
                .content()
                .contains("```java spark\n" + Files.readString(file) + "```\n");
    }
}
