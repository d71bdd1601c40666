package dev.tram.experiments;

import ai.djl.ndarray.NDList;
import ai.djl.training.dataset.Batch;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Some of other examples, with labels of their own.
 *
 * @param labels a label for each that is kept
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Relabelled(Examples all, int[] kept, int[] labels) implements Examples {

    @Override
    public int size() {
        return kept.length;
    }

    @Override
    public int length(int item) {
        return all.length(kept[item]);
    }

    @Override
    public int label(int item) {
        return labels[item];
    }

    @Override
    public Prepared prepare(int... items) {
        return labelled(all.prepare(original(items)), items);
    }

    @Override
    public Prepared augment(Random random, int... items) {
        return labelled(all.augment(random, original(items)), items);
    }

    private int[] original(int... items) {
        return IntStream.of(items).map(item -> kept[item]).toArray();
    }

    private Prepared labelled(Prepared prepared, int... items) {
        long[] own = IntStream.of(items).mapToLong(this::label).toArray();
        return manager -> {
            Batch batch = prepared.on(manager);
            batch.getLabels().close();
            return Batches.of(
                    manager, batch.getData(), new NDList(manager.create(own)), items.length);
        };
    }
}
