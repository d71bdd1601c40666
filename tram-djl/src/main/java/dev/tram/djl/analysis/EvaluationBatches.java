package dev.tram.djl.analysis;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.translate.TranslateException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * A dataset in mini-batches on one device, read once from front to back or in an endless cycle. All
 * that is made while a mini-batch is looked at is freed with it.
 */
final class EvaluationBatches implements AutoCloseable {

    private final Dataset dataset;
    private final NDManager parent;
    private final BiFunction<NDList, NDList, NDArray> validPositions;

    private NDManager cycleManager;
    private Iterator<Batch> cycle;

    /**
     * Describes the mini-batches.
     *
     * @param dataset the data
     * @param parent the parent of all managers, on the device
     * @param validPositions from inputs and labels to a mask of the positions that count, or null
     *     for all
     */
    EvaluationBatches(
            Dataset dataset, NDManager parent, BiFunction<NDList, NDList, NDArray> validPositions) {
        this.dataset = dataset;
        this.parent = parent;
        this.validPositions = validPositions;
    }

    /** Visits all mini-batches, once each. */
    <E extends Exception> void forEach(Visitor<E> visitor) throws E {
        try (NDManager manager = parent.newSubManager()) {
            Iterator<Batch> batches = open(manager);
            while (batches.hasNext()) {
                show(batches.next(), visitor);
            }
        }
    }

    /** Visits the next mini-batch of the cycle. */
    <E extends Exception> void next(Visitor<E> visitor) throws E {
        if (cycle == null || !cycle.hasNext()) {
            close();
            cycleManager = parent.newSubManager();
            cycle = open(cycleManager);
        }
        show(cycle.next(), visitor);
    }

    private Iterator<Batch> open(NDManager manager) {
        try {
            Iterator<Batch> batches = dataset.getData(manager).iterator();
            if (!batches.hasNext()) {
                throw new IllegalStateException(
                        "the dataset must have at least 1 batch, received: none");
            }
            return batches;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (TranslateException e) {
            throw new IllegalStateException("the dataset cannot be read: " + e.getMessage(), e);
        }
    }

    private <E extends Exception> void show(Batch batch, Visitor<E> visitor) throws E {
        try (batch;
                NDManager scope = parent.newSubManager()) {
            Batch part = batch.split(new Device[] {parent.getDevice()}, false)[0];
            lend(part.getData(), scope);
            lend(part.getLabels(), scope);
            NDArray valid =
                    validPositions == null
                            ? null
                            : validPositions.apply(part.getData(), part.getLabels());
            visitor.visit(
                    new MiniBatch(
                            part.getData(),
                            part.getLabels(),
                            Optional.ofNullable(valid),
                            valid == null ? batch.getSize() : count(valid),
                            batch.getProgress(),
                            batch.getProgressTotal()));
        }
    }

    /** What is computed from the arrays then belongs to the scope. */
    private static void lend(NDList arrays, NDManager scope) {
        for (NDArray array : arrays) {
            if (array.getManager() != scope) {
                array.tempAttach(scope);
            }
        }
    }

    private static double count(NDArray valid) {
        return valid.toType(DataType.FLOAT64, false).sum().getDouble();
    }

    /** Ends the cycle. */
    @Override
    public void close() {
        if (cycleManager != null) {
            cycleManager.close();
            cycleManager = null;
            cycle = null;
        }
    }

    /** Looks at a mini-batch. */
    @FunctionalInterface
    interface Visitor<E extends Exception> {

        void visit(MiniBatch batch) throws E;
    }

    /**
     * A mini-batch under its scope.
     *
     * @param data the model's inputs
     * @param labels the labels
     * @param valid a mask of the positions that count, if not all do
     * @param weight how many examples, or valid positions, it has
     * @param done the examples read so far, 0 if the dataset does not say
     * @param total the examples of the dataset, 0 if it does not say
     */
    record MiniBatch(
            NDList data,
            NDList labels,
            Optional<NDArray> valid,
            double weight,
            long done,
            long total) {}
}
