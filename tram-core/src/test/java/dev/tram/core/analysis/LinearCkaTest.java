package dev.tram.core.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LinearCkaTest {

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private static double[][] features(Random random, int rows, int columns, double mean) {
        double[][] result = new double[rows][columns];
        for (double[] row : result) {
            for (int j = 0; j < columns; j++) {
                row[j] = mean + random.nextGaussian();
            }
        }
        return result;
    }

    private NDArray array(double[][] matrix) {
        int columns = matrix[0].length;
        double[] values = new double[matrix.length * columns];
        for (int i = 0; i < matrix.length; i++) {
            System.arraycopy(matrix[i], 0, values, i * columns, columns);
        }
        return manager.create(values, new Shape(matrix.length, columns));
    }

    private double[] both(double[][] x, double[][] y, int... batches) {
        try (LinearCka cka = new LinearCka(manager)) {
            NDArray ofX = array(x);
            NDArray ofY = array(y);
            int start = 0;
            for (int size : batches) {
                String rows = start + ":" + (start + size);
                cka.add(ofX.get(rows), ofY.get(rows));
                start += size;
            }
            cka.add(ofX.get(start + ":"), ofY.get(start + ":"));
            assertThat(cka.examples()).isEqualTo(x.length);
            return new double[] {cka.centred(), cka.uncentred()};
        }
    }

    /** Eq. 12, entry by entry. */
    private static double direct(double[][] x, double[][] y) {
        return squaredNorm(x, y) / Math.sqrt(squaredNorm(x, x) * squaredNorm(y, y));
    }

    private static double squaredNorm(double[][] x, double[][] y) {
        double norm = 0;
        for (int i = 0; i < x[0].length; i++) {
            for (int j = 0; j < y[0].length; j++) {
                double product = 0;
                for (int row = 0; row < x.length; row++) {
                    product += x[row][i] * y[row][j];
                }
                norm += product * product;
            }
        }
        return norm;
    }

    private static double[][] centre(double[][] x) {
        double[][] result = new double[x.length][x[0].length];
        for (int j = 0; j < x[0].length; j++) {
            double mean = 0;
            for (double[] row : x) {
                mean += row[j] / x.length;
            }
            for (int i = 0; i < x.length; i++) {
                result[i][j] = x[i][j] - mean;
            }
        }
        return result;
    }

    private static double[][] times(double[][] x, double[][] a) {
        double[][] result = new double[x.length][a[0].length];
        for (int i = 0; i < x.length; i++) {
            for (int j = 0; j < a[0].length; j++) {
                for (int k = 0; k < a.length; k++) {
                    result[i][j] += x[i][k] * a[k][j];
                }
            }
        }
        return result;
    }

    /** A random rotation: a product of plane rotations, times a scale. */
    private static double[][] rotation(Random random, int size, double scale) {
        double[][] result = new double[size][size];
        for (int i = 0; i < size; i++) {
            result[i][i] = scale;
        }
        for (int i = 0; i < size; i++) {
            for (int j = i + 1; j < size; j++) {
                double[][] plane = new double[size][size];
                for (int k = 0; k < size; k++) {
                    plane[k][k] = 1;
                }
                double angle = 2 * Math.PI * random.nextDouble();
                plane[i][i] = Math.cos(angle);
                plane[j][j] = Math.cos(angle);
                plane[i][j] = Math.sin(angle);
                plane[j][i] = -Math.sin(angle);
                result = times(result, plane);
            }
        }
        return result;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void agreesWithTheFormulaHoweverTheExamplesAreBatched(long seed) {
        Random random = new Random(seed);
        double[][] x = features(random, 60, 5, 0.7);
        double[][] y = times(x, features(random, 5, 3, 0));
        for (double[] row : y) {
            row[1] += random.nextGaussian();
            row[2] += 2;
        }
        double[] expected = {direct(centre(x), centre(y)), direct(x, y)};
        assertThat(expected[0]).isBetween(0.05, 0.99);
        assertThat(both(x, y)).containsExactly(expected, within(1e-12));
        assertThat(both(x, y, 1, 30, 0, 7)).containsExactly(expected, within(1e-12));
        assertThat(both(y, x, 59)).containsExactly(expected, within(1e-12));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void isInvariantToRotationAndScaling(long seed) {
        Random random = new Random(seed);
        double[][] x = features(random, 40, 6, 1);
        double[][] y = features(random, 40, 4, -1);
        double[] plain = both(x, y, 20);
        double[][] turned = times(x, rotation(random, 6, 1e-3));
        double[][] other = times(y, rotation(random, 4, 250));
        assertThat(both(turned, other, 20)).containsExactly(plain, within(1e-12));
        assertThat(both(x, turned, 20)).containsExactly(new double[] {1, 1}, within(1e-12));
        assertThat(plain[0]).isBetween(0.001, 0.9);
    }

    @Test
    void centringIgnoresShifts() {
        Random random = new Random(5);
        double[][] x = features(random, 40, 3, 0);
        double[][] shifted = features(new Random(5), 40, 3, 8);
        double[] ofEqual = both(x, shifted, 11);
        assertThat(ofEqual[0]).isCloseTo(1, within(1e-12));
        assertThat(ofEqual[1]).isLessThan(0.9);
    }

    @Test
    void hasItsClosedForms() {
        double[][] x = {{1, 0}, {-1, 0}, {0, 2}, {0, -2}};
        double[][] unrelated = {{1}, {1}, {-1}, {-1}};
        assertThat(both(x, x)).containsExactly(new double[] {1, 1}, within(1e-15));
        assertThat(both(x, unrelated)).containsExactly(new double[] {0, 0}, within(1e-15));
        // XᵀX = diag(2, 8); YᵀX = (2, 0); YᵀY = 2
        double[][] first = {{1}, {-1}, {0}, {0}};
        double expected = 4 / (Math.sqrt(4 + 64) * 2);
        assertThat(both(x, first, 3))
                .containsExactly(new double[] {expected, expected}, within(1e-15));
    }

    /** The mean is 1e6 deviations away and drifts; naive sums of squares keep 4 digits of 16. */
    @Test
    void keepsItsPrecisionOverAMillionExamples() {
        int batches = 250;
        int size = 4_000;
        try (LinearCka far = new LinearCka(manager);
                LinearCka near = new LinearCka(manager);
                LinearCka single = new LinearCka(manager)) {
            for (int batch = 0; batch < batches; batch++) {
                try (NDManager local = manager.newSubManager()) {
                    NDArray z = wave(local, batch * size, size);
                    NDArray x = z.get(":,:2");
                    NDArray y = x.add(z.get(":,2:"));
                    near.add(x, y);
                    far.add(x.add(1e6), y.sub(3e6));
                    single.add(x.toType(DataType.FLOAT32, false), y);
                }
            }
            assertThat(far.examples()).isEqualTo(1_000_000);
            // independent columns of equal variance: ‖YᵀX‖ = ‖XᵀX‖, YᵀY = 2 XᵀX
            assertThat(near.centred()).isCloseTo(0.5, within(1e-4));
            assertThat(far.centred()).isCloseTo(near.centred(), within(1e-9));
            assertThat(single.centred()).isCloseTo(near.centred(), within(1e-7));
            assertThat(far.uncentred()).isCloseTo(1, within(1e-9));
        }
    }

    /** Four uncorrelated columns: sines of frequencies that are no multiples of each other. */
    private static NDArray wave(NDManager manager, int start, int size) {
        NDArray time = manager.arange(start, start + size).toType(DataType.FLOAT64, false);
        NDArray frequencies = manager.create(new double[] {0.7, 1.9, 2.3, 2.9}, new Shape(1, 4));
        return time.reshape(-1, 1).matMul(frequencies).sin();
    }

    @Test
    void takesHalfPrecisionFeatures() {
        Random random = new Random(8);
        NDArray x = array(features(random, 20, 3, 0)).toType(DataType.FLOAT16, false);
        NDArray y = array(features(random, 20, 2, 0));
        try (LinearCka half = new LinearCka(manager);
                LinearCka full = new LinearCka(manager)) {
            half.add(x, y);
            full.add(x.toType(DataType.FLOAT64, false), y);
            assertThat(half.centred()).isEqualTo(full.centred());
        }
    }

    @Test
    void isUndefinedForConstantFeatures() {
        double[][] x = {{1, 2}, {3, 4}, {5, 9}};
        double[][] constant = {{2}, {2}, {2}};
        double[] values = both(x, constant);
        assertThat(values[0]).isNaN();
        assertThat(values[1]).isBetween(0.5, 1.0);
        assertThat(both(x, new double[][] {{0}, {0}, {0}})[1]).isNaN();
    }

    @Test
    void keepsNothingButItsState() {
        NDArray x = array(features(new Random(9), 10, 3, 0));
        int before = manager.getManagedArrays().size();
        LinearCka cka = new LinearCka(manager);
        for (int i = 0; i < 50; i++) {
            cka.add(x, x);
            cka.centred();
            cka.uncentred();
        }
        assertThat(manager.getManagedArrays()).hasSize(before + 2);
        cka.close();
        assertThat(manager.getManagedArrays()).hasSize(before);
    }

    @Test
    void refusesFeaturesThatDoNotFit() {
        NDArray x = manager.ones(new Shape(4, 3));
        try (LinearCka cka = new LinearCka(manager)) {
            assertThatIllegalStateException()
                    .isThrownBy(cka::centred)
                    .withMessage("CKA needs at least 1 example, received: 0");
            assertThatIllegalStateException().isThrownBy(cka::uncentred);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> cka.add(manager.ones(new Shape(4)), x))
                    .withMessage("x must be of shape (examples, features), received: (4)");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> cka.add(x, manager.ones(new Shape(5, 3))))
                    .withMessageContaining("with 4 examples, received: (5, 3)");
            cka.add(x, manager.ones(new Shape(4, 2)));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> cka.add(x, x))
                    .withMessage("y must be of the earlier batches' 2 features, received: (4, 3)");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> cka.add(manager.ones(new Shape(4, 2)), x))
                    .withMessageStartingWith("x must be of the earlier batches' 3 features");
            assertThat(cka.examples()).isEqualTo(4);
        }
    }
}
