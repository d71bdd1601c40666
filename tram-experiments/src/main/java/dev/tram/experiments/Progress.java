package dev.tram.experiments;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Tells a person how far training is: the step, the loss, d and the time left. */
public interface Progress extends AutoCloseable {

    /** Tells of steps that were done earlier. */
    void skip(int count);

    void step(String label, StepRecord step);

    void say(String line);

    @Override
    void close();

    /** Returns a bar for a terminal, sparse plain lines for anything else. */
    static Progress on(PrintStream out, String title, long steps) {
        return Boolean.getBoolean("tram.terminal")
                ? new Bar(out, title, steps)
                : new Lines(out, title, steps);
    }

    /** Returns the builder of a bar in ASCII. */
    static ProgressBarBuilder bar(String title, long max) {
        return new ProgressBarBuilder()
                .setTaskName(title)
                .setInitialMax(max)
                .setStyle(ProgressBarStyle.ASCII);
    }

    private static String describe(String label, StepRecord step) {
        String distance =
                Double.isFinite(step.distance())
                        ? String.format(Locale.ROOT, ", d %.2g", step.distance())
                        : "";
        return String.format(
                Locale.ROOT, "%s: step %d, loss %.3f%s", label, step.step(), step.loss(), distance);
    }

    /** A bar that is redrawn in place, of the steps that are left to do. */
    final class Bar implements Progress {

        private final PrintStream out;
        private final ProgressBar bar;

        Bar(PrintStream out, String title, long steps) {
            this.out = out;
            bar =
                    bar(title, steps)
                            .setUpdateIntervalMillis(200)
                            .setConsumer(new ConsoleProgressBarConsumer(out))
                            .build();
        }

        @Override
        public void skip(int count) {
            bar.maxHint(bar.getMax() - count);
        }

        @Override
        public void step(String label, StepRecord step) {
            bar.setExtraMessage(describe(label, step));
            bar.step();
        }

        @Override
        public void say(String line) {
            out.print("\r\033[K");
            out.println(line);
        }

        @Override
        public void close() {
            bar.close();
        }
    }

    /** A line when something is said, and otherwise every half minute. */
    final class Lines implements Progress {

        private static final Duration INTERVAL = Duration.ofSeconds(30);

        private final PrintStream out;
        private final String title;
        private final long steps;
        private long lastLine = System.nanoTime();
        private long firstStep;
        private long done;
        private long skipped;

        Lines(PrintStream out, String title, long steps) {
            this.out = out;
            this.title = title;
            this.steps = steps;
        }

        @Override
        public void skip(int count) {
            skipped += count;
        }

        @Override
        public void step(String label, StepRecord step) {
            done++;
            long now = System.nanoTime();
            if (done == 1) {
                firstStep = now;
            }
            if (now - lastLine >= INTERVAL.toNanos()) {
                lastLine = now;
                out.printf(
                        Locale.ROOT,
                        "%s: %d of %d steps%s; %s%n",
                        title,
                        skipped + done,
                        steps,
                        timeLeft(now),
                        describe(label, step));
            }
        }

        /** By the time since the first step: what came before it will not come again. */
        private String timeLeft(long now) {
            if (done == 1) {
                return "";
            }
            double left = (now - firstStep) / 1e9 / (done - 1) * (steps - skipped - done);
            return String.format(
                    Locale.ROOT, ", about %d:%02d left", (long) left / 60, (long) left % 60);
        }

        @Override
        public void say(String line) {
            out.println(line);
        }

        @Override
        public void close() {
            out.flush();
        }
    }
}
