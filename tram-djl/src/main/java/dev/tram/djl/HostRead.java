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
        NDList flat = new NDList();
        arrays.values().forEach(a -> flat.add(a.toType(DataType.FLOAT64, false).reshape(-1)));
        double[] all = NDArrays.concat(flat).toDoubleArray();
        Map<String, double[]> values = new LinkedHashMap<>();
        int from = 0;
        for (Map.Entry<String, NDArray> entry : arrays.entrySet()) {
            int to = from + (int) entry.getValue().size();
            values.put(entry.getKey(), Arrays.copyOfRange(all, from, to));
            from = to;
        }
        return new Values(values);
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
