package dev.tram.examples.report;

import dev.tram.examples.statistics.Transfer;
import dev.tram.examples.statistics.Trend;
import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.util.List;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Another domain's figure over that of the training domain, with trend lines as in figure 2. */
final class ScatterChart {

    private static final Color PRIOR = new Color(0x0072B2);
    private static final Color TRAM = new Color(0x009E73);
    private static final int WIDTH = 640;
    private static final int HEIGHT = 420;

    /** How far the axes reach beyond the points, as a part of their range. */
    private static final double MARGIN = 0.08;

    private ScatterChart() {}

    /**
     * Draws a panel.
     *
     * @param training the training domain
     * @param panel the points
     * @return a PNG picture
     */
    static byte[] draw(String training, Transfer.Panel panel) throws IOException {
        XYChart chart =
                new XYChartBuilder()
                        .width(WIDTH)
                        .height(HEIGHT)
                        .xAxisTitle(training)
                        .yAxisTitle(panel.domain())
                        .build();
        style(chart.getStyler());
        range(chart, panel);
        add(chart, panel, false, "prior work", PRIOR, SeriesMarkers.CIRCLE);
        add(chart, panel, true, "TRAM", TRAM, SeriesMarkers.DIAMOND);
        line(chart, panel, panel.prior(), "trend of prior work", PRIOR, SeriesLines.DOT_DOT);
        line(chart, panel, panel.tram(), "trend of TRAM", TRAM, SeriesLines.DASH_DASH);
        return BitmapEncoder.getBitmapBytes(chart, BitmapFormat.PNG);
    }

    private static void style(Styler styler) {
        styler.setChartBackgroundColor(Color.WHITE);
        styler.setLegendPosition(Styler.LegendPosition.OutsideE);
        styler.setLegendBorderColor(Color.WHITE);
    }

    private static void range(XYChart chart, Transfer.Panel panel) {
        double[] x = panel.points().stream().mapToDouble(Transfer.Point::x).sorted().toArray();
        double[] y = panel.points().stream().mapToDouble(Transfer.Point::y).sorted().toArray();
        double dx = margin(x);
        double dy = margin(y);
        chart.getStyler().setXAxisMin(x[0] - dx).setXAxisMax(x[x.length - 1] + dx);
        chart.getStyler().setYAxisMin(y[0] - dy).setYAxisMax(y[y.length - 1] + dy);
        chart.getStyler().setPlotGridLinesColor(new Color(0xDDDDDD));
    }

    private static double margin(double[] sorted) {
        return Math.max(MARGIN * (sorted[sorted.length - 1] - sorted[0]), Math.ulp(sorted[0]));
    }

    private static void add(
            XYChart chart,
            Transfer.Panel panel,
            boolean isTram,
            String name,
            Color colour,
            Marker marker) {
        List<Transfer.Point> points =
                panel.points().stream().filter(point -> point.isTram() == isTram).toList();
        if (!points.isEmpty()) {
            XYSeries series =
                    chart.addSeries(
                            name,
                            points.stream().map(Transfer.Point::x).toList(),
                            points.stream().map(Transfer.Point::y).toList());
            series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
            series.setMarker(marker).setMarkerColor(colour);
        }
    }

    private static void line(
            XYChart chart,
            Transfer.Panel panel,
            Trend trend,
            String name,
            Color colour,
            BasicStroke stroke) {
        if (trend != null && Double.isFinite(trend.slope())) {
            double[] x = panel.points().stream().mapToDouble(Transfer.Point::x).sorted().toArray();
            double[] ends = {x[0], x[x.length - 1]};
            XYSeries series =
                    chart.addSeries(
                            name, ends, new double[] {trend.at(ends[0]), trend.at(ends[1])});
            series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Line);
            series.setMarker(SeriesMarkers.NONE);
            series.setLineColor(colour).setLineStyle(stroke);
        }
    }
}
