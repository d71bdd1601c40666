package dev.tram.examples.experiment;

import dev.tram.core.internal.Arguments;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Trains one run by several workers: each takes some steps of the method on its own batches, then
 * weights and moments are averaged, and so on. With plain steps this is local SGD (Stich 2019),
 * with ascents FedSAM (Qu et al. 2022). One step a round by SGD is training in data parallel.
 */
public final class LocalSgd {

    private final Task task;
    private final ExperimentConfig config;
    private final ExperimentDirectory directory;
    private final RunKey key;
    private final int localSteps;
    private final Rounds rounds;
    private final Progress progress;

    /** What takes the steps of a round. */
    public interface Rounds {

        /**
         * Takes the steps of all workers.
         *
         * @param from the state to go on from; empty for the run's beginning
         * @param done how many steps were taken before
         * @param last the step after which to stop
         * @return the mean and what each worker did
         * @throws IOException if a file cannot be read or written
         */
        Round run(Optional<Path> from, int done, int last) throws IOException;
    }

    /**
     * A round.
     *
     * @param state the mean of the workers' states
     * @param steps each worker's steps
     * @param milliseconds the longest time that a worker spent in it, reading and writing its state
     *     included
     */
    public record Round(MeanState state, List<List<StepRecord>> steps, double milliseconds)
            implements Serializable {

        private static final long serialVersionUID = 1;

        /**
         * Joins two parts of a round.
         *
         * @param other the other workers
         * @return both
         */
        public Round plus(Round other) {
            List<List<StepRecord>> all = new ArrayList<>(steps);
            all.addAll(other.steps);
            return new Round(
                    state.plus(other.state), all, Math.max(milliseconds, other.milliseconds));
        }
    }

    /**
     * A line of rounds.jsonl.
     *
     * @param steps the steps so far, of each worker
     * @param bytesSent what each worker sent, worker 0 also its state
     * @param bytesReceived what each worker received: the state
     * @param milliseconds the round's time
     * @param trainingShare which share of it the slowest worker spent in its steps
     * @param workerShare which share of it the slowest worker spent in all, reading and writing its
     *     state included; the rest is waiting for messages
     */
    record RoundRecord(
            int steps,
            long bytesSent,
            long bytesReceived,
            double milliseconds,
            double trainingShare,
            double workerShare) {}

    /**
     * Describes a training.
     *
     * @param task what is trained
     * @param config how it is trained; {@code steps} are each worker's
     * @param directory where the files go
     * @param key the method and the seed
     * @param localSteps how many steps a worker takes in a round
     * @param rounds takes the steps
     * @param progress whom to tell
     * @throws IllegalArgumentException if the run's result is not its last model
     */
    public LocalSgd(
            Task task,
            ExperimentConfig config,
            ExperimentDirectory directory,
            RunKey key,
            int localSteps,
            Rounds rounds,
            Progress progress) {
        this.task = task;
        this.config = config;
        this.directory = directory;
        this.key = key;
        this.localSteps = Arguments.atLeast("local-steps", localSteps, 1);
        this.rounds = rounds;
        this.progress = progress;
        if (config.protocol().selection() != Selection.LAST
                || MethodVariant.of(key.method()).weights().row() != ModelWeights.Row.LAST
                || config.protocol().minutes() != null) {
            throw Arguments.rejected(
                    "a run of several workers",
                    "one whose result is its last model, without minutes",
                    key.method() + ", select " + config.protocol().selection());
        }
    }

    /**
     * Trains to the end, or goes on after the last whole round, and judges the model.
     *
     * @throws IOException if a file cannot be read or written
     */
    public void run() throws IOException {
        if (!Files.exists(directory.figures(key))) {
            train();
        }
        new Grid(task, config, directory).run(key, progress);
    }

    private void train() throws IOException {
        Savepoints saved = new Savepoints(directory.checkpoint(key));
        int done = saved.latestStep().orElse(0);
        progress.skip(done);
        while (done < config.protocol().steps()) {
            int last = Math.min(done + localSteps, config.protocol().steps());
            long begin = System.nanoTime();
            Round round = rounds.run(saved.latest(), done, last);
            double milliseconds = (System.nanoTime() - begin) / 1e6;
            write(round, done, last, milliseconds);
            saved.keep(round.state(), last);
            done = last;
        }
    }

    private void write(Round round, int done, int last, double milliseconds) throws IOException {
        try (Metrics metrics = Metrics.after(done, directory.metrics(key), directory.events(key))) {
            for (int i = 0; i < last - done; i++) {
                int step = i;
                StepRecord mean =
                        StepRecord.mean(round.steps().stream().map(one -> one.get(step)).toList());
                metrics.write(mean);
                progress.step(config.target() + " " + key, mean);
            }
        }
        double training =
                round.steps().stream()
                        .mapToDouble(
                                steps -> steps.stream().mapToDouble(StepRecord::milliseconds).sum())
                        .max()
                        .orElseThrow();
        RoundRecord line =
                new RoundRecord(
                        last,
                        round.state().bytesOfSums(),
                        round.state().bytesOfState(),
                        milliseconds,
                        training / milliseconds,
                        round.milliseconds() / milliseconds);
        Files.writeString(
                directory.rounds(key),
                Json.MAPPER.writeValueAsString(line) + "\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
    }

    /**
     * Returns rounds whose workers take turns in this process: what machines compute, without them.
     *
     * @param task what is trained
     * @param config how it is trained
     * @param key the method and the seed
     * @param workers how many there are
     * @return the rounds
     */
    public static Rounds inTurns(Task task, ExperimentConfig config, RunKey key, int workers) {
        return (from, done, last) -> {
            Round all = null;
            for (int worker = 0; worker < workers; worker++) {
                Round one = round(task, config, key, new Share(worker, workers), from, done, last);
                all = all == null ? one : all.plus(one);
            }
            return all;
        };
    }

    /**
     * Takes one worker's steps of a round.
     *
     * @param task what is trained
     * @param config how it is trained
     * @param key the method and the seed
     * @param share the worker's batches
     * @param from the state to go on from; empty for the run's beginning
     * @param done how many steps were taken before
     * @param last the step after which to stop
     * @return the worker's part of the round
     * @throws IOException if a file cannot be read or written
     */
    public static Round round(
            Task task,
            ExperimentConfig config,
            RunKey key,
            Share share,
            Optional<Path> from,
            int done,
            int last)
            throws IOException {
        long begin = System.nanoTime();
        Path file = Files.createTempFile("tram-worker", ".safetensors");
        try {
            List<StepRecord> steps =
                    new LocalSteps(task, config, key, share).train(from, done, last, file);
            MeanState state = MeanState.of(share.worker(), file);
            return new Round(state, List.of(steps), (System.nanoTime() - begin) / 1e6);
        } finally {
            Files.delete(file);
        }
    }
}
