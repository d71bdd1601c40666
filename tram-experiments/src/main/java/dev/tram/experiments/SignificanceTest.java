package dev.tram.experiments;

/** How a task's methods are tested against each other, as in the paper. */
public enum SignificanceTest {
    /** Not at all. */
    NONE("no test"),
    /** Kolmogorov and Smirnov's test on {@link Scores#samples}, those of all measures. */
    KOLMOGOROV_SMIRNOV("Kolmogorov and Smirnov's test on losses of blocks"),
    /** Wilcoxon's signed-rank test on pairs of a domain's measure and a seed. */
    WILCOXON("Wilcoxon's signed-rank test on pairs of domain and seed");

    private final String title;

    SignificanceTest(String title) {
        this.title = title;
    }

    /** Returns the test's name for people, and what it compares. */
    public String title() {
        return title;
    }
}
