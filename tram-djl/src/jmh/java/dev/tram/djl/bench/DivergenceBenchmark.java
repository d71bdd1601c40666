package dev.tram.djl.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import dev.tram.core.Divergence;
import dev.tram.core.Divergences;
import dev.tram.djl.internal.pytorch.StreamedDivergence;
import dev.tram.djl.pytorch.Kernels;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Forward KL on the logits of gpt2-mini: 2,048 rows of 8,000 classes. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
public class DivergenceBenchmark {

    /** Which kernels run. */
    @Param({"fused", "portable"})
    public String kernels;

    private NDManager manager;
    private Divergence divergence;
    private NDArray target;
    private NDArray estimate;

    /** Makes the logits. */
    @Setup
    public void prepare() {
        System.setProperty(Kernels.PROPERTY, kernels);
        manager = NDManager.newBaseManager();
        divergence = StreamedDivergence.of(Divergences.forwardKl(), manager);
        target = manager.randomNormal(new Shape(2048, 8000));
        estimate = manager.randomNormal(new Shape(2048, 8000));
        estimate.setRequiresGradient(true);
        JniUtils.setGradMode(false);
    }

    /** Frees them. */
    @TearDown
    public void close() {
        manager.close();
    }

    /** The value alone. */
    @Benchmark
    public float value() {
        try (NDManager scope = manager.newSubManager()) {
            estimate.tempAttach(scope);
            return divergence.between(target, estimate).toFloatArray()[0];
        }
    }

    /** The value and its gradient by the estimate. */
    @Benchmark
    public float valueAndGradient() {
        try (NDManager scope = manager.newSubManager();
                GradientCollector collector = manager.getEngine().newGradientCollector()) {
            estimate.tempAttach(scope);
            NDArray d = divergence.between(target, estimate);
            collector.backward(d);
            return d.toFloatArray()[0];
        } finally {
            JniUtils.setGradMode(false);
        }
    }
}
