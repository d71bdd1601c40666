package dev.tram.examples.experiment;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.tracker.Tracker;
import dev.tram.djl.TramOptimizer;
import dev.tram.djl.TramStep;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.examples.data.Prefetch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;

/** One training of a model by one method with one seed. */
public final class Run {

    private final Task task;
    private final ExperimentConfig config;
    private final Protocol protocol;
    private final ExperimentDirectory directory;
    private final RunKey key;
    private final MethodVariant variant;
    private final Progress progress;
    private final Prefetch<Integer, Examples.Prepared> batches;

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
        protocol = config.protocol();
        this.directory = directory;
        this.key = key;
        variant = MethodVariant.of(key.method());
        this.progress = progress;
        batches =
                new Prefetch<>(number -> task.trainingBatch(key.seed(), number, protocol.batch()));
    }

    /**
     * Trains the model, saves it and judges it.
     *
     * @return a value per measure of the task, then the means over training of d and ‖ε*‖
     * @throws IOException if a file cannot be read or written
     */
    public Map<String, Double> execute() throws IOException {
        try (batches;
                Model model = Model.newInstance(key.toString(), config.toDevice(), "PyTorch")) {
            TransformerModel block = task.newModel(model.getNDManager(), key.seed());
            block.setPrecision(protocol.precision());
            model.setBlock(block);
            BestModel best = train(model, block);
            TransformerModel result =
                    protocol.selection() == Selection.BEST && best.exists()
                            ? Checkpoint.open(best.file()).load(model.getNDManager())
                            : block;
            result.setPrecision(protocol.precision());
            task.save(result, directory.model(key));
            Scores scores = task.score(result, model.getNDManager());
            directory.writeSamples(key, scores);
            return withTraining(scores.measures());
        }
    }

    private Map<String, Double> withTraining(Map<String, Double> judged) throws IOException {
        Map<String, Double> measures = new LinkedHashMap<>(judged);
        List<StepRecord> steps = Metrics.read(directory.metrics(key));
        measures.put(Grid.DISTANCE.name(), mean(steps, StepRecord::distance));
        measures.put(Grid.PERTURBATION.name(), mean(steps, StepRecord::perturbationNorm));
        return measures;
    }

    private BestModel train(Model model, TransformerModel block) throws IOException {
        Tracker schedule =
                protocol.schedule()
                        .tracker(
                                variant.learningRate() == null
                                        ? protocol.learningRate()
                                        : variant.learningRate(),
                                protocol.warmup(),
                                protocol.steps());
        try (TramOptimizer optimizer = optimizer(schedule);
                Trainer trainer = model.newTrainer(trainingConfig(optimizer))) {
            int step = savepoints().load(optimizer);
            seedEngine(trainer, step);
            progress.skip(step);
            try (Metrics metrics =
                    Metrics.after(step, directory.metrics(key), directory.events(key))) {
                List<StepRecord> done = Metrics.read(directory.metrics(key));
                BestModel best =
                        BestModel.after(done, directory.checkpoint(key), task.validationMeasure());
                double milliseconds = done.stream().mapToDouble(StepRecord::milliseconds).sum();
                while (step < protocol.steps() && !protocol.isOver(milliseconds)) {
                    step++;
                    StepRecord record = step(trainer, optimizer, schedule, step);
                    milliseconds += record.milliseconds();
                    if (protocol.isValidated(step) || protocol.isOver(milliseconds)) {
                        record = validated(record, block, model.getNDManager(), best);
                    }
                    metrics.write(record);
                    progress.step(config.target() + " " + key, record);
                    if (protocol.isSaved(step)) {
                        metrics.flush();
                        savepoints().save(optimizer, step);
                        seedEngine(trainer, step);
                        best.savepoint();
                    }
                }
                progress.skip(protocol.steps() - step);
                return best;
            }
        }
    }

    /** A run that goes on from a savepoint draws what the undisturbed one draws after it. */
    private void seedEngine(Trainer trainer, int step) {
        trainer.getManager().getEngine().setRandomSeed(Objects.hash(key.seed(), step));
    }

    private StepRecord validated(
            StepRecord record, TransformerModel block, NDManager manager, BestModel best)
            throws IOException {
        double figure = task.validate(block, manager);
        if (protocol.selection() == Selection.BEST) {
            best.offer(record.step(), figure, block);
        }
        return record.withValidation(figure);
    }

    private Savepoints savepoints() {
        return new Savepoints(directory.checkpoint(key));
    }

    private StepRecord step(Trainer trainer, TramOptimizer optimizer, Tracker schedule, int step) {
        long begin = System.nanoTime();
        List<TramStep> batches = new ArrayList<>();
        for (int i = 1; i <= protocol.accumulation(); i++) {
            trainOn(trainer, (step - 1) * protocol.accumulation() + i);
            batches.add(optimizer.lastStep());
        }
        double milliseconds = (System.nanoTime() - begin) / 1e6;
        return StepRecord.of(step, batches, schedule.getNewValue(step), milliseconds);
    }

    private TramOptimizer optimizer(Tracker schedule) {
        TramOptimizer.Builder builder =
                config.settings()
                        .method(key.method())
                        .builder()
                        .setBaseOptimizer(protocol.base().of(variant.method()).build(schedule))
                        .optLogits(NDList::head)
                        .optAccumulationSteps(protocol.accumulation());
        if (protocol.maxGradNorm() != null) {
            builder.optMaxGradNorm(protocol.maxGradNorm());
        }
        return builder.build();
    }

    private DefaultTrainingConfig trainingConfig(TramOptimizer optimizer) {
        return new DefaultTrainingConfig(optimizer.loss(task.loss()))
                .optOptimizer(optimizer)
                .optDevices(new Device[] {config.toDevice()})
                .addTrainingListeners(optimizer.listener());
    }

    private void trainOn(Trainer trainer, int number) {
        NDManager manager = trainer.getManager().newSubManager();
        try (Batch batch = batches.get(number, number + 1).on(manager)) {
            EasyTrain.trainBatch(trainer, batch);
            trainer.step();
        }
    }

    private static double mean(List<StepRecord> steps, ToDoubleFunction<StepRecord> figure) {
        return steps.stream()
                .mapToDouble(figure)
                .filter(Double::isFinite)
                .average()
                .orElse(Double.NaN);
    }
}
