package dev.tram.experiments.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class WatchedRowsTest {

    private static final Row ROW = new Row("f", 1, Map.of());

    private final List<String> told = new CopyOnWriteArrayList<>();
    private final CountDownLatch toldTwice = new CountDownLatch(2);

    private void tell(String line) {
        told.add(line);
        toldTwice.countDown();
    }

    /** Reads nothing until it was told twice. */
    private final class SlowRows implements RowReader {

        @Override
        public Row read() {
            try {
                assertThat(toldTwice.await(30, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return ROW;
        }

        @Override
        public String noun() {
            return "images";
        }

        @Override
        public void close() {}
    }

    @Test
    @Timeout(60)
    void saysHowManyRowsThereAreAlsoWhileOneIsRead() throws Exception {
        try (RowReader rows = new WatchedRows(SlowRows::new, Duration.ofMillis(20), this::tell)) {
            assertThat(rows.read()).isSameAs(ROW);
            assertThat(rows.noun()).isEqualTo("images");
        }
        assertThat(told)
                .allMatch(
                        line ->
                                line.equals("0 rows so far ...")
                                        || line.equals("1 rows so far ..."));
    }

    @Test
    void whatCannotBeOpenedIsNotWatched() throws Exception {
        RowSource none =
                () -> {
                    throw new IOException("none");
                };
        assertThatThrownBy(() -> new WatchedRows(none, Duration.ofMillis(1), this::tell))
                .hasMessage("none");
        Thread.sleep(20);
        int before = told.size();
        Thread.sleep(50);
        assertThat(told).hasSize(before);
    }

    @Test
    void aShortTableIsReadInSilence() throws Exception {
        RowSource rows = RowSource.concat(List.of());
        try (RowReader watched = rows.watched(this::tell).open()) {
            assertThat(watched.read()).isNull();
        }
        assertThat(told).isEmpty();
    }
}
