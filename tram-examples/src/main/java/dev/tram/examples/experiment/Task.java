package dev.tram.examples.experiment;

import ai.djl.ndarray.NDManager;
import ai.djl.training.loss.Loss;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.examples.statistics.PaperTables;
import dev.tram.examples.statistics.ScoreTable;
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

    /**
     * Returns the name of the data that is trained on.
     *
     * @return the name, which is also a directory's
     */
    String name();

    /**
     * Returns the loss.
     *
     * @return the loss of the model's outputs
     */
    Loss loss();

    /**
     * Makes the model that a run begins with.
     *
     * @param manager the owner of its parameters
     * @param seed the run's seed
     * @return the model, initialised
     * @throws IOException if a checkpoint cannot be read
     */
    TransformerModel newModel(NDManager manager, long seed) throws IOException;

    /**
     * Returns the pretrained model, if there is one.
     *
     * @return its Hugging Face directory
     */
    default Optional<Path> pretrained() {
        return Optional.empty();
    }

    /**
     * Writes a trained model with all that is needed to use it.
     *
     * @param model the model
     * @param directory a Hugging Face directory
     * @throws IOException if it cannot be written
     */
    default void save(TransformerModel model, Path directory) throws IOException {
        model.save(directory);
    }

    /**
     * Returns this task as a run has it: with the training and validation labels that are drawn by
     * the run's seed, where they are drawn. It is closed with this one.
     *
     * @param seed the run's seed
     * @param judgedByNoisyLabels whether validation labels are as wrong as those that are trained
     *     on, whatever the experiment says
     * @return this, unless labels are drawn
     */
    default Task ofRun(long seed, boolean judgedByNoisyLabels) {
        return this;
    }

    /**
     * Returns what is trained on.
     *
     * @return the examples
     */
    Examples training();

    /**
     * Reads a batch to train on: the same for the same arguments, on any thread.
     *
     * @param seed the run's seed
     * @param number the batch's number, from 1
     * @param size the number of examples
     * @return the batch
     */
    default Examples.Prepared trainingBatch(long seed, int number, int size) {
        ShuffledStream stream = new ShuffledStream(training().size(), seed);
        return training().augment(stream.random(-number), stream.batch(number, size));
    }

    /**
     * Returns held-out examples of the domain that is trained on, apart from the tests.
     *
     * @return the examples
     */
    Examples validation();

    /**
     * Returns what a trained model is judged on.
     *
     * @return the tests, those of the domain that is trained on first
     */
    List<TestSet> tests();

    /**
     * Returns the figure of {@link #validate}.
     *
     * @return the measure
     */
    Measure validationMeasure();

    /**
     * Judges a model under training.
     *
     * @param model the model
     * @param manager the owner of what is made on the way
     * @return the figure
     */
    double validate(TransformerModel model, NDManager manager);

    /**
     * Returns the figures of {@link #score}.
     *
     * @return the measures, in the table's order
     */
    List<Measure> measures();

    /**
     * Judges a trained model.
     *
     * @param model the model
     * @param manager the owner of what is made on the way
     * @return a value per measure
     */
    Scores score(TransformerModel model, NDManager manager);

    /**
     * Returns the figure by which methods are compared.
     *
     * @return one of the measures: the last that has a better and a worse unless a task says other
     */
    default Measure summary() {
        return measures().stream()
                .filter(measure -> measure.direction() != Measure.Direction.NONE)
                .reduce((first, last) -> last)
                .orElseThrow();
    }

    /**
     * Returns {@link #summary} for readers who do not see the table.
     *
     * @return the same measure, whose title says what kind of figure it is
     */
    default Measure headline() {
        Measure summary = summary();
        return new Measure(
                summary.name(), unit() + " (" + summary.title() + ")", summary.direction());
    }

    /**
     * Returns of how many test examples {@link #summary} is a share in percent.
     *
     * @return the number; empty where it is no such share
     */
    default OptionalInt testSize() {
        return OptionalInt.empty();
    }

    /**
     * Returns the figures of single domains.
     *
     * @return the measures, that of the training domain first
     */
    default List<Measure> domains() {
        return measures().stream().filter(measure -> !measure.equals(summary())).toList();
    }

    /**
     * Returns what the figures are.
     *
     * @return words such as accuracy in %
     */
    String unit();

    /**
     * Returns how many decimals the figures are shown with.
     *
     * @return the number
     */
    default int decimals() {
        return 1;
    }

    /**
     * Returns the paper's figures for the same data.
     *
     * @return a table whose columns are the measures' names, if there is one
     */
    default Optional<ScoreTable> paper() {
        return PaperTables.of(measures().stream().map(Measure::name).toList());
    }

    /**
     * Returns how methods are compared.
     *
     * @return the test
     */
    default SignificanceTest significanceTest() {
        return SignificanceTest.NONE;
    }

    /**
     * Returns whether the model before fine-tuning is judged, too.
     *
     * @return whether it is
     */
    default boolean isZeroShot() {
        return false;
    }

    /**
     * Returns what a report shows of a trained model.
     *
     * @param model the model
     * @param manager the owner of what is made on the way
     * @return predictions and confusions
     */
    default Illustrations illustrate(TransformerModel model, NDManager manager) {
        return Illustrations.NONE;
    }

    /** Closes files of examples. */
    @Override
    default void close() throws IOException {}
}
