package dev.tram.examples.task.texttable;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.Batch;
import dev.tram.experiments.Batches;
import dev.tram.experiments.Examples;
import dev.tram.experiments.data.RecordFile;
import dev.tram.experiments.data.Tokens;
import java.util.Arrays;

/** Examples padded to the longest, row by row: a batch that has not become arrays yet. */
final class PaddedBatch implements Examples.Prepared {

    private final int width;
    private final long[] ids;
    private final long[] mask;
    private final long[] types;
    private final long[] labels;

    private PaddedBatch(int rows, int width) {
        this.width = width;
        ids = new long[rows * width];
        mask = new long[rows * width];
        types = new long[rows * width];
        labels = new long[rows];
    }

    static PaddedBatch read(RecordFile file, int[] indices, int padId) {
        Tokens[] examples = new Tokens[indices.length];
        int width = 1;
        for (int i = 0; i < indices.length; i++) {
            examples[i] = Tokens.read(file, indices[i]);
            width = Math.max(width, examples[i].ids().length);
        }
        PaddedBatch batch = new PaddedBatch(indices.length, width);
        Arrays.fill(batch.ids, padId);
        for (int i = 0; i < indices.length; i++) {
            batch.fill(i, examples[i]);
        }
        return batch;
    }

    private void fill(int row, Tokens example) {
        labels[row] = example.label();
        for (int i = 0; i < example.ids().length; i++) {
            int place = row * width + i;
            ids[place] = example.ids()[i];
            mask[place] = 1;
            types[place] = i < example.pairStart() ? 0 : 1;
        }
    }

    /** Returns the inputs of an encoder: ids, mask and types, each (B, T) of type int64. */
    NDList inputs(NDManager manager) {
        Shape shape = new Shape(labels.length, width);
        return new NDList(
                manager.create(ids, shape),
                manager.create(mask, shape),
                manager.create(types, shape));
    }

    /** Returns the classes, (B) of type int64. */
    NDArray labels(NDManager manager) {
        return manager.create(labels);
    }

    @Override
    public Batch on(NDManager manager) {
        return Batches.of(manager, inputs(manager), new NDList(labels(manager)), labels.length);
    }
}
