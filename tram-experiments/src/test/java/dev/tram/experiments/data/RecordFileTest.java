package dev.tram.experiments.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordFileTest {

    @TempDir private Path directory;

    private static Tokens random(Random random) {
        int[] ids = random.ints(random.nextInt(50), 0, Integer.MAX_VALUE).toArray();
        return new Tokens(ids, random.nextInt(ids.length + 1), random.nextInt(9));
    }

    private List<Tokens> write(int count) throws IOException {
        Random random = new Random(7);
        List<Tokens> written = new ArrayList<>();
        try (RecordFile.Writer writer = RecordFile.create(directory.resolve("a"))) {
            for (int i = 0; i < count; i++) {
                written.add(random(random));
                writer.add(written.get(i).toRecord());
            }
        }
        return written;
    }

    @Test
    void givesBackWhatWasWrittenInAnyOrder() throws IOException {
        List<Tokens> written = write(300);
        try (RecordFile file = RecordFile.open(directory.resolve("a"))) {
            assertThat(file.size()).isEqualTo(300);
            for (int k = 0; k < 300; k++) {
                int i = k * 7 % 300;
                assertThat(Tokens.read(file, i))
                        .usingRecursiveComparison()
                        .isEqualTo(written.get(i));
                assertThat(Tokens.length(file, i)).isEqualTo(written.get(i).ids().length);
            }
        }
    }

    @Test
    void numbersOutOfRangeAreRefused() throws IOException {
        write(2);
        try (RecordFile file = RecordFile.open(directory.resolve("a"))) {
            for (int wrong : new int[] {-1, 2}) {
                assertThatThrownBy(() -> file.get(wrong))
                        .isInstanceOf(IndexOutOfBoundsException.class)
                        .hasMessageContaining("received: " + wrong);
            }
        }
        assertThatThrownBy(() -> new Tokens(new int[2], 3, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("received: 3");
    }

    @Test
    void aFileThatWasCutIsNoticed() throws IOException {
        write(100);
        Path tokens = directory.resolve("a");
        try (FileChannel channel = FileChannel.open(tokens, StandardOpenOption.WRITE)) {
            channel.truncate(10);
        }
        try (RecordFile file = RecordFile.open(directory.resolve("a"))) {
            assertThatThrownBy(() -> file.get(99))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("ends early");
        }
    }
}
