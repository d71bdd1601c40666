package dev.tram.examples.checkpoint;

import ai.djl.util.Progress;
import java.util.Optional;
import me.tongfei.progressbar.ProgressBar;

/** A progress bar in MiB on standard error, one line for each transfer. Not thread-safe. */
public final class ConsoleProgress implements Progress {

    private static final long MEBIBYTE = 1 << 20;

    private Optional<ProgressBar> bar = Optional.empty();

    public ConsoleProgress() {}

    @Override
    public void reset(String message, long max, String trailingMessage) {
        end();
        bar =
                Optional.of(
                        dev.tram.experiments.Progress.bar(message, max)
                                .setUnit(" MiB", MEBIBYTE)
                                .showSpeed()
                                .build());
    }

    @Override
    public void start(long initialProgress) {
        update(initialProgress);
    }

    @Override
    public void end() {
        bar.ifPresent(ProgressBar::close);
        bar = Optional.empty();
    }

    @Override
    public void increment(long increment) {
        bar.ifPresent(b -> b.stepBy(increment));
    }

    @Override
    public void update(long progress, String message) {
        bar.ifPresent(b -> b.stepTo(progress));
    }
}
