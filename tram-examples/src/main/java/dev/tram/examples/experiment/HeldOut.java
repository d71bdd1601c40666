package dev.tram.examples.experiment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import ai.djl.training.dataset.Batch;
import dev.tram.djl.transformers.model.TransformerModel;
import java.util.Arrays;

/** A task's loss on the examples of its domain that are held out of training. */
final class HeldOut {

    /** The most examples, spread evenly. */
    private static final int EXAMPLES = 256;

    private HeldOut() {}

    /**
     * Returns the mean loss.
     *
     * @param size the number of examples that are run together
     */
    static double loss(Task task, TransformerModel model, int size, NDManager manager) {
        int[] chosen = EvenSample.of(task.validation().size(), EXAMPLES);
        double sum = 0;
        for (int from = 0; from < chosen.length; from += size) {
            int[] items = Arrays.copyOfRange(chosen, from, Math.min(from + size, chosen.length));
            NDManager scope = manager.newSubManager();
            try (Batch batch = task.validation().prepare(items).on(scope)) {
                ParameterStore store = new ParameterStore(scope, false);
                NDList outputs = model.forward(store, batch.getData(), false);
                NDArray loss = task.loss().evaluate(batch.getLabels(), outputs);
                sum += items.length * (double) loss.getFloat();
            }
        }
        return sum / chosen.length;
    }
}
