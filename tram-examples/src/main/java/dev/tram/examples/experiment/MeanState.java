package dev.tram.examples.experiment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tram.djl.internal.files.AtomicFile;
import dev.tram.djl.internal.safetensors.SafetensorsFile;
import dev.tram.djl.internal.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The mean of workers' saved states: weights, moments and whatever else is of floating point.
 * Counts and texts are those of the first worker. Sums are in float64, so that their order does not
 * matter.
 */
public final class MeanState implements Serializable {

    private static final long serialVersionUID = 1;

    private final int workers;

    /** The whole state of worker 0; empty without it. */
    private final byte[] state;

    private final Map<String, double[]> sums;

    private MeanState(int workers, byte[] state, Map<String, double[]> sums) {
        this.workers = workers;
        this.state = state;
        this.sums = sums;
    }

    /**
     * Reads one worker's state.
     *
     * @param worker its number
     * @param file what it saved
     * @return the mean of this one
     * @throws IOException if the file cannot be read
     */
    public static MeanState of(int worker, Path file) throws IOException {
        Map<String, double[]> sums = new LinkedHashMap<>();
        try (SafetensorsFile tensors = new SafetensorsFile(file);
                NDManager manager = NDManager.newBaseManager()) {
            for (String name : tensors.entries().keySet()) {
                if (tensors.entries().get(name).type().isFloating()) {
                    try (NDArray array = tensors.readFloat32(manager, name)) {
                        sums.put(name, toDouble(array.toFloatArray()));
                    }
                }
            }
        }
        return new MeanState(1, worker == 0 ? Files.readAllBytes(file) : new byte[0], sums);
    }

    private static double[] toDouble(float... values) {
        double[] wide = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    /**
     * Adds other workers.
     *
     * @param other their states
     * @return the mean of all
     */
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
        byte[] first = state.length > 0 ? state : other.state;
        return new MeanState(workers + other.workers, first, all);
    }

    /**
     * Returns what a worker sends in a round, worker 0 also its state.
     *
     * @return the size of the sums in bytes
     */
    long bytesOfSums() {
        return Double.BYTES * sums.values().stream().mapToLong(sum -> sum.length).sum();
    }

    /**
     * Returns what a worker receives in a round.
     *
     * @return the size of a state in bytes
     */
    long bytesOfState() {
        return state.length;
    }

    /**
     * Writes the mean as a state to go on from.
     *
     * @param file the file
     * @throws IOException if it cannot be written
     * @throws IllegalStateException without worker 0
     */
    public void write(Path file) throws IOException {
        if (state.length == 0) {
            throw new IllegalStateException("a mean needs worker 0, received: others alone");
        }
        Path first = Files.createTempFile("tram", ".safetensors");
        try {
            Files.write(first, state);
            write(first, file);
        } finally {
            Files.delete(first);
        }
    }

    private void write(Path first, Path file) throws IOException {
        try (SafetensorsFile tensors = new SafetensorsFile(first);
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
