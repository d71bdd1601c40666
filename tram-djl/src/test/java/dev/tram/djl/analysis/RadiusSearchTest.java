package dev.tram.djl.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tram.djl.analysis.RadiusSearch.Point;
import dev.tram.djl.analysis.RadiusSearch.Result;
import dev.tram.djl.analysis.RadiusSearch.Trial;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RadiusSearchTest {

    private final List<Double> closed = new ArrayList<>();

    /** Best at 0.12, the better the longer it is trained. */
    private Trial trial(double value) {
        return new Trial() {

            private int trained;

            @Override
            public double train(int steps) {
                trained += steps;
                double distance = Math.abs(Math.log10(value / 0.12));
                return value > 5 ? Double.NaN : distance + 1.0 / trained;
            }

            @Override
            public void close() {
                closed.add(value);
            }
        };
    }

    @Test
    void triesAGeometricGrid() {
        List<Float> grid = RadiusSearch.geometric(0.01f, 10f, 4, 1).grid();
        float[] expected = {0.01f, 0.1f, 1f, 10f};
        for (int i = 0; i < expected.length; i++) {
            assertThat(grid.get(i)).isCloseTo(expected[i], within(1e-6f * expected[i]));
        }
        assertThat(RadiusSearch.geometric(0.3f, 0.3f, 1, 1).grid()).containsExactly(0.3f);
    }

    @Test
    void stopsBadValuesEarly() {
        Result result = RadiusSearch.geometric(0.001f, 10f, 5, 10).run(this::trial);
        assertThat(result.best()).isCloseTo(0.1f, within(1e-6f));
        assertThat(result.curve().stream().map(Point::steps)).containsExactly(10, 10, 40, 20, 10);
        assertThat(result.curve().get(4).loss()).isNaN();
        assertThat(closed).hasSize(5);
        assertThat(result.table()).contains("0.1000     40").contains("*");
    }

    @Test
    void closesAllRunsOfASearchThatFails() {
        RadiusSearch search = RadiusSearch.geometric(6f, 10f, 3, 1);
        assertThatThrownBy(() -> search.run(this::trial))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("received: none of");
        assertThat(closed).hasSize(3);
    }

    @Test
    void refusesValuesOutsideTheirRange() {
        assertThatThrownBy(() -> RadiusSearch.geometric(0f, 1f, 3, 1))
                .hasMessageContaining("smallest");
        assertThatThrownBy(() -> RadiusSearch.geometric(2f, 1f, 3, 1))
                .hasMessageContaining("at least the smallest");
        assertThatThrownBy(() -> RadiusSearch.geometric(1f, 2f, 0, 1))
                .hasMessageContaining("values");
    }
}
