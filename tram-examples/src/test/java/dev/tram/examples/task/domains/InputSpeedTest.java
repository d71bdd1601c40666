package dev.tram.examples.task.domains;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import dev.tram.experiments.ShuffledStream;
import dev.tram.experiments.data.RecordFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From the cache on disk to arrays. */
class InputSpeedTest {

    private static final int LENGTH = 1024;
    private static final int BLOCKS = 2048;
    private static final int BATCH = 16;
    private static final int ATTEMPTS = 3;

    @TempDir private Path directory;

    /** GPT-2's batches in a random order, on one thread; the best attempt, as others may run. */
    @Test
    void aMillionTokensASecond() throws IOException {
        Path file = directory.resolve("tokens");
        try (RecordFile.Writer writer = RecordFile.create(file)) {
            writer.add(
                    TokenBlocks.record(
                            IntStream.rangeClosed(0, LENGTH * BLOCKS).asLongStream().toArray()));
        }
        try (TokenBlocks blocks = TokenBlocks.open(file, LENGTH)) {
            assertThat(blocks.size()).isEqualTo(BLOCKS);
            double best = 0;
            for (int i = 0; i < ATTEMPTS; i++) {
                best = Math.max(best, tokensPerSecond(blocks));
            }
            assertThat(best).isGreaterThan(1e6);
        }
    }

    private static double tokensPerSecond(TokenBlocks blocks) {
        ShuffledStream order = new ShuffledStream(blocks.size(), 1);
        long begin = System.nanoTime();
        for (int step = 1; step <= BLOCKS / BATCH; step++) {
            try (NDManager manager = NDManager.newBaseManager()) {
                blocks.prepare(order.batch(step, BATCH)).on(manager).getData();
            }
        }
        return BLOCKS * LENGTH / ((System.nanoTime() - begin) / 1e9);
    }
}
