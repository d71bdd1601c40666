package dev.tram.experiments.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AxisTest {

    @Test
    void marksAreRoundNumbersInTheRange() {
        assertThat(new Axis(0, 120, false).marks())
                .containsExactly(0.0, 20.0, 40.0, 60.0, 80.0, 100.0, 120.0);
        assertThat(new Axis(-3, 7, false).marks()).containsExactly(-2.0, 0.0, 2.0, 4.0, 6.0);
    }

    @Test
    void logarithmicMarksAreDecadesAndWhatLiesBetweenWhereThereIsRoom() {
        assertThat(new Axis(0.09, 11, true).marks().stream().map(Axis::label))
                .containsExactly("0.1", "0.2", "0.5", "1", "2", "5", "10");
        assertThat(new Axis(0.9e-6, 1.1, true).marks().stream().map(Axis::label))
                .containsExactly("1e-6", "1e-5", "1e-4", "0.001", "0.01", "0.1", "1");
    }

    @Test
    void equalRatiosAreEquallyLongOnALogarithmicAxis() {
        Axis axis = new Axis(0.01, 1, true);
        assertThat(List.of(axis.at(0.01), axis.at(0.1), axis.at(1))).containsExactly(0.0, 0.5, 1.0);
    }

    @Test
    void anAxisHoldsItsValuesAndOneValueHasAPlaceToo() {
        Axis axis = Axis.around(DoubleStream.of(3, Double.NaN, 5), false);
        assertThat(axis.at(3)).isBetween(0.0, 0.1);
        assertThat(axis.at(5)).isBetween(0.9, 1.0);
        assertThat(Axis.around(DoubleStream.of(3, 3), false).at(3)).isBetween(0.0, 1.0);
        assertThat(Axis.around(DoubleStream.of(-1, 0, 0.1, 10), true).at(0.1))
                .isCloseTo(0.04, within(0.01));
        assertThat(Axis.around(DoubleStream.empty(), false).marks()).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "0,0",
        "0.30000000000000004,0.3",
        "1500000,15e5",
        "-0.0005,-5e-4",
        "123.5,123.5",
        "100,100"
    })
    void labelsAreShort(double value, String label) {
        assertThat(Axis.label(value)).isEqualTo(label);
    }
}
