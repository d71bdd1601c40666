package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * Outputs of the pretrained model by example, so that an example seen again costs no pass at θ_0.
 *
 * <p>An example's key is its content: two projections of all its inputs on fixed random directions,
 * in float64, computed where the inputs lie. Augmented or otherwise padded inputs are other
 * examples. When the bound on memory is reached, new examples are computed each time.
 */
final class PretrainedCache implements AutoCloseable {

    private static final int PROJECTIONS = 2;

    private final NDManager manager;
    private final long maxBytes;
    private final Map<List<Double>, NDArray> rows = new HashMap<>();
    private final Map<Long, NDArray> directions = new HashMap<>();
    private long bytes;

    PretrainedCache(NDManager parent, long maxBytes) {
        manager = parent.newSubManager();
        manager.setName("tram-pretrained-cache");
        this.maxBytes = maxBytes;
    }

    /** The keys of a batch's examples: the rows of all inputs that have the batch's size. */
    List<List<Double>> keys(NDList data) {
        int size = (int) data.head().getShape().get(0);
        List<Double> widths = new ArrayList<>();
        double[] projections;
        try (NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            NDList columns = new NDList();
            for (NDArray input : data) {
                Shape shape = input.getShape();
                if (shape.dimension() > 0 && shape.get(0) == size) {
                    NDArray matrix = input.toType(DataType.FLOAT64, false).reshape(size, -1);
                    widths.add((double) matrix.getShape().get(1));
                    columns.addAll(projections(matrix));
                }
            }
            projections = NDArrays.stack(columns, 1).toDoubleArray();
        }
        return keys(size, widths, projections);
    }

    private NDList projections(NDArray matrix) {
        NDArray direction = directions.computeIfAbsent(matrix.getShape().get(1), this::direction);
        NDList columns = new NDList();
        for (int p = 0; p < PROJECTIONS; p++) {
            columns.add(matrix.mul(direction.get(p)).sum(new int[] {1}));
        }
        return columns;
    }

    private static List<List<Double>> keys(int size, List<Double> widths, double[] projections) {
        int columns = projections.length / size;
        List<List<Double>> keys = new ArrayList<>();
        for (int row = 0; row < size; row++) {
            List<Double> key = new ArrayList<>(widths);
            for (int column = 0; column < columns; column++) {
                key.add(projections[row * columns + column]);
            }
            keys.add(key);
        }
        return keys;
    }

    private NDArray direction(long width) {
        Random random = new Random(width);
        double[] values = random.doubles(width * PROJECTIONS).toArray();
        NDArray direction = manager.create(values, new Shape(PROJECTIONS, width));
        NDScope.unregister(direction);
        return direction;
    }

    /** The outputs of a batch, owned by {@code scope}, if all its examples are held. */
    Optional<NDArray> find(List<List<Double>> keys, NDManager scope) {
        NDList found = new NDList();
        for (List<Double> key : keys) {
            NDArray row = rows.get(key);
            if (row == null) {
                return Optional.empty();
            }
            found.add(row);
        }
        NDArray batch = NDArrays.stack(found);
        batch.attach(scope);
        return Optional.of(batch);
    }

    /** Holds the outputs of a batch as far as memory allows. */
    void add(List<List<Double>> keys, NDArray outputs) {
        long rowBytes = outputs.size() / keys.size() * outputs.getDataType().getNumOfBytes();
        for (int i = 0; i < keys.size() && bytes + rowBytes <= maxBytes; i++) {
            if (!rows.containsKey(keys.get(i))) {
                try (NDArray view = outputs.get(i)) {
                    NDArray row = view.duplicate();
                    row.attach(manager);
                    rows.put(keys.get(i), row);
                }
                bytes += rowBytes;
            }
        }
    }

    @Override
    public void close() {
        rows.clear();
        directions.clear();
        manager.close();
    }
}
