package dev.tram.experiments.spark;

import ai.djl.ndarray.NDManager;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.TramOptimizer;
import dev.tram.experiments.RoundLoop;
import dev.tram.experiments.Rounds;
import java.io.Closeable;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Trains a DJL model on the machines of Apache Spark. Each worker, a task, takes some steps of the
 * method on batches of its own; then weights, moments and what else the method keeps as arrays are
 * averaged, and so on: local SGD (Stich 2019), with ascents FedSAM (Qu et al. 2022).
 *
 * <pre>{@code
 * SparkLocalSgd sgd = new SparkLocalSgd(spark, MyWorker::new).workers(4).localSteps(16);
 * Path state = sgd.train(1000, Path.of("run"));
 * tram.load(state); // into a trainer of the same model and method
 * }</pre>
 */
public final class SparkLocalSgd {

    private final JavaSparkContext spark;
    private final Source source;
    private int workers;
    private int localSteps = 1;
    private long seed;

    /** Opens workers. It is sent to the executors, and so must not hold what is open. */
    @FunctionalInterface
    public interface Source extends Serializable {

        /**
         * Opens a worker on the machine that this is called on.
         *
         * @return a worker with the model as the run begins with it, the same one each time
         * @throws IOException if a file cannot be read
         */
        Worker open() throws IOException;
    }

    /**
     * What a worker trains. An executor keeps one for all rounds, and loads the round's state into
     * it; so it may keep nothing else from batch to batch.
     */
    public interface Worker extends Closeable {

        /**
         * Returns the method: the trainer's optimizer.
         *
         * @return the optimizer, whose listener is in the trainer's configuration
         */
        TramOptimizer optimizer();

        /**
         * Returns the trainer, initialised.
         *
         * @return the trainer, on one device
         */
        Trainer trainer();

        /**
         * Makes a batch.
         *
         * @param number its number in the run's stream, from 1: in each step the workers take the
         *     next ones, worker 0 the first of them
         * @param manager the owner of its arrays, which is closed with the batch
         * @return the batch, the same one for the same number
         * @throws IOException if a file cannot be read
         */
        Batch batch(int number, NDManager manager) throws IOException;
    }

    /**
     * Describes a training by as many workers as Spark has cores, one step a round, with the seed
     * 0.
     *
     * @param spark whose executors train
     * @param source opens what is trained
     */
    public SparkLocalSgd(JavaSparkContext spark, Source source) {
        this.spark = spark;
        this.source = source;
        workers = spark.defaultParallelism();
    }

    /**
     * Sets the number of workers.
     *
     * @param number at least 1; more than there are executors take turns
     * @return this
     */
    public SparkLocalSgd workers(int number) {
        workers = Arguments.atLeast("workers", number, 1);
        return this;
    }

    /**
     * Sets how many steps a worker takes between two averages.
     *
     * @param number at least 1; with 1 and SGD it is training in data parallel
     * @return this
     */
    public SparkLocalSgd localSteps(int number) {
        localSteps = Arguments.atLeast("localSteps", number, 1);
        return this;
    }

    /**
     * Sets the seed of what the engine draws, such as dropout's masks and noise; each worker draws
     * others in each round.
     *
     * @param number the seed
     * @return this
     */
    public SparkLocalSgd seed(long number) {
        seed = number;
        return this;
    }

    /**
     * Trains, or goes on after the last whole round of the directory.
     *
     * @param steps the steps of each worker
     * @param directory where the latest state lies, STEP.safetensors, and rounds.jsonl, which has
     *     bytes and times of each round
     * @return the state after the last step, for {@link TramOptimizer#load}
     * @throws IOException if a file cannot be read or written, or a round fails for good
     */
    public Path train(int steps, Path directory) throws IOException {
        return train(steps, directory, (done, round) -> {});
    }

    /**
     * Trains, or goes on after the last whole round of the directory.
     *
     * @param steps the steps of each worker
     * @param directory where the files go
     * @param listener is told of each round, with the figures of all steps
     * @return the state after the last step, for {@link TramOptimizer#load}
     * @throws IOException if a file cannot be read or written, or a round fails for good
     */
    public Path train(int steps, Path directory, RoundLoop.Listener listener) throws IOException {
        Arguments.atLeast("steps", steps, 1);
        Files.createDirectories(directory);
        Source opener = source;
        try (Rounds rounds =
                new SparkRounds(spark, () -> new BatchWorker(opener.open()), seed, workers)) {
            Path records = directory.resolve("rounds.jsonl");
            return new RoundLoop(rounds, localSteps, directory, records).run(steps, listener);
        }
    }
}
