package dev.tram.experiments;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tram.djl.internal.files.AtomicFile;
import dev.tram.djl.internal.safetensors.SafetensorsFile;
import dev.tram.djl.internal.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The mean of workers' saved states: weights, moments and whatever else is of floating point.
 * Counts and texts are those of the first worker. Sums are in float64, and in the workers' order.
 *
 * @param first the whole state of the first worker
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record MeanState(int workers, byte[] first, Map<String, double[]> sums)
        implements Serializable {

    /** Adds up what workers, at least one, have saved, in their order. */
    public static MeanState of(List<byte[]> states) throws IOException {
        MeanState mean = of(states.get(0));
        for (byte[] state : states.subList(1, states.size())) {
            mean = mean.plus(of(state));
        }
        return mean;
    }

    private static MeanState of(byte[] state) throws IOException {
        return new MeanState(1, state, StateBytes.inFile(state, MeanState::values));
    }

    private static Map<String, double[]> values(Path file) throws IOException {
        Map<String, double[]> values = new LinkedHashMap<>();
        try (SafetensorsFile tensors = new SafetensorsFile(file);
                NDManager manager = NDManager.newBaseManager()) {
            for (String name : tensors.entries().keySet()) {
                if (tensors.entries().get(name).type().isFloating()) {
                    try (NDArray array = tensors.readFloat32(manager, name)) {
                        float[] narrow = array.toFloatArray();
                        int size = narrow.length;
                        values.put(
                                name,
                                IntStream.range(0, size).mapToDouble(i -> narrow[i]).toArray());
                    }
                }
            }
        }
        return values;
    }

    /** Adds the workers that follow. */
    public MeanState plus(MeanState other) {
        Map<String, double[]> all = new LinkedHashMap<>();
        for (Map.Entry<String, double[]> entry : sums.entrySet()) {
            double[] sum = entry.getValue().clone();
            double[] more = other.sums.get(entry.getKey());
            if (more == null || more.length != sum.length) {
                throw new IllegalStateException(
                        "workers must have the same arrays, received: one without "
                                + entry.getKey());
            }
            for (int i = 0; i < sum.length; i++) {
                sum[i] += more[i];
            }
            all.put(entry.getKey(), sum);
        }
        return new MeanState(workers + other.workers, first, all);
    }

    /** Writes the mean as a state to go on from. */
    public void write(Path file) throws IOException {
        StateBytes.inFile(
                first,
                frame -> {
                    write(frame, file);
                    return file;
                });
    }

    private void write(Path frame, Path file) throws IOException {
        try (SafetensorsFile tensors = new SafetensorsFile(frame);
                NDManager manager = NDManager.newBaseManager()) {
            Map<String, NDArray> arrays = new LinkedHashMap<>();
            for (String name : tensors.entries().keySet()) {
                if (sums.containsKey(name)) {
                    Shape shape = tensors.entries().get(name).shape();
                    DataType type = tensors.entries().get(name).type();
                    NDArray mean = manager.create(mean(sums.get(name)), shape);
                    arrays.put(name, mean.toType(type, false));
                } else if (!name.equals(SafetensorsWriter.CHECKSUM)) {
                    arrays.put(name, tensors.read(manager, name));
                }
            }
            AtomicFile.write(
                    file,
                    incomplete ->
                            SafetensorsWriter.writeChecked(incomplete, tensors.metadata(), arrays));
        }
    }

    private float[] mean(double... sum) {
        float[] mean = new float[sum.length];
        for (int i = 0; i < mean.length; i++) {
            mean[i] = (float) (sum[i] / workers);
        }
        return mean;
    }
}
