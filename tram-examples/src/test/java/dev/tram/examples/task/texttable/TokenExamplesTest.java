package dev.tram.examples.task.texttable;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.Batch;
import dev.tram.experiments.ShuffledStream;
import dev.tram.experiments.data.RecordFile;
import dev.tram.experiments.data.Tokens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenExamplesTest {

    @TempDir private Path directory;

    @Test
    void padsToTheLongest() throws IOException {
        try (RecordFile.Writer writer = RecordFile.create(directory.resolve("a"))) {
            writer.add(new Tokens(new int[] {5, 6}, 2, 1).toRecord());
            writer.add(new Tokens(new int[] {7, 8, 9}, 1, 0).toRecord());
        }
        try (RecordFile file = RecordFile.open(directory.resolve("a"));
                NDManager manager = NDManager.newBaseManager()) {
            Batch batch = new TokenExamples(file, 4).prepare(1, 0).on(manager);
            NDList inputs = batch.getData();
            assertThat(inputs.get(0).getShape()).isEqualTo(new Shape(2, 3));
            assertThat(inputs.get(0).toLongArray()).containsExactly(7, 8, 9, 5, 6, 4);
            assertThat(inputs.get(1).toLongArray()).containsExactly(1, 1, 1, 1, 1, 0);
            assertThat(inputs.get(2).toLongArray()).containsExactly(0, 1, 1, 0, 0, 0);
            assertThat(batch.getLabels().head().toLongArray()).containsExactly(0, 1);
        }
    }

    /** As many examples as MultiNLI has; the first epoch's order is part of the time. */
    @Test
    void readsAMillionTokensASecond() throws IOException {
        Random random = new Random(1);
        int examples = 400_000;
        try (RecordFile.Writer writer = RecordFile.create(directory.resolve("big"))) {
            for (int i = 0; i < examples; i++) {
                writer.add(new Tokens(new int[20 + random.nextInt(40)], 10, i % 3).toRecord());
            }
        }
        try (RecordFile file = RecordFile.open(directory.resolve("big"))) {
            TokenExamples read = new TokenExamples(file, 0);
            ShuffledStream stream = new ShuffledStream(file.size(), 0);
            long tokens = 0;
            long begin = System.nanoTime();
            for (int step = 1; step <= 2000; step++) {
                int[] indices = stream.batch(step, 32);
                read.prepare(indices);
                tokens += IntStream.of(indices).map(read::length).sum();
            }
            double rate = tokens / ((System.nanoTime() - begin) / 1e9);
            assertThat(rate).isGreaterThan(1e6);
        }
    }
}
