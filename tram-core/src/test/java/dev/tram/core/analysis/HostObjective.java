package dev.tram.core.analysis;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import java.util.function.UnaryOperator;
import java.util.stream.DoubleStream;

/** A function of all parameters as one vector, with its gradient, in plain double arithmetic. */
class HostObjective implements Objective {

    private final NDList parameters;
    private final ToDoubleFunction<double[]> loss;
    private final UnaryOperator<double[]> gradient;

    HostObjective(
            NDList parameters, ToDoubleFunction<double[]> loss, UnaryOperator<double[]> gradient) {
        this.parameters = parameters;
        this.loss = loss;
        this.gradient = gradient;
    }

    /** c + ½ (x − m)ᵀ A (x − m) with a symmetric A. */
    static HostObjective quadratic(NDList parameters, double c, double[] m, double[][] a) {
        return new HostObjective(
                parameters,
                x -> {
                    double[] d = minus(x, m);
                    return c + dot(d, times(a, d)) / 2;
                },
                x -> times(a, minus(x, m)));
    }

    /** Cuts a vector into float32 arrays of the given shapes. */
    static NDList list(NDManager manager, double[] values, Shape... shapes) {
        NDList list = new NDList();
        int start = 0;
        for (Shape shape : shapes) {
            int end = start + (int) shape.size();
            double[] part = Arrays.copyOfRange(values, start, end);
            list.add(manager.create(part, shape).toType(DataType.FLOAT32, false));
            start = end;
        }
        return list;
    }

    static double[] values(NDList arrays) {
        return arrays.stream().flatMapToDouble(HostObjective::values).toArray();
    }

    private static DoubleStream values(NDArray array) {
        try (NDArray wide = array.toType(DataType.FLOAT64, true)) {
            return Arrays.stream(wide.toDoubleArray());
        }
    }

    static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    static double[] times(double[][] a, double[] x) {
        return Arrays.stream(a).mapToDouble(row -> dot(row, x)).toArray();
    }

    private static double[] minus(double[] a, double[] b) {
        double[] result = new double[a.length];
        Arrays.setAll(result, i -> a[i] - b[i]);
        return result;
    }

    @Override
    public NDList parameters() {
        return parameters;
    }

    @Override
    public double loss() {
        return loss.applyAsDouble(values(parameters));
    }

    @Override
    public double lossAndGradient(NDList gradients) {
        double[] values = gradient.apply(values(parameters));
        int start = 0;
        for (NDArray array : gradients) {
            int end = start + (int) array.size();
            float[] part = new float[end - start];
            for (int i = 0; i < part.length; i++) {
                part[i] = (float) values[start + i];
            }
            array.set(part);
            start = end;
        }
        return loss();
    }
}
