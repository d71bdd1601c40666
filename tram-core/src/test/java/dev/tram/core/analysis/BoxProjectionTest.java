package dev.tram.core.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BoxProjectionTest {

    private static final Shape[] SHAPES = {new Shape(4, 5), new Shape(), new Shape(3)};

    @Test
    void clampsEveryElementToItsOwnBound() {
        Random random = new Random(1);
        try (NDManager manager = NDManager.newBaseManager()) {
            NDList x = HostObjective.list(manager, random.doubles(24, -3, 3).toArray(), SHAPES);
            NDList z = HostObjective.list(manager, random.doubles(24, -1, 1).toArray(), SHAPES);
            double[] center = HostObjective.values(x);
            double[] expected = HostObjective.values(z);
            int clamped = 0;
            for (int i = 0; i < expected.length; i++) {
                double bound = 0.2f * (Math.abs(center[i]) + 1);
                clamped += Math.abs(expected[i]) > bound ? 1 : 0;
                expected[i] = Math.max(-bound, Math.min(bound, expected[i]));
            }
            assertThat(clamped).isBetween(1, 23);

            BoxProjection box = new BoxProjection(0.2f);
            int arrays = manager.getManagedArrays().size();
            box.project(x, z);
            double[] projected = HostObjective.values(z);
            assertThat(projected).containsExactly(expected, within(1e-7));
            assertThat(HostObjective.values(x)).containsExactly(center);
            box.project(x, z);
            assertThat(HostObjective.values(z)).containsExactly(projected);
            assertThat(manager.getManagedArrays()).hasSize(arrays);
        }
    }

    @Test
    void takesHalfPrecisionParameters() {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDList x = new NDList(manager.create(new float[] {3, -7}));
            NDList half = new NDList(x.get(0).toType(DataType.FLOAT16, false));
            NDList z = new NDList(manager.create(new float[] {1, -1}));
            new BoxProjection(1e-5f).project(half, z);
            assertThat(z.get(0).toFloatArray())
                    .containsExactly(new float[] {4e-5f, -8e-5f}, within(1e-11f));
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {0f, -1f, Float.NaN, Float.POSITIVE_INFINITY})
    void refusesSizesThatAreNone(float epsilon) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new BoxProjection(epsilon))
                .withMessage("epsilon must be a finite number > 0, received: " + epsilon);
    }

    @Test
    void refusesListsOfDifferentSizes() {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDList x = new NDList(manager.zeros(new Shape(2)));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new BoxProjection(1f).project(x, new NDList()))
                    .withMessage("z must be as many as the 1 parameters, received: 0");
        }
    }
}
