package dev.tram.examples.report;

import dev.tram.examples.experiment.Measure;
import dev.tram.examples.experiment.Results;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The table of results as text: a row per method, a column per measure, the best value marked *.
 */
public final class TextTable {

    private static final String NONE = "–";

    private TextTable() {}

    /**
     * Renders the table.
     *
     * @param results the results
     * @param measures the columns
     * @return lines of equal width
     */
    public static String render(Results results, List<Measure> measures) {
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of("method"));
        measures.forEach(measure -> head.add(measure.title()));
        rows.add(head);
        for (String method : results.methods().keySet()) {
            List<String> row = new ArrayList<>(List.of(method));
            for (Measure measure : measures) {
                row.add(
                        cell(results, method, measure)
                                + (isBest(results, method, measure) ? "*" : " "));
            }
            rows.add(row);
        }
        int[] widths = new int[head.size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            text.append(pad(row.get(0), widths[0], false));
            for (int i = 1; i < widths.length; i++) {
                text.append("  ").append(pad(row.get(i), widths[i], true));
            }
            text.append('\n');
        }
        return text.toString();
    }

    private static String pad(String text, int width, boolean left) {
        String space = " ".repeat(width - text.length());
        return left ? space + text : text + space;
    }

    /** Mean ± half width of the interval; a dash for a figure that the method does not have. */
    static String cell(Results results, String method, Measure measure) {
        Map<String, Double> means = results.methods().get(method).mean();
        double mean = means.getOrDefault(measure.name(), Double.NaN);
        if (!Double.isFinite(mean)) {
            return NONE;
        }
        double half = results.methods().get(method).ci95().getOrDefault(measure.name(), Double.NaN);
        if (measure.direction() == Measure.Direction.NONE) {
            return String.format(Locale.ROOT, "%.2g", mean);
        }
        return Double.isFinite(half)
                ? String.format(Locale.ROOT, "%.1f ± %.1f", mean, half)
                : String.format(Locale.ROOT, "%.1f", mean);
    }

    /** Whether no other method has a better mean. */
    static boolean isBest(Results results, String method, Measure measure) {
        double own = results.methods().get(method).mean().getOrDefault(measure.name(), Double.NaN);
        return measure.direction() != Measure.Direction.NONE
                && Double.isFinite(own)
                && results.methods().values().stream()
                        .noneMatch(
                                other ->
                                        measure.isBetter(
                                                other.mean()
                                                        .getOrDefault(measure.name(), Double.NaN),
                                                own));
    }
}
