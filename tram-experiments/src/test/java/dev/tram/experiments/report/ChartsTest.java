package dev.tram.experiments.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.experiments.Grid;
import dev.tram.experiments.Measure;
import dev.tram.experiments.statistics.MethodGroup;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ChartsTest {

    private static final Measure ACCURACY = Measure.higher("target", "target");
    private static final List<Measure> MEASURES = List.of(ACCURACY, Grid.PERTURBATION);

    @Test
    void aMethodsVariantsMakeALineInTheOrderOfTheirRadii() {
        assertThat(Charts.radii(table(MEASURES), ACCURACY))
                .containsExactly(
                        Map.entry("sam", new TreeMap<>(Map.of(0.05, 61.0, 0.1, 62.0))),
                        Map.entry("asam", new TreeMap<>(Map.of(0.4, 63.0))));
        assertThat(Charts.radii(table(MEASURES), ACCURACY).get("sam").firstKey()).isEqualTo(0.05);
    }

    @Test
    void thereIsAPictureOnlyWhereAMethodHasTwoRadii() {
        Plot plot = Charts.radius(table(MEASURES), ACCURACY).orElseThrow();
        assertThat(plot.series()).extracting(Plot.Series::name).containsExactly("sam");
        assertThat(plot.series().get(0).x()).containsExactly(0.05, 0.1);
        ResultTable one = new ResultTable(MEASURES, List.of(row("sam", 61, 0.05)), null, null, 1);
        assertThat(Charts.radius(one, ACCURACY)).isEmpty();
    }

    @Test
    void aTableWithoutRadiiHasNoPicture() {
        assertThat(Charts.radius(table(List.of(ACCURACY)), ACCURACY)).isEmpty();
    }

    private static ResultTable table(List<Measure> measures) {
        return new ResultTable(
                measures,
                List.of(
                        row("adam", 60, 0),
                        row("sam@rho=0.1", 62, 0.1),
                        row("sam", 61, 0.05),
                        row("asam", 63, 0.4)),
                null,
                null,
                1);
    }

    private static ResultTable.Row row(String method, double accuracy, double radius) {
        return new ResultTable.Row(
                method, MethodGroup.of(method), List.of(cell(accuracy), cell(radius)), Double.NaN);
    }

    private static ResultTable.Cell cell(double mean) {
        return new ResultTable.Cell(mean, Double.NaN, false, Double.NaN, Double.NaN);
    }
}
