package dev.tram.examples.task.texttable;

import dev.tram.examples.report.CellTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Confusion tables for people: a row per class, with how its examples were taken and how many of
 * them rightly.
 */
final class ConfusionTable {

    private ConfusionTable() {}

    static CellTable of(String group, List<String> labels, Judgement judgement) {
        List<String> head = new ArrayList<>(List.of("is \\ taken for"));
        head.addAll(labels);
        head.add("recall, %");
        List<List<String>> rows = new ArrayList<>();
        for (int i = 0; i < labels.size(); i++) {
            List<String> row = new ArrayList<>(List.of(labels.get(i)));
            long sum = 0;
            for (int j = 0; j < labels.size(); j++) {
                row.add(Long.toString(judgement.count(i, j)));
                sum += judgement.count(i, j);
            }
            row.add(
                    sum == 0
                            ? "–"
                            : String.format(
                                    Locale.ROOT, "%.1f", 100.0 * judgement.count(i, i) / sum));
            rows.add(row);
        }
        return new CellTable(
                String.format(
                        Locale.ROOT,
                        "%s: %d examples, accuracy %.1f %%, macro-F1 %.1f %%, calibration error"
                                + " %.1f %%",
                        group,
                        judgement.count(),
                        100 * judgement.accuracy(),
                        100 * judgement.macroF1(),
                        100 * judgement.calibrationError()),
                head,
                rows);
    }
}
