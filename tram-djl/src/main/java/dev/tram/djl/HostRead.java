package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** One wait for the device that brings several small arrays to the host, by name. */
final class HostRead {

    private final Map<String, NDArray> arrays = new LinkedHashMap<>();

    HostRead add(String name, NDArray array) {
        arrays.put(name, array);
        return this;
    }

    /** Reads all arrays. */
    Values get() {
        double[] all = read();
        Map<String, double[]> values = new LinkedHashMap<>();
        int from = 0;
        for (Map.Entry<String, NDArray> entry : arrays.entrySet()) {
            int to = from + (int) entry.getValue().size();
            values.put(entry.getKey(), Arrays.copyOfRange(all, from, to));
            from = to;
        }
        return new Values(values);
    }

    /** In float64 unless all are in float32: each operation less is time on a small model. */
    private double[] read() {
        boolean single =
                arrays.values().stream().allMatch(a -> a.getDataType() == DataType.FLOAT32);
        NDList flat = new NDList();
        for (NDArray array : arrays.values()) {
            NDArray wide = single ? array : array.toType(DataType.FLOAT64, false);
            flat.add(array.getShape().dimension() == 1 ? wide : wide.reshape(-1));
        }
        NDArray joined = flat.size() == 1 ? flat.singletonOrThrow() : NDArrays.concat(flat);
        if (!single) {
            return joined.toDoubleArray();
        }
        float[] narrow = joined.toFloatArray();
        double[] numbers = new double[narrow.length];
        Arrays.setAll(numbers, i -> narrow[i]);
        return numbers;
    }

    /** What was read. */
    record Values(Map<String, double[]> byName) {

        double[] numbers(String name) {
            return byName.get(name);
        }

        boolean has(String name) {
            return byName.containsKey(name);
        }

        double number(String name) {
            return byName.get(name)[0];
        }

        /** A number, or another where the array was left out. */
        double number(String name, double other) {
            return has(name) ? number(name) : other;
        }
    }
}
