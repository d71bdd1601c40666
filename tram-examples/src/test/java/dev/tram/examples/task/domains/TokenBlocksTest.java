package dev.tram.examples.task.domains;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tram.experiments.data.RecordFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenBlocksTest {

    @TempDir private Path directory;

    @Test
    void everyTokenButTheFirstIsPredictedOnce() throws IOException {
        try (TokenBlocks blocks = TokenBlocks.open(written(10), 3)) {
            assertThat(blocks.size()).isEqualTo(3);
            assertThat(blocks.get(0)).containsExactly(100, 101, 102, 103);
            assertThat(blocks.get(1)).containsExactly(103, 104, 105, 106);
            assertThat(blocks.get(2)).containsExactly(106, 107, 108, 109);
        }
    }

    @Test
    void anIncompleteBlockIsLeftOut() throws IOException {
        for (int tokens : new int[] {0, 1, 3}) {
            try (TokenBlocks blocks = TokenBlocks.open(written(tokens), 3)) {
                assertThat(blocks.size()).isZero();
            }
        }
        try (TokenBlocks blocks = TokenBlocks.open(written(9), 3)) {
            assertThat(blocks.size()).isEqualTo(2);
        }
    }

    /** The format, written by something else: 4 bytes a token, where each text begins and ends. */
    @Test
    void aTokenIsFourBytesInNetworkOrder() throws IOException {
        Path file = directory.resolve("other.tokens");
        Files.write(file, ByteBuffer.allocate(12).putInt(7).putInt(50256).putInt(1).array());
        Files.write(
                directory.resolve("other.tokens.index"),
                ByteBuffer.allocate(16).putLong(0).putLong(12).array());
        try (TokenBlocks blocks = TokenBlocks.open(file, 2)) {
            assertThat(blocks.get(0)).containsExactly(7, 50256, 1);
        }
    }

    @Test
    void rejectsBlocksThatDoNotExist() throws IOException {
        Path file = written(10);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TokenBlocks.open(file, 0))
                .withMessageContaining("received: 0");
        try (TokenBlocks blocks = TokenBlocks.open(file, 3)) {
            assertThatExceptionOfType(IndexOutOfBoundsException.class)
                    .isThrownBy(() -> blocks.get(3))
                    .withMessageContaining("received: 3");
        }
    }

    private Path written(int tokens) throws IOException {
        Path file = directory.resolve("text.tokens");
        try (RecordFile.Writer writer = RecordFile.create(file)) {
            for (int i = 0; i < tokens; i++) {
                writer.add(TokenBlocks.record(100 + i));
            }
        }
        return file;
    }
}
