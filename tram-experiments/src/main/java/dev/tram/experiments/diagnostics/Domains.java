package dev.tram.experiments.diagnostics;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The domains that a model is looked at on, that of its training first, and the mean over the
 * others.
 */
record Domains(List<Diagnosis.Sample> samples) {

    /** What the mean over the domains that are not trained on is called, as in the paper. */
    private static final String MEAN = "ZS avg";

    /** The most domains that a table shows one by one. */
    private static final int SHOWN = 4;

    /** Looks at one domain's data. */
    @FunctionalInterface
    interface Look {

        /** Looks at data: what was found by what it is. */
        Map<String, Double> at(Diagnosis.Sample sample) throws InterruptedException;
    }

    /** Looks at each domain; a figure's name is the domain's and what it is. */
    Map<String, Double> figures(Look look) throws InterruptedException {
        Map<String, Double> figures = new LinkedHashMap<>();
        Map<String, Double> sums = new LinkedHashMap<>();
        for (int i = 0; i < samples.size(); i++) {
            Diagnosis.Sample sample = samples.get(i);
            boolean other = i > 0;
            look.at(sample)
                    .forEach(
                            (what, value) -> {
                                figures.put(name(sample.name(), what), value);
                                if (other) {
                                    sums.merge(what, value, Double::sum);
                                }
                            });
        }
        if (hasMean()) {
            int others = samples.size() - 1;
            sums.forEach((what, sum) -> figures.put(name(MEAN, what), sum / others));
        }
        return figures;
    }

    private boolean hasMean() {
        return samples.size() > 2;
    }

    /** Returns what tables and pictures show: all domains, or the first and the mean. */
    List<String> shown() {
        List<String> shown = new ArrayList<>();
        if (samples.size() <= SHOWN) {
            samples.forEach(sample -> shown.add(sample.name()));
        } else {
            shown.add(samples.get(0).name());
        }
        if (hasMean()) {
            shown.add(MEAN);
        }
        return shown;
    }

    /**
     * Returns of the figures of all domains what tables and pictures show.
     *
     * @param figures the figures' names, those of one domain after those of another, the mean's
     *     last
     */
    static List<String> shown(List<String> figures) {
        List<String> kinds =
                figures.stream()
                        .filter(figure -> figure.startsWith(name(MEAN, "")))
                        .map(figure -> figure.substring(name(MEAN, "").length()))
                        .toList();
        boolean few = figures.size() <= (SHOWN + 1) * kinds.size();
        return kinds.isEmpty() || few
                ? figures
                : figures.stream()
                        .filter(
                                figure ->
                                        figure.startsWith(name(MEAN, ""))
                                                || figures.indexOf(figure) < kinds.size())
                        .toList();
    }

    /** Returns the names of all domains, and that of their mean. */
    List<String> names() {
        List<String> names = new ArrayList<>();
        samples.forEach(sample -> names.add(sample.name()));
        names.add(MEAN);
        return names;
    }

    /** Returns the name of a figure. */
    static String name(String domain, String what) {
        return domain + " " + what;
    }
}
