package dev.tram.experiments.report;

import dev.tram.experiments.Results;
import dev.tram.experiments.Task;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.statistics.interval.BinomialConfidenceInterval;
import org.apache.commons.statistics.interval.Interval;

/** How far an accuracy may be off because the test has no more examples, whatever the seeds say. */
final class TestError {

    private static final double ERROR_RATE = 0.05;

    private TestError() {}

    /**
     * Says how wide the best method's accuracy is by the number of test examples alone. Returns a
     * line; empty where a task is not judged by an accuracy.
     */
    static Optional<String> of(Task task, Results results) {
        double best = results.mean(ResultTable.best(task, results), task.summary().name());
        return task.testSize().isPresent() && Double.isFinite(best)
                ? Optional.of(line(task.testSize().getAsInt(), best))
                : Optional.empty();
    }

    /**
     * Says how wide an accuracy is.
     *
     * @param examples the number of test examples
     * @param accuracy in percent
     */
    static String line(int examples, double accuracy) {
        int right = (int) Math.round(accuracy / 100 * examples);
        Interval interval =
                BinomialConfidenceInterval.WILSON_SCORE.fromErrorRate(examples, right, ERROR_RATE);
        return String.format(
                Locale.ROOT,
                "%,d test examples: by their number alone, an accuracy of %.1f lies between %.1f and"
                        + " %.1f (95 %%); smaller differences mean little",
                examples,
                accuracy,
                100 * interval.getLowerBound(),
                100 * interval.getUpperBound());
    }
}
