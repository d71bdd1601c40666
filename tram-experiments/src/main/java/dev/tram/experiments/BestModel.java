package dev.tram.experiments;

import dev.tram.djl.transformers.model.TransformerModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.io.FileUtils;

/**
 * The best model, or adapter, of a run under way, in best-STEP beside the run's savepoints. The one
 * that was the best at the last savepoint stays until the next, so that a killed run finds it.
 */
final class BestModel {

    private final Path directory;
    private final Measure measure;
    private double value = Double.NaN;
    private int step;
    private int stepAtSavepoint;

    private BestModel(Path directory, Measure measure) {
        this.directory = directory;
        this.measure = measure;
    }

    /** Goes on after the steps up to the last savepoint. */
    static BestModel after(List<StepRecord> steps, Path directory, Measure measure) {
        BestModel best = new BestModel(directory, measure);
        for (StepRecord taken : steps) {
            if (taken.validation() != null && best.isBeatenBy(taken.validation())) {
                best.value = taken.validation();
                best.step = taken.step();
            }
        }
        best.stepAtSavepoint = best.step;
        return best;
    }

    /** Writes a model if it is better than all before. */
    void offer(int candidate, double figure, TransformerModel model) throws IOException {
        if (isBeatenBy(figure)) {
            TrainedWeights.save(model, file(candidate));
            if (step != stepAtSavepoint) {
                FileUtils.deleteDirectory(file(step).toFile());
            }
            value = figure;
            step = candidate;
        }
    }

    /** Forgets the best model at the savepoint before this one. */
    void savepoint() throws IOException {
        if (step != stepAtSavepoint) {
            FileUtils.deleteDirectory(file(stepAtSavepoint).toFile());
            stepAtSavepoint = step;
        }
    }

    /** Whether there is one: no figure was finite otherwise. */
    boolean exists() {
        return step > 0;
    }

    /** Returns its Hugging Face directory. */
    Path file() {
        return file(step);
    }

    private Path file(int ofStep) {
        return directory.resolve("best-" + ofStep);
    }

    private boolean isBeatenBy(double figure) {
        return Double.isFinite(figure) && (step == 0 || measure.isBetter(figure, value));
    }
}
