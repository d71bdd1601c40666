package dev.tram.examples.experiment;

import ai.djl.Model;
import dev.tram.djl.transformers.model.TransformerModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Some steps of a run on a worker's share of the batches, from one saved state to another. Nothing
 * stays behind, so that the steps of a lost worker can be repeated anywhere.
 */
public final class LocalSteps {

    private final Task task;
    private final ExperimentConfig config;
    private final RunKey key;
    private final Share share;

    /**
     * Describes a worker.
     *
     * @param task what is trained
     * @param config how it is trained
     * @param key the method and the seed
     * @param share the worker's batches
     */
    public LocalSteps(Task task, ExperimentConfig config, RunKey key, Share share) {
        this.task = task.ofRun(key.seed(), false);
        this.config = config;
        this.key = key;
        this.share = share;
    }

    /**
     * Trains.
     *
     * @param from the state to go on from; empty for the run's beginning
     * @param done how many steps were taken before
     * @param last the step after which to stop
     * @param to where the state goes then
     * @return the steps
     * @throws IOException if a file cannot be read or written
     */
    public List<StepRecord> train(Optional<Path> from, int done, int last, Path to)
            throws IOException {
        try (Model model = Model.newInstance(key.toString(), config.toDevice(), "PyTorch")) {
            TransformerModel block =
                    TrainedWeights.start(task, config, model.getNDManager(), key.seed());
            model.setBlock(block);
            try (Updates updates = new Updates(task, config, key, model, share)) {
                if (from.isPresent()) {
                    updates.optimizer().load(from.get());
                }
                int seed = Objects.hash(key.seed(), done, share.worker());
                model.getNDManager().getEngine().setRandomSeed(seed);
                List<StepRecord> steps = new ArrayList<>();
                for (int step = done + 1; step <= last; step++) {
                    steps.add(updates.step(step));
                }
                updates.optimizer().save(to);
                return steps;
            }
        }
    }
}
