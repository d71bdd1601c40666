package dev.tram.experiments.spark;

import dev.tram.experiments.LocalTraining;
import dev.tram.experiments.Round;
import dev.tram.experiments.Rounds;
import dev.tram.experiments.StateBytes;
import dev.tram.experiments.WorkerRound;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.apache.spark.HashPartitioner;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import scala.Tuple2;

/**
 * Rounds whose workers are tasks of Apache Spark, a partition each: the state is a broadcast, and
 * the workers' states are added up by a tree of two levels where that is shorter than adding them
 * up at the driver. Spark repeats a task that is lost, which then gives the same bits.
 */
record SparkRounds(
        JavaSparkContext spark, LocalTraining training, long seed, int workers, String run)
        implements Rounds {

    SparkRounds(JavaSparkContext spark, LocalTraining training, long seed, int workers) {
        this(spark, training, seed, workers, UUID.randomUUID().toString());
    }

    @Override
    public Round run(Optional<Path> from, int done, int last) throws IOException {
        byte[] state = from.isPresent() ? StateBytes.read(from.get()) : new byte[0];
        Broadcast<byte[]> sent = spark.broadcast(state);
        try {
            spark.setJobDescription("steps " + (done + 1) + " to " + last);
            RoundTask task = new RoundTask(run, training, seed, workers, sent, done, last);
            return sum(
                    spark.parallelize(IntStream.range(0, workers).boxed().toList(), workers)
                            .map(task));
        } catch (Exception e) {
            // Scala throws what Java's compiler does not know of.
            throw failed(done, last, e);
        } finally {
            sent.destroy();
        }
    }

    private static IOException failed(int done, int last, Exception e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String why = String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
        return new IOException(
                "the round of steps %s to %s has failed: %s".formatted(done + 1, last, why), e);
    }

    /**
     * Adds up in the order of workers. Spark's own treeAggregate adds up in the order of messages,
     * on which the last bits of a sum depend.
     */
    private Round sum(JavaRDD<WorkerRound> messages) throws IOException {
        int width = (int) Math.ceil(Math.sqrt(workers));
        int nodes = (workers + width - 1) / width;
        // Spark's rule for a level of its own trees.
        if (workers <= width + nodes) {
            return Round.of(messages.collect());
        }
        JavaPairRDD<Integer, Round> sums =
                messages.mapToPair(message -> new Tuple2<>(message.worker() / width, message))
                        .groupByKey(new HashPartitioner(nodes))
                        .mapValues(SparkRounds::join);
        return sums.collect().stream()
                .sorted(Comparator.comparing(Tuple2::_1))
                .map(Tuple2::_2)
                .reduce(Round::plus)
                .orElseThrow();
    }

    private static Round join(Iterable<WorkerRound> messages) throws IOException {
        List<WorkerRound> all = StreamSupport.stream(messages.spliterator(), false).toList();
        return Round.of(all);
    }

    /** Closes a model in this process; an executor's is closed with it, or for another training. */
    @Override
    public void close() throws IOException {
        RoundTask.close(run);
    }
}
