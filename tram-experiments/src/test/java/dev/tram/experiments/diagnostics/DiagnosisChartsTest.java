package dev.tram.experiments.diagnostics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tram.core.analysis.LossSurface;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.MethodSettings;
import dev.tram.experiments.Protocol;
import dev.tram.experiments.Results;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.report.IntervalChart;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DiagnosisChartsTest {

    private static final List<String> METHODS = List.of("adam", "sam", "tram-x");
    private static final String FIGURE = "target";

    private static Results with(Results results, String method, int seed, double value) {
        return results.with(new RunKey(method, seed), Map.of(FIGURE, value), METHODS);
    }

    private static Results none() {
        return Results.none(
                new ExperimentConfig(
                        "vit",
                        "digits",
                        Map.of(),
                        "cpu",
                        METHODS,
                        2,
                        "noto",
                        Protocol.of(5, 4, 0.1f),
                        MethodSettings.PAPER));
    }

    @Test
    void aMissingFigureHasNoRowAndASingleSeedNoInterval() {
        Results results = with(none(), "adam", 0, 40);
        results = with(results, "adam", 1, 42);
        results = with(results, "adam", 2, 41);
        results = with(results, "sam", 0, Double.NaN);
        results = with(results, "tram-x", 0, 80);
        List<IntervalChart.Row> rows =
                DiagnosisCharts.intervals(Map.of("run", results), FIGURE).rows();
        assertThat(rows).extracting(IntervalChart.Row::name).containsExactly("adam", "tram-x");
        assertThat(rows).extracting(IntervalChart.Row::mean).containsExactly(41.0, 80.0);
        assertThat(rows.get(0).half())
                .as("t of 2 degrees, 4.3027, by √3")
                .isCloseTo(2.4841, within(1e-3));
        assertThat(rows.get(1).half()).isNaN();
        assertThat(rows.get(1).text()).isEqualTo("80.0");
    }

    @Test
    void severalSeriesNameTheirRows() {
        Map<String, Results> sides = new LinkedHashMap<>();
        sides.put("a", with(none(), "adam", 0, 40));
        sides.put("b", with(none(), "adam", 0, 41));
        assertThat(DiagnosisCharts.intervals(sides, FIGURE).rows())
                .extracting(IntervalChart.Row::name)
                .containsExactly("adam, a", "adam, b");
    }

    @Test
    void nothingButMissingFiguresAreNoRows() {
        Results results = with(none(), "adam", 0, Double.NaN);
        assertThat(DiagnosisCharts.intervals(Map.of("run", results), FIGURE).rows()).isEmpty();
    }

    @Test
    void aMapsColoursGoFromTheLowestLossToTheHighest() {
        LossSurface.Plane plane =
                new LossSurface.Plane(
                        List.of(-1.0, 0.0, 1.0),
                        List.of(
                                List.of(0.0, 1.0, 1.0),
                                List.of(1.0, 3.0, 1.0),
                                List.of(1.0, 1.0, Double.NaN)));
        assertThat(DiagnosisCharts.map(plane, "plane", 0, 3))
                .contains(
                        "#00224e\"><title>0.000<",
                        "#575d6d\"><title>1.00<",
                        "#fee838\"><title>3.00<")
                .contains("#888888");
    }
}
