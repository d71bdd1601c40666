package dev.tram.examples.task.texttable;

import dev.tram.examples.task.texttable.TextTask.Layout;
import dev.tram.experiments.Judgement;
import dev.tram.experiments.Measure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The figures by which a classifier of texts is judged on groups of examples.
 *
 * @param groups the groups, those that are trained on first
 * @param layout which figures, in which order
 */
record TextMeasures(List<TextDataset.Group> groups, Layout layout) {

    private static final Measure ZERO_SHOT = Measure.higher("zs_avg", "ZS avg");

    /**
     * A figure.
     *
     * @param value finds it, in percent, among the judgements by their groups' names
     */
    private record Figure(Measure measure, ToDoubleFunction<Map<String, Judgement>> value) {}

    /** The figures, in the order of the columns. */
    private List<Figure> figures() {
        List<Figure> figures = new ArrayList<>();
        if (layout == Layout.POOLED) {
            pools().forEach(
                            (pool, members) -> {
                                figures.add(figure(accuracy(pool), members, Judgement::accuracy));
                                Measure f1 = Measure.higher(pool + "_macro_f1", pool + " F1");
                                figures.add(figure(f1, members, Judgement::macroF1));
                                Measure ece =
                                        Measure.lower(pool + "_calibration_error", pool + " ECE");
                                figures.add(figure(ece, members, Judgement::calibrationError));
                            });
        }
        if (isByGroup()) {
            for (TextDataset.Group group : groups) {
                figures.add(figure(accuracy(group.name()), List.of(group), Judgement::accuracy));
            }
        }
        if (layout == Layout.TRANSFER && hasUnseen()) {
            figures.add(new Figure(ZERO_SHOT, this::zeroShot));
        }
        return figures;
    }

    private double zeroShot(Map<String, Judgement> judged) {
        return unseen().stream()
                .mapToDouble(group -> 100 * judged.get(group.name()).accuracy())
                .average()
                .orElseThrow();
    }

    private static Figure figure(
            Measure measure, List<TextDataset.Group> members, ToDoubleFunction<Judgement> share) {
        return new Figure(
                measure,
                judged -> {
                    List<Judgement> parts =
                            members.stream().map(group -> judged.get(group.name())).toList();
                    return 100 * share.applyAsDouble(Judgement.sum(measure.name(), parts));
                });
    }

    List<Measure> all() {
        return figures().stream().map(Figure::measure).toList();
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
        Map<String, Judgement> judged =
                judgements.stream().collect(Collectors.toMap(Judgement::name, each -> each));
        Map<String, Double> values = new LinkedHashMap<>();
        for (Figure figure : figures()) {
            values.put(figure.measure().name(), figure.value().applyAsDouble(judged));
        }
        return values;
    }
}
