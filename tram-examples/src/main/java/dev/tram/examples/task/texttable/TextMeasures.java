package dev.tram.examples.task.texttable;

import dev.tram.experiments.Judgement;
import dev.tram.experiments.Measure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The figures by which a classifier of texts is judged on groups of examples.
 *
 * @param groups the groups, those that are trained on first
 * @param layout which figures, in which order
 */
record TextMeasures(List<TextDataset.Group> groups, Layout layout) {

    /** Which figures there are. */
    enum Layout {
        /**
         * Accuracy, macro-F1 and calibration error of the groups that are trained on, of the
         * others, then the accuracy of each.
         */
        POOLED,
        /** As in the paper's table 5: the accuracy of each group, then the mean over the unseen. */
        TRANSFER
    }

    private static final Measure ZERO_SHOT = Measure.higher("zs_avg", "ZS avg");
    private static final String F1 = "_macro_f1";
    private static final String CALIBRATION_ERROR = "_calibration_error";

    /** Returns the figures, in the order of the columns. */
    List<Measure> all() {
        List<Measure> measures = new ArrayList<>();
        if (layout == Layout.POOLED) {
            pools().keySet()
                    .forEach(
                            pool -> {
                                measures.add(accuracy(pool));
                                measures.add(Measure.higher(pool + F1, pool + " F1"));
                                measures.add(
                                        Measure.lower(pool + CALIBRATION_ERROR, pool + " ECE"));
                            });
        }
        if (isByGroup()) {
            groups.forEach(group -> measures.add(accuracy(group.name())));
        }
        if (layout == Layout.TRANSFER && hasUnseen()) {
            measures.add(ZERO_SHOT);
        }
        return measures;
    }

    /** A single group is all of its pool. */
    private boolean isByGroup() {
        return layout == Layout.TRANSFER || groups.size() > 1;
    }

    /** Returns the accuracy of each group. */
    List<Measure> domains() {
        Stream<String> names =
                isByGroup()
                        ? groups.stream().map(TextDataset.Group::name)
                        : pools().keySet().stream();
        return names.map(TextMeasures::accuracy).toList();
    }

    /** Returns the figure that counts: on groups that are not trained on, where there are any. */
    Measure summary() {
        if (layout == Layout.TRANSFER && hasUnseen()) {
            return ZERO_SHOT;
        }
        return layout == Layout.TRANSFER
                ? domains().get(0)
                : accuracy(hasUnseen() ? "unseen" : "test");
    }

    private static Measure accuracy(String name) {
        return Measure.higher(name, name);
    }

    private boolean hasUnseen() {
        return !unseen().isEmpty();
    }

    private List<TextDataset.Group> unseen() {
        return groups.stream().filter(group -> !group.seen()).toList();
    }

    /** The groups that are trained on together, and the others together. */
    private Map<String, List<TextDataset.Group>> pools() {
        Map<String, List<TextDataset.Group>> pools = new LinkedHashMap<>();
        pools.put("test", groups.stream().filter(TextDataset.Group::seen).toList());
        pools.put("unseen", unseen());
        pools.values().removeIf(List::isEmpty);
        return pools;
    }

    /**
     * Returns the figures' values in percent.
     *
     * @param judgements a judgement per group
     */
    Map<String, Double> values(List<Judgement> judgements) {
        Map<String, Judgement> byGroup = new LinkedHashMap<>();
        judgements.forEach(judged -> byGroup.put(judged.name(), judged));
        Map<String, Double> values = new LinkedHashMap<>();
        pools().forEach(
                        (pool, members) -> {
                            Judgement all =
                                    Judgement.sum(
                                            pool,
                                            members.stream()
                                                    .map(group -> byGroup.get(group.name()))
                                                    .toList());
                            values.put(pool, 100 * all.accuracy());
                            values.put(pool + F1, 100 * all.macroF1());
                            values.put(pool + CALIBRATION_ERROR, 100 * all.calibrationError());
                        });
        judgements.forEach(judged -> values.put(judged.name(), 100 * judged.accuracy()));
        unseen().stream()
                .mapToDouble(group -> 100 * byGroup.get(group.name()).accuracy())
                .average()
                .ifPresent(mean -> values.put(ZERO_SHOT.name(), mean));
        Map<String, Double> shown = new LinkedHashMap<>();
        all().forEach(measure -> shown.put(measure.name(), values.get(measure.name())));
        return shown;
    }
}
