package dev.tram.djl;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

/** Threads that train a model each and take turns batch by batch do not disturb each other. */
class TakingTurnsTest {

    private static final int THREADS = 3;
    private static final int STEPS = 20;

    private static Training training() {
        return new Training(TestModel.DROPOUT, Training.method("tram-x", Training.adam()).build());
    }

    @Test
    void eachEndsWithTheBitsOfATrainingAlone() throws Exception {
        Map<String, float[]> alone;
        try (Training training = training()) {
            training.steps(0, STEPS);
            alone = training.weights();
        }
        ReentrantLock lock = new ReentrantLock(true);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        List<Future<Map<String, float[]>>> results = new ArrayList<>();
        try {
            for (int i = 0; i < THREADS; i++) {
                results.add(threads.submit(turns(lock)));
            }
            for (Future<Map<String, float[]>> result : results) {
                Training.assertSameBits(result.get(), alone);
            }
        } finally {
            threads.shutdown();
        }
    }

    private static Callable<Map<String, float[]>> turns(ReentrantLock lock) {
        return () -> {
            Training training = locked(lock, TakingTurnsTest::training);
            for (int number = 0; number < STEPS; number++) {
                int step = number;
                locked(lock, () -> training.step(step));
            }
            return locked(
                    lock,
                    () -> {
                        try (training) {
                            return training.weights();
                        }
                    });
        };
    }

    private static <T> T locked(ReentrantLock lock, Callable<T> work) throws Exception {
        lock.lock();
        try {
            return work.call();
        } finally {
            lock.unlock();
        }
    }
}
