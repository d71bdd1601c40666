package dev.tram.experiments.statistics;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How the figures of other domains go with that of the training domain, over methods: what the
 * paper's table 9 and figure 2 show. The model before fine-tuning and combinations of methods are
 * left out.
 *
 * @param correlations a correlation per other domain; then, if some domains go with the training
 *     domain and others against it, that of the average of the former
 * @param panels that average and each domain that goes against, as points
 */
public record Transfer(
        String table, String training, List<Correlation> correlations, List<Panel> panels) {

    /** The name of the average of the domains that go with the training domain. */
    public static final String CORRELATED = "correlated";

    /** The name of the average of all domains but the training domain. */
    public static final String AVERAGE = "zs_avg";

    private static final int FEWEST = 3;

    /**
     * A domain's correlation with the training domain.
     *
     * @param trend the correlation over all methods
     * @param paper the paper's ρ, NaN where it prints none
     */
    public record Correlation(String domain, Trend trend, double paper) {}

    /**
     * A domain's figures over those of the training domain.
     *
     * @param points a point per method
     * @param prior the trend over all methods but TRAM's, null for fewer than three
     * @param tram the trend over TRAM's, null for fewer than three
     */
    public record Panel(String domain, List<Point> points, Trend prior, Trend tram) {}

    /**
     * A method.
     *
     * @param x its figure on the training domain
     * @param y its figure on the other domain
     */
    public record Point(String method, boolean isTram, double x, double y) {}

    /**
     * Computes the correlations of a table.
     *
     * @param table the figures, those of the training domain first
     * @throws IllegalArgumentException if the table has fewer than three methods
     */
    public static Transfer of(ScoreTable table) {
        ScoreTable methods = table.methods(Transfer::isCompared);
        String training = table.columns().get(0);
        double[] x = methods.column(training);
        List<Correlation> correlations = new ArrayList<>();
        List<double[]> along = new ArrayList<>();
        List<Panel> panels = new ArrayList<>();
        for (String domain : table.columns().subList(1, table.columns().size())) {
            double[] y = methods.column(domain);
            Correlation correlation = correlation(table, domain, x, y);
            correlations.add(correlation);
            if (correlation.trend().correlation() < 0) {
                panels.add(panel(domain, methods, x, y));
            } else if (!domain.equals(AVERAGE)) {
                along.add(y);
            }
        }
        if (!along.isEmpty()) {
            double[] mean = mean(along);
            if (!panels.isEmpty()) {
                correlations.add(correlation(table, CORRELATED, x, mean));
            }
            panels.add(0, panel(CORRELATED, methods, x, mean));
        }
        return new Transfer(table.name(), training, correlations, panels);
    }

    /**
     * Returns whether a method is one of those that are compared: false for the model before
     * fine-tuning and for combinations of methods.
     */
    public static boolean isCompared(String method) {
        MethodGroup group = MethodGroup.of(method);
        return group != MethodGroup.UNTRAINED && group != MethodGroup.COMBINATIONS;
    }

    private static Correlation correlation(
            ScoreTable table, String domain, double[] x, double[] y) {
        return new Correlation(domain, Trend.of(x, y), PaperTables.correlation(table, domain));
    }

    private static double[] mean(List<double[]> columns) {
        return IntStream.range(0, columns.get(0).length)
                .mapToDouble(i -> columns.stream().mapToDouble(y -> y[i]).average().orElseThrow())
                .toArray();
    }

    private static Panel panel(String domain, ScoreTable methods, double[] x, double[] y) {
        List<Point> points = new ArrayList<>();
        for (String method : methods.rows().keySet()) {
            int i = points.size();
            points.add(new Point(method, MethodGroup.of(method) == MethodGroup.TRAM, x[i], y[i]));
        }
        return new Panel(domain, points, trend(points, false), trend(points, true));
    }

    private static Trend trend(List<Point> points, boolean isTram) {
        List<Point> some = points.stream().filter(point -> point.isTram() == isTram).toList();
        return some.size() < FEWEST
                ? null
                : Trend.of(
                        some.stream().mapToDouble(Point::x).toArray(),
                        some.stream().mapToDouble(Point::y).toArray());
    }
}
