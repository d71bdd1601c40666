package dev.tram.experiments;

import ai.djl.ndarray.NDManager;
import ai.djl.training.loss.Loss;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.experiments.statistics.PaperTables;
import dev.tram.experiments.statistics.ScoreTable;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What is trained, and on what: a model, its loss, examples and how a trained model is judged. An
 * experiment of one's own is a class that implements this, or extends {@link ClassificationTask} or
 * {@link LanguageModelTask}.
 */
public interface Task extends Closeable {

    /** Returns the name of the data that is trained on, which is also a directory's. */
    String name();

    Loss loss();

    /** Makes the model that a run begins with, initialised. */
    TransformerModel newModel(NDManager manager, long seed) throws IOException;

    /** Returns the pretrained model's Hugging Face directory, if there is one. */
    default Optional<Path> pretrained() {
        return Optional.empty();
    }

    /** Writes a trained model with all that is needed to use it. */
    default void save(TransformerModel model, Path directory) throws IOException {
        model.save(directory);
    }

    /**
     * Returns this task as a run has it: with the training and validation labels that are drawn by
     * the run's seed, where they are drawn. It is closed with this one.
     *
     * @param judgedByNoisyLabels whether validation labels are as wrong as those that are trained
     *     on, whatever the experiment says
     * @return this, unless labels are drawn
     */
    default Task ofRun(long seed, boolean judgedByNoisyLabels) {
        return this;
    }

    Examples training();

    /** Reads a batch, counted from 1, to train on: the same on any thread. */
    default Examples.Prepared trainingBatch(long seed, int number, int size) {
        ShuffledStream stream = new ShuffledStream(training().size(), seed);
        return training().augment(stream.random(-number), stream.batch(number, size));
    }

    /** Returns held-out examples of the domain that is trained on, apart from the tests. */
    Examples validation();

    /** Returns what a trained model is judged on, that of the training domain first. */
    List<TestSet> tests();

    Measure validationMeasure();

    double validate(TransformerModel model, NDManager manager);

    /** Returns the figures of {@link #score}, in the table's order. */
    List<Measure> measures();

    Scores score(TransformerModel model, NDManager manager);

    /**
     * Returns the figure by which methods are compared: the last of the measures that has a better
     * and a worse unless a task says other.
     */
    default Measure summary() {
        return measures().stream()
                .filter(measure -> measure.direction() != Measure.Direction.NONE)
                .reduce((first, last) -> last)
                .orElseThrow();
    }

    /**
     * Returns {@link #summary} for readers who do not see the table: the same measure, whose title
     * says what kind of figure it is.
     */
    default Measure headline() {
        Measure summary = summary();
        return new Measure(
                summary.name(), unit() + " (" + summary.title() + ")", summary.direction());
    }

    /**
     * Returns of how many test examples {@link #summary} is a share in percent: the number; empty
     * where it is no such share.
     */
    default OptionalInt testSize() {
        return OptionalInt.empty();
    }

    /** Returns the figures of single domains, that of the training domain first. */
    default List<Measure> domains() {
        return measures().stream().filter(measure -> !measure.equals(summary())).toList();
    }

    /** Returns what the figures are, such as accuracy in %. */
    String unit();

    default int decimals() {
        return 1;
    }

    /**
     * Returns the paper's figures for the same data: a table whose columns are the measures' names,
     * if there is one.
     */
    default Optional<ScoreTable> paper() {
        return PaperTables.of(measures().stream().map(Measure::name).toList());
    }

    default SignificanceTest significanceTest() {
        return SignificanceTest.NONE;
    }

    /** Returns whether the model before fine-tuning is judged, too. */
    default boolean isZeroShot() {
        return false;
    }

    default Illustrations illustrate(TransformerModel model, NDManager manager) {
        return Illustrations.NONE;
    }

    @Override
    default void close() throws IOException {}
}
