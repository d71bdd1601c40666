package dev.tram.djl.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import dev.tram.core.AscentArrays;
import dev.tram.core.MultiTensor;
import dev.tram.core.Neighborhood;
import dev.tram.djl.internal.pytorch.MultiTensors;
import dev.tram.djl.pytorch.Kernels;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The ascent of Eq. 7 and the restoration, on 150 arrays, beside a plain copy of them.
 *
 * <p>They make nine passes over the arrays at least: moments read θ and g, the copy of θ reads and
 * writes, the ascent reads two and writes one, the restoration reads and writes. Beside its result
 * it prints how long nine passes take at the bandwidth of a copy, which makes two.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
public class AscentBenchmark {

    private static final int ARRAYS = 150;
    private static final int COPIES = 10;
    private static final int PASSES_OF_A_COPY = 2;
    private static final int PASSES = 9;

    /** The number of elements of an array. */
    @Param({"20000", "800000"})
    public int size;

    /** Which kernels run. */
    @Param({"fused", "portable"})
    public String kernels;

    private NDManager manager;
    private MultiTensor tensors;
    private NDList theta;
    private NDList saved;
    private AscentArrays arrays;
    private final List<Long> copyNanoseconds = new ArrayList<>();

    /** Makes the arrays. */
    @Setup
    public void prepare() {
        System.setProperty(Kernels.PROPERTY, kernels);
        manager = NDManager.newBaseManager();
        JniUtils.setGradMode(false);
        tensors = MultiTensors.forEngine(manager);
        theta = random();
        saved = random();
        NDList g = random();
        arrays = new AscentArrays(theta, g, g, Collections.nCopies(ARRAYS, true));
    }

    private NDList random() {
        NDList list = new NDList();
        for (int i = 0; i < ARRAYS; i++) {
            list.add(manager.randomNormal(new Shape(size)));
        }
        return list;
    }

    /** Times copies between the iterations. */
    @Setup(Level.Iteration)
    public void measureCopies() {
        for (int i = 0; i < COPIES; i++) {
            long start = System.nanoTime();
            tensors.copy(theta, saved);
            copyNanoseconds.add(System.nanoTime() - start);
        }
    }

    /** Prints the bandwidth of a copy and frees the arrays. */
    @TearDown
    public void close() {
        Collections.sort(copyNanoseconds);
        double copy = copyNanoseconds.get(copyNanoseconds.size() / 2);
        double bytes = (double) PASSES_OF_A_COPY * ARRAYS * size * Float.BYTES;
        System.out.printf(
                "%n%d x %,d floats: a copy moves %.1f GB/s; nine passes at that take %.2f ms%n",
                ARRAYS, size, bytes / copy, PASSES * copy / PASSES_OF_A_COPY / 1e6);
        manager.close();
    }

    /** A copy of all arrays. */
    @Benchmark
    public void copy() {
        tensors.copy(theta, saved);
    }

    /** The moments, the copy of θ, θ + ε* and θ again. */
    @Benchmark
    public float ascentAndRestore() {
        Neighborhood neighborhood = Neighborhood.adaptive();
        try (NDArray moments = tensors.ascentMoments(neighborhood, arrays, manager)) {
            float metric = moments.toFloatArray()[1];
            tensors.ascend(neighborhood, arrays, 1e-3 / Math.sqrt(metric), saved);
            tensors.copy(saved, theta);
            return metric;
        }
    }
}
