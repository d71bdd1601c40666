package dev.tram.experiments;

import dev.tram.core.internal.Arguments;
import java.io.IOException;
import java.nio.file.Files;

/**
 * Trains one run by several workers: each takes some steps of the method on its own batches, then
 * weights and moments are averaged, and so on. With plain steps this is local SGD (Stich 2019),
 * with ascents FedSAM (Qu et al. 2022). One step a round by SGD is training in data parallel.
 *
 * @param config how it is trained; {@code steps} are each worker's
 * @param localSteps how many steps a worker takes in a round
 */
public record LocalSgd(
        Task task,
        ExperimentConfig config,
        ExperimentDirectory directory,
        RunKey key,
        int localSteps,
        Progress progress) {

    public LocalSgd {
        if (config.protocol().selection() != Selection.LAST
                || MethodVariant.of(key.method()).weights().row() != ModelWeights.Row.LAST
                || config.protocol().minutes() != null) {
            throw Arguments.rejected(
                    "a run of several workers",
                    "one whose result is its last model, without minutes",
                    key.method() + ", select " + config.protocol().selection());
        }
    }

    /** Returns what workers of this process train: a task that is open as long as they are. */
    public static LocalTraining training(Task task, ExperimentConfig config, RunKey key) {
        return () -> TaskWorker.open(task, config, key, () -> {});
    }

    /** Opens a worker on a machine of its own; the task is closed with it. */
    public static LocalTraining.Worker worker(Task task, ExperimentConfig config, RunKey key)
            throws IOException {
        return TaskWorker.open(task, config, key, task);
    }

    /** Trains to the end, or goes on after the last whole round, and judges the model. */
    public void run(Rounds rounds) throws IOException {
        if (!Files.exists(directory.figures(key))) {
            RoundLoop loop =
                    new RoundLoop(
                            rounds, localSteps, directory.checkpoint(key), directory.rounds(key));
            progress.skip(loop.done());
            loop.run(config.protocol().steps(), this::write);
        }
        new Grid(task, config, directory).run(key, progress);
    }

    private void write(int done, Round round) throws IOException {
        try (Metrics metrics = Metrics.after(done, directory.metrics(key), directory.events(key))) {
            for (int i = 0; i < round.steps().get(0).size(); i++) {
                int step = i;
                StepRecord mean =
                        StepRecord.mean(round.steps().stream().map(one -> one.get(step)).toList());
                metrics.write(mean);
                progress.step(config.target() + " " + key, mean);
            }
        }
    }
}
