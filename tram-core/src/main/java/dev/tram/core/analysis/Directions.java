package dev.tram.core.analysis;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import java.util.Random;
import java.util.function.DoubleSupplier;

/**
 * Random directions in parameter space. They are drawn on the host: the same on every engine and
 * device, and the engine's own generator, which training may depend on, is not touched.
 */
final class Directions {

    private static final NDIndex ALL = new NDIndex("...");

    private Directions() {}

    /** Independent standard normal elements. */
    static NDList gaussian(Anchor anchor, Random random) {
        return draw(anchor, random::nextGaussian);
    }

    /** Independent elements of 1 and −1. */
    static NDList rademacher(Anchor anchor, Random random) {
        return draw(anchor, () -> random.nextBoolean() ? 1 : -1);
    }

    /**
     * Standard normal directions, filter-normalised (Li et al. 2018): every filter, a slice of the
     * first axis, gets the norm of the parameter's own; arrays without filters (biases, scales and
     * shifts of one axis) are not moved.
     */
    static NDList filterNormalised(Anchor anchor, Random random) {
        NDList directions = gaussian(anchor, random);
        for (int i = 0; i < directions.size(); i++) {
            try (NDScope scope = new NDScope()) {
                scope.suppressNotUsedWarning();
                NDArray direction = directions.get(i);
                direction.set(ALL, normalised(direction, anchor.origin().get(i)));
            }
        }
        return directions;
    }

    private static NDArray normalised(NDArray direction, NDArray parameter) {
        if (direction.getShape().dimension() < 2) {
            return direction.zerosLike();
        }
        NDArray filters = filters(direction);
        NDArray own = filters(parameter.toType(direction.getDataType(), false));
        NDArray ratio = norms(own).div(norms(filters));
        return filters.mul(ratio).reshape(direction.getShape());
    }

    private static NDArray filters(NDArray array) {
        return array.reshape(array.getShape().get(0), -1);
    }

    private static NDArray norms(NDArray filters) {
        return filters.square().sum(new int[] {1}, true).sqrt();
    }

    private static NDList draw(Anchor anchor, DoubleSupplier source) {
        NDList directions = anchor.buffer();
        for (NDArray direction : directions) {
            float[] values = new float[Math.toIntExact(direction.size())];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) source.getAsDouble();
            }
            try (NDArray drawn = anchor.manager().create(values, direction.getShape())) {
                direction.set(ALL, drawn);
            }
        }
        return directions;
    }
}
