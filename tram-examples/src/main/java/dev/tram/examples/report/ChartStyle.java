package dev.tram.examples.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.lines.SeriesLines;

/** What all charts look like. */
public final class ChartStyle {

    /** Okabe and Ito's colours, distinct also to the colour-blind; then each again, dashed. */
    private static final Color[] COLOURS = {
        new Color(0x0072B2),
        new Color(0xD55E00),
        new Color(0x009E73),
        new Color(0xCC79A7),
        new Color(0xE69F00),
        new Color(0x56B4E9),
        new Color(0x000000)
    };

    private static final BasicStroke[] STROKES = {
        SeriesLines.SOLID, SeriesLines.DASH_DASH, SeriesLines.DOT_DOT
    };

    private ChartStyle() {}

    /**
     * Returns the colour of a series.
     *
     * @param series its number, from 0
     * @return the colour
     */
    public static Color colour(int series) {
        return COLOURS[series % COLOURS.length];
    }

    /**
     * Returns the stroke of a series.
     *
     * @param series its number, from 0
     * @return the stroke, another one once all colours are used
     */
    public static BasicStroke stroke(int series) {
        return STROKES[series / COLOURS.length % STROKES.length];
    }

    /**
     * Styles a chart.
     *
     * @param styler the chart's
     */
    public static void apply(AxesChartStyler styler) {
        styler.setChartBackgroundColor(Color.WHITE);
        styler.setLegendPosition(Styler.LegendPosition.OutsideE);
        styler.setLegendBorderColor(Color.WHITE);
        styler.setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
        styler.setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
        styler.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
        styler.setPlotGridLinesColor(new Color(0xDDDDDD));
        styler.setPlotBorderVisible(false);
    }
}
