package dev.tram.examples.task.texttable;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.tram.experiments.Batches;
import dev.tram.experiments.Examples;
import dev.tram.experiments.data.RecordFile;
import dev.tram.experiments.data.Tokens;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Examples of a file, padded to the longest of their batch. */
record TokenExamples(RecordFile file, int padId) implements Examples {

    @Override
    public int size() {
        return file.size();
    }

    @Override
    public int length(int item) {
        return Tokens.length(file, item);
    }

    @Override
    public int label(int item) {
        return Tokens.read(file, item).label();
    }

    /** A batch of ids, mask and types, each (B, T), and of classes, (B), all of type int64. */
    @Override
    public Prepared prepare(int... items) {
        List<Tokens> rows = IntStream.of(items).mapToObj(item -> Tokens.read(file, item)).toList();
        int width = rows.stream().mapToInt(row -> row.ids().length).reduce(1, Math::max);
        long[] ids = new long[rows.size() * width];
        long[] mask = new long[ids.length];
        long[] types = new long[ids.length];
        Arrays.fill(ids, padId);
        for (int row = 0; row < rows.size(); row++) {
            Tokens tokens = rows.get(row);
            for (int i = 0; i < tokens.ids().length; i++) {
                ids[row * width + i] = tokens.ids()[i];
                mask[row * width + i] = 1;
                types[row * width + i] = i < tokens.pairStart() ? 0 : 1;
            }
        }
        long[] labels = rows.stream().mapToLong(Tokens::label).toArray();
        Shape shape = new Shape(labels.length, width);
        return manager ->
                Batches.of(
                        manager,
                        new NDList(
                                manager.create(ids, shape),
                                manager.create(mask, shape),
                                manager.create(types, shape)),
                        new NDList(manager.create(labels)),
                        labels.length);
    }
}
