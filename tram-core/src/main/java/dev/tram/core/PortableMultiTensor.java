package dev.tram.core;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tram.core.internal.Scalars;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;

/** {@link MultiTensor} by plain array operations, array by array, on any engine. */
enum PortableMultiTensor implements MultiTensor {
    INSTANCE;

    private static final NDIndex ALL = new NDIndex("...");

    @Override
    public void copy(NDList source, NDList target) {
        forEach(target, i -> assign(target.get(i), source.get(i)));
    }

    @Override
    public void zero(NDList arrays) {
        forEach(arrays, i -> assign(arrays.get(i), arrays.get(i).zerosLike()));
    }

    @Override
    public void scale(NDList arrays, double factor) {
        forEach(arrays, i -> arrays.get(i).muli(Scalars.like(factor, arrays.get(i))));
    }

    @Override
    public void addScaled(NDList target, NDList source, double factor) {
        forEach(
                target,
                i -> {
                    NDArray step = like(source.get(i), widen(target.get(i)));
                    add(target.get(i), step.mul(Scalars.like(factor, step)));
                });
    }

    @Override
    public void average(NDList average, NDList source, double decay) {
        forEach(
                average,
                i -> {
                    NDArray old = widen(average.get(i));
                    NDArray step = like(source.get(i), old).sub(old);
                    add(average.get(i), step.muli(Scalars.like(1 - decay, step)));
                });
    }

    @Override
    public NDArray squaredNorm(NDList arrays, NDManager manager) {
        return sum(arrays, manager, new Shape(), i -> squares(widen(arrays.get(i))));
    }

    @Override
    public NDArray squaredDistance(NDList a, NDList b, NDManager manager) {
        return sum(a, manager, new Shape(), i -> squares(widen(a.get(i)).sub(widen(b.get(i)))));
    }

    @Override
    public NDArray dot(NDList a, NDList b, NDManager manager) {
        return sum(a, manager, new Shape(), i -> widen(a.get(i)).mul(widen(b.get(i))).sum());
    }

    @Override
    public NDArray ascentMoments(
            Neighborhood neighborhood, AscentArrays arrays, NDManager manager) {
        NDList directions = arrays.directions();
        return sum(
                directions,
                manager,
                new Shape(3),
                i -> {
                    NDArray v = widen(directions.get(i));
                    NDArray dv = apply(neighborhood, v, point(arrays, i));
                    return NDArrays.stack(new NDList(squares(v), v.mul(dv).sum(), squares(dv)));
                });
    }

    @Override
    public void ascend(Neighborhood neighborhood, AscentArrays arrays, double scale) {
        NDList parameters = arrays.parameters();
        forEach(
                parameters,
                i -> {
                    NDArray v = widen(arrays.directions().get(i));
                    NDArray dv = apply(neighborhood, v, point(arrays, i));
                    add(parameters.get(i), dv.mul(Scalars.like(scale, dv)));
                });
    }

    private static NDArray apply(Neighborhood neighborhood, NDArray v, Neighborhood.Point point) {
        NDArray dv = neighborhood.apply(v, point);
        if (!dv.getShape().equals(v.getShape()) || dv.getDataType() != v.getDataType()) {
            throw new IllegalStateException(
                    "D v must have v's shape and type, "
                            + v.getShape()
                            + " "
                            + v.getDataType()
                            + ", received: "
                            + dv.getShape()
                            + " "
                            + dv.getDataType()
                            + " of "
                            + neighborhood);
        }
        return dv;
    }

    private static Neighborhood.Point point(AscentArrays arrays, int i) {
        return new Neighborhood.Point(
                widen(arrays.parameters().get(i)),
                widen(arrays.fisherGradients().get(i)),
                arrays.preconditioner().map(p -> preconditioner(p, i)),
                arrays.weights().get(i));
    }

    private static NDArray preconditioner(AscentArrays.Preconditioner p, int i) {
        NDArray moment = widen(p.secondMoments().get(i));
        return moment.div(Scalars.like(p.correction(), moment))
                .sqrt()
                .add(Scalars.like(p.epsilon(), moment));
    }

    /** Adds in place; a half-precision target is added to in float32 and rounded once. */
    private static void add(NDArray target, NDArray step) {
        NDArray wide = widen(target);
        if (wide == target) {
            target.addi(like(step, target));
        } else {
            assign(target, wide.add(step));
        }
    }

    private static NDArray squares(NDArray array) {
        return array.square().sum();
    }

    private static void assign(NDArray target, NDArray source) {
        target.set(ALL, like(source, target));
    }

    private static NDArray like(NDArray array, NDArray model) {
        return array.toType(model.getDataType(), false);
    }

    private static NDArray widen(NDArray array) {
        DataType type = array.getDataType();
        boolean half = type == DataType.FLOAT16 || type == DataType.BFLOAT16;
        return half ? array.toType(DataType.FLOAT32, false) : array;
    }

    /** Runs an operation per array; its temporaries are closed with the array's own scope. */
    private static void forEach(NDList arrays, IntConsumer operation) {
        for (int i = 0; i < arrays.size(); i++) {
            try (NDScope scope = new NDScope()) {
                scope.suppressNotUsedWarning();
                operation.accept(i);
            }
        }
    }

    /** Sums a term of the given shape per array. */
    private static NDArray sum(
            NDList arrays, NDManager manager, Shape shape, IntFunction<NDArray> term) {
        if (arrays.isEmpty()) {
            return manager.zeros(shape);
        }
        try (NDList terms = new NDList(arrays.size());
                NDScope scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            forEach(
                    arrays,
                    i -> {
                        NDArray value = term.apply(i);
                        NDScope.unregister(value);
                        terms.add(value);
                    });
            NDArray sum = NDArrays.stack(terms).sum(new int[] {0});
            NDScope.unregister(sum);
            sum.attach(manager);
            return sum;
        }
    }
}
