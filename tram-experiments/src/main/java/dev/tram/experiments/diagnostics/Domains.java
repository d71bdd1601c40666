package dev.tram.experiments.diagnostics;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

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
        if (samples.size() > 2) {
            int others = samples.size() - 1;
            sums.forEach((what, sum) -> figures.put(name(MEAN, what), sum / others));
        }
        return figures;
    }

    /**
     * Returns of the figures of all domains what tables and pictures show.
     *
     * @param figures the figures' names, those of one domain after those of another, the mean's
     *     last
     */
    static List<String> shown(List<String> figures) {
        List<String> means = figures.stream().filter(Domains::isMean).toList();
        boolean few = figures.size() <= (SHOWN + 1) * means.size();
        return means.isEmpty() || few
                ? figures
                : Stream.concat(figures.stream().limit(means.size()), means.stream()).toList();
    }

    private static boolean isMean(String figure) {
        return figure.startsWith(name(MEAN, ""));
    }

    /** Returns the names of figures of all domains, and of their mean. */
    List<String> names(String... figures) {
        return Stream.concat(samples.stream().map(Diagnosis.Sample::name), Stream.of(MEAN))
                .flatMap(domain -> Stream.of(figures).map(what -> name(domain, what)))
                .toList();
    }

    /** Returns the name of a figure. */
    static String name(String domain, String what) {
        return domain + " " + what;
    }
}
