package dev.tram.experiments.statistics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

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
        double[] mean = new double[columns.get(0).length];
        for (int i = 0; i < mean.length; i++) {
            int row = i;
            mean[i] = columns.stream().mapToDouble(column -> column[row]).average().orElseThrow();
        }
        return mean;
    }

    private static Panel panel(String domain, ScoreTable methods, double[] x, double[] y) {
        List<Point> points = new ArrayList<>();
        int i = 0;
        for (String method : methods.rows().keySet()) {
            boolean isTram = MethodGroup.of(method) == MethodGroup.TRAM;
            points.add(new Point(method, isTram, x[i], y[i]));
            i++;
        }
        return new Panel(
                domain,
                points,
                trend(points.stream().filter(point -> !point.isTram())),
                trend(points.stream().filter(Point::isTram)));
    }

    private static Trend trend(Stream<Point> points) {
        double[][] xy = points.map(p -> new double[] {p.x(), p.y()}).toArray(double[][]::new);
        return xy.length < FEWEST
                ? null
                : Trend.of(
                        Arrays.stream(xy).mapToDouble(p -> p[0]).toArray(),
                        Arrays.stream(xy).mapToDouble(p -> p[1]).toArray());
    }
}
