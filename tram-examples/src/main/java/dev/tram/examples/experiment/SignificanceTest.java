package dev.tram.examples.experiment;

/** How a task's methods are tested against each other, as in the paper. */
public enum SignificanceTest {
    /** Not at all. */
    NONE,
    /** Kolmogorov and Smirnov's test on {@link Evaluation#samples}, those of all measures. */
    KOLMOGOROV_SMIRNOV,
    /** Wilcoxon's signed-rank test on pairs of a measure, but the summary, and a seed. */
    WILCOXON
}
