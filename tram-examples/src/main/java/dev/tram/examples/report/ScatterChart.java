package dev.tram.examples.report;

import dev.tram.examples.statistics.Transfer;
import dev.tram.examples.statistics.Trend;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Another domain's figure over that of the training domain, with trend lines as in figure 2. */
final class ScatterChart {

    private static final int PRIOR = 0;
    private static final int TRAM = 2;
    private static final int DASHED = 1;
    private static final int DOTTED = 2;

    private ScatterChart() {}

    /**
     * Returns a panel's points and trends.
     *
     * @param training the training domain
     * @param panel the points
     * @return the plot
     */
    static Plot of(String training, Transfer.Panel panel) {
        List<Plot.Series> series = new ArrayList<>();
        points(series, panel, false, "prior work", PRIOR);
        points(series, panel, true, "TRAM", TRAM);
        trend(series, panel, panel.prior(), "trend of prior work", PRIOR, DOTTED);
        trend(series, panel, panel.tram(), "trend of TRAM", TRAM, DASHED);
        return new Plot(training, panel.domain(), false, false, series);
    }

    private static void points(
            List<Plot.Series> series,
            Transfer.Panel panel,
            boolean isTram,
            String name,
            int colour) {
        List<Transfer.Point> points =
                panel.points().stream()
                        .filter(point -> point.isTram() == isTram)
                        .sorted(Comparator.comparingDouble(Transfer.Point::x))
                        .toList();
        if (!points.isEmpty()) {
            series.add(
                    new Plot.Series(
                            name,
                            points.stream().map(Transfer.Point::x).toList(),
                            points.stream().map(Transfer.Point::y).toList(),
                            Plot.Mark.POINTS,
                            colour,
                            0));
        }
    }

    private static void trend(
            List<Plot.Series> series,
            Transfer.Panel panel,
            Trend trend,
            String name,
            int colour,
            int stroke) {
        if (trend != null && Double.isFinite(trend.slope())) {
            double[] x = panel.points().stream().mapToDouble(Transfer.Point::x).sorted().toArray();
            List<Double> ends = List.of(x[0], x[x.length - 1]);
            series.add(
                    new Plot.Series(
                            name,
                            ends,
                            ends.stream().map(trend::at).toList(),
                            Plot.Mark.LINE,
                            colour,
                            stroke));
        }
    }
}
