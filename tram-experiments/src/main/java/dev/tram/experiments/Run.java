package dev.tram.experiments;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import dev.tram.djl.TramOptimizer;
import dev.tram.djl.WeightInterpolation;
import dev.tram.djl.transformers.model.TransformerModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;

/** One training of a model by one method with one seed. */
public record Run(
        Task task,
        ExperimentConfig config,
        ExperimentDirectory directory,
        RunKey key,
        Progress progress) {

    public Run {
        task = MethodVariant.of(key.method()).taskOf(task, key.seed());
    }

    private Protocol protocol() {
        return config.protocol();
    }

    private ModelWeights weights() {
        return MethodVariant.of(key.method()).weights();
    }

    /**
     * Trains the model, saves it and judges it. Returns a value per measure of the task, then the
     * means over training of d and ‖ε*‖ and the numbers of forward and of backward passes.
     */
    public Map<String, Double> execute() throws IOException {
        try (Model model = TrainedWeights.open(task, config, key)) {
            BestModel best = train(model, protocol().steps());
            TransformerModel result = result(best, model);
            result.setPrecision(protocol().precision());
            if (result.isAdapted()) {
                TrainedWeights.save(result, directory.adapter(key));
                result.adapters().merge();
            }
            task.save(result, directory.model(key));
            Scores scores = task.score(result, model.getNDManager());
            directory.writeSamples(key, scores);
            return withTraining(scores.measures());
        }
    }

    /** Trains the model up to a step after which the run is saved, so that it can go on. */
    public void pauseAfter(int step) throws IOException {
        try (Model model = TrainedWeights.open(task, config, key)) {
            train(model, step);
        }
    }

    private TransformerModel result(BestModel best, Model model) throws IOException {
        NDManager manager = model.getNDManager();
        TransformerModel result = (TransformerModel) model.getBlock();
        boolean isBest = isSelected() && best.exists();
        if (isBest || isAveraged()) {
            result = TrainedWeights.load(isBest ? best.file() : averageFile(), result, manager);
        }
        if (weights().interpolation().isPresent()) {
            TransformerModel start = task.newModel(manager, key.seed());
            float alpha = weights().interpolation().get();
            WeightInterpolation.apply(start, result, alpha, result);
        }
        return result;
    }

    private boolean isSelected() {
        return protocol().selection() == Selection.BEST || weights().areBest();
    }

    private boolean isAveraged() {
        return weights().average(protocol().steps()).isPresent();
    }

    /** Where the average lies until the run is finished. */
    private Path averageFile() {
        return directory.checkpoint(key).resolve("average");
    }

    /** Lets the block be what the run's model would be; null where it is already. */
    private TramOptimizer.Shown show(TramOptimizer optimizer) {
        return isAveraged() ? optimizer.showWeightAverage() : null;
    }

    private Map<String, Double> withTraining(Map<String, Double> judged) throws IOException {
        Map<String, Double> measures = new LinkedHashMap<>(judged);
        List<StepRecord> steps = Metrics.read(directory.metrics(key));
        measures.put(Grid.DISTANCE.name(), mean(steps, StepRecord::distance));
        measures.put(Grid.PERTURBATION.name(), mean(steps, StepRecord::perturbationNorm));
        measures.put(Grid.FORWARD.name(), sum(steps, StepRecord::forward));
        measures.put(Grid.BACKWARD.name(), sum(steps, StepRecord::backward));
        return measures;
    }

    private BestModel train(Model model, int last) throws IOException {
        TransformerModel block = (TransformerModel) model.getBlock();
        try (Updates updates = new Updates(task, config, key, model)) {
            TramOptimizer optimizer = updates.optimizer();
            int step = savepoints().load(optimizer);
            updates.seedEngine(step);
            progress.skip(step);
            try (Metrics metrics =
                    Metrics.after(step, directory.metrics(key), directory.events(key))) {
                List<StepRecord> done = Metrics.read(directory.metrics(key));
                BestModel best =
                        BestModel.after(done, directory.checkpoint(key), task.validationMeasure());
                double milliseconds = done.stream().mapToDouble(StepRecord::milliseconds).sum();
                while (step < last && !protocol().isOver(milliseconds)) {
                    step++;
                    StepRecord record = updates.step(step);
                    milliseconds += record.milliseconds();
                    if (protocol().isValidated(step) || protocol().isOver(milliseconds)) {
                        try (TramOptimizer.Shown average = show(optimizer)) {
                            record = validated(record, block, model.getNDManager(), best);
                        }
                    }
                    metrics.write(record);
                    progress.step(config.target() + " " + key, record);
                    boolean isOver = step == protocol().steps() || protocol().isOver(milliseconds);
                    // An average can be shown after an update only, not after a loading.
                    if (protocol().isSaved(step) && !(isOver && isAveraged())) {
                        metrics.flush();
                        savepoints().save(step, optimizer::save);
                        updates.seedEngine(step);
                        best.savepoint();
                        directory.saved(key, step);
                    }
                }
                progress.skip(protocol().steps() - step);
                if (isAveraged() && last == protocol().steps()) {
                    try (TramOptimizer.Shown average = show(optimizer)) {
                        TrainedWeights.save(block, averageFile());
                    }
                }
                return best;
            }
        }
    }

    private StepRecord validated(
            StepRecord record, TransformerModel block, NDManager manager, BestModel best)
            throws IOException {
        double figure = task.validate(block, manager);
        if (isSelected()) {
            best.offer(record.step(), figure, block);
        }
        return record.withValidation(figure);
    }

    private Savepoints savepoints() {
        return new Savepoints(directory.checkpoint(key));
    }

    /** NaN where a step was recorded by a version that did not count passes. */
    private static double sum(List<StepRecord> steps, ToIntFunction<StepRecord> passes) {
        boolean counted = steps.stream().allMatch(step -> passes.applyAsInt(step) > 0);
        return counted ? steps.stream().mapToInt(passes).sum() : Double.NaN;
    }

    private static double mean(List<StepRecord> steps, ToDoubleFunction<StepRecord> figure) {
        return steps.stream()
                .mapToDouble(figure)
                .filter(Double::isFinite)
                .average()
                .orElse(Double.NaN);
    }
}
