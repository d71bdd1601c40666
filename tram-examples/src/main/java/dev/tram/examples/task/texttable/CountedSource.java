package dev.tram.examples.task.texttable;

import dev.tram.examples.data.RowCensus;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/**
 * Says now and then how many examples were read, so that a long table is not taken for a
 * standstill.
 *
 * @param source the examples
 * @param out where it is said
 * @param interval how long it is silent
 */
record CountedSource(TextSource source, PrintStream out, Duration interval) implements TextSource {

    @Override
    public String identity() {
        return source.identity();
    }

    @Override
    public RowCensus read(Sink sink) throws IOException {
        long[] read = {0};
        long[] told = {System.nanoTime()};
        return source.read(
                (part, example) -> {
                    sink.accept(part, example);
                    read[0]++;
                    if (System.nanoTime() - told[0] >= interval.toNanos()) {
                        told[0] = System.nanoTime();
                        out.printf(Locale.ROOT, "%,d rows so far ...%n", read[0]);
                    }
                });
    }
}
