package dev.tram.experiments.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PrefetchTest {

    @Test
    void theAnnouncedValueIsMadeMeanwhileOnAnotherThread() throws InterruptedException {
        Map<Integer, String> threads = new ConcurrentHashMap<>();
        CountDownLatch second = new CountDownLatch(1);
        try (Prefetch<Integer, Integer> squares =
                new Prefetch<>(
                        key -> {
                            threads.put(key, Thread.currentThread().getName());
                            if (key == 2) {
                                second.countDown();
                            }
                            return key * key;
                        })) {
            assertThat(squares.get(1, 2)).isEqualTo(1);
            assertThat(second.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(squares.get(2, 3)).isEqualTo(4);
            assertThat(squares.get(7, 8)).isEqualTo(49);
        }
        assertThat(threads).containsEntry(2, "prefetch");
        assertThat(threads.get(1)).isEqualTo(threads.get(7)).isNotEqualTo("prefetch");
    }

    /** What the value is made from may be closed next. */
    @Test
    void closingWaitsForTheValueUnderWay() {
        AtomicInteger made = new AtomicInteger();
        CountDownLatch closing = new CountDownLatch(1);
        Prefetch<Integer, Integer> slow =
                new Prefetch<>(
                        key -> {
                            if (key == 2) {
                                awaitAndSleep(closing);
                            }
                            return made.incrementAndGet();
                        });
        assertThat(slow.get(1, 2)).isOne();
        closing.countDown();
        slow.close();
        assertThat(made).hasValue(2);
    }

    private static void awaitAndSleep(CountDownLatch latch) {
        try {
            latch.await();
            TimeUnit.MILLISECONDS.sleep(50);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void failuresReachWhoAsks() {
        try (Prefetch<Integer, Integer> failing =
                new Prefetch<>(
                        key -> {
                            if (key > 1) {
                                throw new IllegalStateException("no " + key);
                            }
                            return key;
                        })) {
            assertThat(failing.get(1, 2)).isEqualTo(1);
            assertThatThrownBy(() -> failing.get(2, 3))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("no 2");
        }
    }
}
