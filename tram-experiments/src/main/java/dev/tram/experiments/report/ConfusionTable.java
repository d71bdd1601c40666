package dev.tram.experiments.report;

import dev.tram.experiments.Judgement;
import dev.tram.experiments.data.OneLine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How often each class was taken for which. */
final class ConfusionTable {

    private ConfusionTable() {}

    static Table of(Judgement judgement) {
        List<String> classes = judgement.classes();
        List<String> head = new ArrayList<>(List.of("actual \\ predicted"));
        head.addAll(classes);
        head.add("recall, %");
        List<List<String>> rows = new ArrayList<>();
        for (int i = 0; i < classes.size(); i++) {
            List<String> row = new ArrayList<>(List.of(classes.get(i)));
            long sum = 0;
            for (int j = 0; j < classes.size(); j++) {
                row.add(Long.toString(judgement.count(i, j)));
                sum += judgement.count(i, j);
            }
            double recall = 100.0 * judgement.count(i, i) / sum;
            row.add(sum == 0 ? "–" : String.format(Locale.ROOT, "%.1f", recall));
            rows.add(row);
        }
        return Table.ofTexts(head, rows);
    }

    /** Returns what was judged, and how well it was. */
    static String title(Judgement judgement) {
        return String.format(
                Locale.ROOT,
                "%s: %d examples, accuracy %.1f %%, macro-F1 %.1f %%, calibration error %.1f %%",
                judgement.name(),
                judgement.count(),
                100 * judgement.accuracy(),
                100 * judgement.macroF1(),
                100 * judgement.calibrationError());
    }

    /** Returns the title and the table for a terminal. */
    static String render(Judgement judgement) {
        return OneLine.of(title(judgement)) + "\n" + of(judgement).toText().indent(2);
    }

    /** Writes the counts of several tests, a line each. */
    static void write(Path file, List<Judgement> judgements) throws IOException {
        List<List<Object>> lines = new ArrayList<>();
        for (Judgement judged : judgements) {
            List<String> names = judged.classes();
            for (int i = 0; i < names.size(); i++) {
                for (int j = 0; j < names.size(); j++) {
                    lines.add(
                            List.of(judged.name(), names.get(i), names.get(j), judged.count(i, j)));
                }
            }
        }
        Table.writeCsv(file, "group,class,predicted,count", lines);
    }
}
