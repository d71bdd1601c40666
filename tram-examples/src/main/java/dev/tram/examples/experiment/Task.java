package dev.tram.examples.experiment;

import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.examples.statistics.PaperTables;
import dev.tram.examples.statistics.ScoreTable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What is trained, on what, and how the result is judged. Everything that a task draws depends on
 * the seed, and for batches on the step, alone.
 */
public interface Task {

    /**
     * Returns the target's name.
     *
     * @return the name, as in results.json
     */
    String target();

    /**
     * Returns the figures that {@link #evaluate} gives, the most important first.
     *
     * @return the measures
     */
    List<Measure> measures();

    /**
     * Returns the figure that sums up the others.
     *
     * @return the last measure with a direction
     */
    default Measure summary() {
        return measures().stream()
                .filter(measure -> measure.direction() != Measure.Direction.NONE)
                .reduce((first, last) -> last)
                .orElseThrow();
    }

    /**
     * Returns the figures of single domains or languages.
     *
     * @return the measures, that of the training domain first
     */
    default List<Measure> domains() {
        return measures().stream().filter(measure -> !measure.equals(summary())).toList();
    }

    /**
     * Returns how exactly the figures are shown.
     *
     * @return the number of decimals, as in the paper's table of the kind
     */
    default int decimals() {
        return 1;
    }

    /**
     * Returns the paper's figures for the same data.
     *
     * @return a table with a column per measure, empty if the data are not the paper's
     */
    default Optional<ScoreTable> paper() {
        return PaperTables.of(measures().stream().map(Measure::name).toList());
    }

    /**
     * Returns how methods are tested against the best baseline.
     *
     * @return the test
     */
    default SignificanceTest significanceTest() {
        return SignificanceTest.NONE;
    }

    /**
     * Returns whether the model before training is judged, too.
     *
     * @return true if its figures are something to compare with
     */
    default boolean isZeroShot() {
        return false;
    }

    /**
     * Returns the figure that {@link #validate} gives.
     *
     * @return the measure; its title has its unit
     */
    Measure validation();

    /**
     * Returns the loss that is minimised.
     *
     * @return the task loss
     */
    Loss loss();

    /**
     * Builds the model as it is before training.
     *
     * @param manager the owner of the parameters
     * @param seed the seed of what is drawn anew
     * @return the model with values for all parameters
     * @throws IOException if a checkpoint cannot be read
     */
    TransformerModel newModel(NDManager manager, long seed) throws IOException;

    /**
     * Returns the pretrained model that {@link #newModel} reads.
     *
     * @return its Hugging Face directory; nothing if the weights are random
     */
    default Optional<Path> pretrained() {
        return Optional.empty();
    }

    /**
     * Returns a batch of the training data.
     *
     * @param manager the owner of the batch; closing the batch closes it
     * @param seed the seed of the order
     * @param step the step, from 1
     * @param size the number of examples
     * @return the batch
     */
    Batch batch(NDManager manager, long seed, int step, int size);

    /**
     * Computes the figure by which a model is selected, and the curve over training.
     *
     * @param model the model
     * @param manager the owner of what is made on the way
     * @return the figure, on validation data
     */
    double validate(TransformerModel model, NDManager manager);

    /**
     * Judges a trained model.
     *
     * @param model the model
     * @param manager the owner of what is made on the way
     * @return a value per measure, and what they are means of
     */
    Evaluation evaluate(TransformerModel model, NDManager manager);

    /**
     * Writes a trained model with what belongs to it.
     *
     * @param model the model
     * @param directory the directory, which is created if absent
     * @throws IOException if it cannot be written
     */
    default void save(TransformerModel model, Path directory) throws IOException {
        model.save(directory);
    }
}
