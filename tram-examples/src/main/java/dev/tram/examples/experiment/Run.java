package dev.tram.examples.experiment;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.tram.djl.TramOptimizer;
import dev.tram.examples.model.TransformerModel;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** One training of a model by one method with one seed. */
public final class Run {

    /** How often the validation figure is computed during training. */
    private static final int VALIDATIONS = 8;

    private final Task task;
    private final ExperimentConfig config;
    private final ExperimentDirectory directory;
    private final RunKey key;
    private final Progress progress;

    /**
     * Describes a run.
     *
     * @param task what is trained
     * @param config how it is trained
     * @param directory where the files go
     * @param key the method and the seed
     * @param progress whom to tell
     */
    public Run(
            Task task,
            ExperimentConfig config,
            ExperimentDirectory directory,
            RunKey key,
            Progress progress) {
        this.task = task;
        this.config = config;
        this.directory = directory;
        this.key = key;
        this.progress = progress;
    }

    /**
     * Trains the model, saves it and judges it.
     *
     * @return a value per measure of the task, then the means over training of d and ‖ε*‖
     * @throws IOException if a file cannot be read or written
     */
    public Map<String, Double> execute() throws IOException {
        Device device = config.toDevice();
        try (Model model = Model.newInstance(key.toString(), device, "PyTorch")) {
            TransformerModel block = task.newModel(model.getNDManager(), key.seed());
            model.setBlock(block);
            train(model, block);
            block.save(directory.model(key));
            Map<String, Double> measures =
                    new LinkedHashMap<>(task.evaluate(block, model.getNDManager()));
            List<StepRecord> steps = Metrics.read(directory.metrics(key));
            measures.put(Grid.DISTANCE.name(), mean(steps, StepRecord::distance));
            measures.put(Grid.PERTURBATION.name(), mean(steps, StepRecord::perturbationNorm));
            return measures;
        }
    }

    private void train(Model model, TransformerModel block) throws IOException {
        Tracker schedule =
                Tracker.cosine()
                        .setBaseValue(config.learningRate())
                        .optFinalValue(0f)
                        .setMaxUpdates(config.steps() + 1)
                        .build();
        try (TramOptimizer optimizer = optimizer(schedule);
                Trainer trainer = model.newTrainer(trainingConfig(optimizer))) {
            int done = savepoints().load(optimizer);
            progress.skip(done);
            try (Metrics metrics = Metrics.after(done, directory.metrics(key))) {
                for (int step = done + 1; step <= config.steps(); step++) {
                    StepRecord record = step(trainer, optimizer, schedule, step);
                    if (isValidated(step)) {
                        record = record.withValidation(task.validate(block, model.getNDManager()));
                    }
                    metrics.write(record);
                    progress.step(config.target() + " " + key, record);
                    if (config.saveEvery() > 0 && step % config.saveEvery() == 0) {
                        metrics.flush();
                        savepoints().save(optimizer, step);
                    }
                }
            }
        }
    }

    private Savepoints savepoints() {
        return new Savepoints(directory.checkpoint(key));
    }

    private StepRecord step(Trainer trainer, TramOptimizer optimizer, Tracker schedule, int step) {
        long begin = System.nanoTime();
        trainOn(trainer, step);
        double milliseconds = (System.nanoTime() - begin) / 1e6;
        return StepRecord.of(step, optimizer.lastStep(), schedule.getNewValue(step), milliseconds);
    }

    private TramOptimizer optimizer(Tracker schedule) {
        Optimizer base =
                key.method().equals("sgd")
                        ? Optimizer.sgd().setLearningRateTracker(schedule).build()
                        : Optimizer.adam()
                                .optLearningRateTracker(schedule)
                                .optBeta1(0.9f)
                                .optBeta2(0.99f)
                                .build();
        return config.settings()
                .method(key.method())
                .builder()
                .setBaseOptimizer(base)
                .optSeed(key.seed())
                .build();
    }

    private DefaultTrainingConfig trainingConfig(TramOptimizer optimizer) {
        return new DefaultTrainingConfig(optimizer.loss(task.loss()))
                .optOptimizer(optimizer)
                .optDevices(new Device[] {config.toDevice()})
                .addTrainingListeners(optimizer.listener());
    }

    private void trainOn(Trainer trainer, int step) {
        try (Batch batch =
                task.batch(
                        trainer.getManager().newSubManager(), key.seed(), step, config.batch())) {
            EasyTrain.trainBatch(trainer, batch);
            trainer.step();
        }
    }

    private boolean isValidated(int step) {
        return step % Math.max(1, config.steps() / VALIDATIONS) == 0 || step == config.steps();
    }

    private static double mean(List<StepRecord> steps, ToDoubleFunction<StepRecord> figure) {
        return steps.stream()
                .mapToDouble(figure)
                .filter(Double::isFinite)
                .average()
                .orElse(Double.NaN);
    }
}
