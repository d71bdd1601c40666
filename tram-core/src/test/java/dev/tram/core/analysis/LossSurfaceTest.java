package dev.tram.core.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LossSurfaceTest {

    /** A linear layer, a convolution, a bias and a scale: 4 + 3 filters of 5 and 8 elements. */
    private static final Shape[] SHAPES = {
        new Shape(4, 5), new Shape(3, 2, 2, 2), new Shape(6), new Shape()
    };

    private static final int SIZE = 20 + 24 + 7;

    private final Random random = new Random(6);
    private NDManager manager;
    private NDList parameters;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager();
        parameters = HostObjective.list(manager, random.doubles(SIZE, -2, 2).toArray(), SHAPES);
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private HostObjective objective(ToDoubleFunction<double[]> loss) {
        return new HostObjective(parameters, loss, x -> x);
    }

    private static double squares(double[] x, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += x[i] * x[i];
        }
        return sum;
    }

    private static double secondDifference(List<Double> losses, int i) {
        return losses.get(i - 1) - 2 * losses.get(i) + losses.get(i + 1);
    }

    /** ½‖filter + a·direction‖² has the second derivative ‖direction‖² in a: the filter's norm. */
    @Test
    void everyFilterOfADirectionHasTheNormOfTheParameters() throws InterruptedException {
        double[] x = HostObjective.values(parameters);
        int[][] filters = {{0, 5}, {5, 10}, {15, 20}, {20, 28}, {36, 44}};
        for (int[] filter : filters) {
            LossSurface.Line line =
                    LossSurface.builder()
                            .optPoints(3)
                            .build()
                            .line(objective(y -> squares(y, filter[0], filter[1]) / 2));
            double norm = squares(x, filter[0], filter[1]);
            assertThat(secondDifference(line.losses(), 1)).isCloseTo(norm, within(1e-5 * norm));
        }
    }

    @Test
    void arraysWithoutFiltersStay() throws InterruptedException {
        double[] x = HostObjective.values(parameters);
        LossSurface.Line line =
                LossSurface.builder()
                        .optPoints(5)
                        .build()
                        .line(objective(y -> squares(y, 44, SIZE)));
        assertThat(line.losses()).containsOnly(squares(x, 44, SIZE));
    }

    @Test
    void aLineOfAQuadraticIsAParabola() throws InterruptedException {
        HostObjective objective = objective(y -> squares(y, 0, SIZE) / 2);
        double[] x = HostObjective.values(parameters);
        LossSurface.Line line =
                LossSurface.builder().optPoints(9).optRadius(0.5f).build().line(objective);
        assertThat(line.coordinates())
                .containsExactly(-0.5, -0.375, -0.25, -0.125, 0.0, 0.125, 0.25, 0.375, 0.5);
        assertThat(line.losses()).hasSize(9);
        assertThat(line.losses().get(4)).isEqualTo(objective.loss());
        double norm = squares(x, 0, 44);
        for (int i = 1; i < 8; i++) {
            assertThat(secondDifference(line.losses(), i) / (0.125 * 0.125))
                    .isCloseTo(norm, within(1e-3 * norm));
        }
        assertThat(HostObjective.values(parameters)).containsExactly(x);
    }

    @Test
    void aPlaneIsSpannedByTheLine() throws InterruptedException {
        HostObjective objective = objective(y -> squares(y, 0, SIZE) / 2);
        double[] x = HostObjective.values(parameters);
        List<Integer> done = new ArrayList<>();
        LossSurface surface =
                LossSurface.builder()
                        .optPoints(5)
                        .optSeed(9)
                        .optProgress((step, total, loss) -> done.add(step * 100 + total))
                        .build();
        LossSurface.Plane plane = surface.plane(objective);
        assertThat(done).hasSize(25).startsWith(125, 225).endsWith(2525);
        assertThat(plane.losses()).hasSize(5).allMatch(row -> row.size() == 5);
        LossSurface.Line line = surface.line(objective);
        assertThat(plane.coordinates()).isEqualTo(line.coordinates());
        for (int i = 0; i < 5; i++) {
            assertThat(plane.losses().get(i).get(2)).isEqualTo(line.losses().get(i));
        }
        assertThat(plane.losses().get(2).get(2)).isEqualTo(objective.loss());
        // the second direction is another one, of the same norm
        List<Double> across = plane.losses().get(2);
        assertThat(across.get(0)).isNotEqualTo(line.losses().get(0));
        double norm = squares(x, 0, 44);
        assertThat(secondDifference(across, 2)).isCloseTo(norm / 4, within(1e-4 * norm));
        assertThat(HostObjective.values(parameters)).containsExactly(x);
    }

    @Test
    void theSeedFixesTheDirections() throws InterruptedException {
        HostObjective objective = objective(y -> squares(y, 0, SIZE) + y[3]);
        LossSurface.Builder builder = LossSurface.builder().optPoints(4);
        LossSurface.Line first = builder.optSeed(1).build().line(objective);
        assertThat(builder.build().line(objective)).isEqualTo(first);
        assertThat(builder.optSeed(2).build().line(objective).losses())
                .isNotEqualTo(first.losses());
    }

    @Test
    void filtersOfZerosStay() throws InterruptedException {
        parameters.get(0).muli(0f);
        HostObjective objective = objective(y -> squares(y, 0, 20));
        LossSurface.Line line = LossSurface.builder().optPoints(3).build().line(objective);
        assertThat(line.losses()).containsOnly(0.0);
    }

    @Test
    void stopsAtAnInterrupt() {
        double[] x = HostObjective.values(parameters);
        int arrays = manager.getManagedArrays().size();
        LossSurface surface =
                LossSurface.builder()
                        .optProgress((done, total, loss) -> Thread.currentThread().interrupt())
                        .build();
        HostObjective objective = objective(y -> squares(y, 0, SIZE));
        assertThatThrownBy(() -> surface.line(objective)).isInstanceOf(InterruptedException.class);
        assertThatThrownBy(() -> surface.plane(objective)).isInstanceOf(InterruptedException.class);
        assertThat(HostObjective.values(parameters)).containsExactly(x);
        assertThat(manager.getManagedArrays()).hasSize(arrays);
    }

    @Test
    void checksItsSettings() {
        LossSurface.Builder builder = LossSurface.builder();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.optPoints(1))
                .withMessage("points must be an integer >= 2, received: 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.optRadius(0))
                .withMessage("radius must be a finite number > 0, received: 0.0");
    }
}
