package dev.tram.djl;

import dev.tram.djl.transformers.FuzzRounds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints of an optimizer that somebody changed and gave the checksum that belongs to them. */
class CheckpointFuzzTest {

    @TempDir private Path folder;

    @Test
    @Timeout(3_600)
    void isRefusedWithNothingChangedOrTrainsOn() throws IOException {
        Path file = folder.resolve("run");
        try (Training training = new Training(TestModel.MLP, HostileInputTest.optimizer())) {
            training.steps(0, 5);
            training.tram.save(file);
        }
        byte[] whole = Files.readAllBytes(file);
        FuzzRounds.run(
                "OPTIMIZER",
                mutations -> {
                    byte[] changed = withChecksum(mutations.safetensors(whole));
                    Files.write(file, FuzzRounds.kept("OPTIMIZER", changed));
                    load(file);
                });
    }

    /** Puts the checksum of what is before it in the last eight bytes. */
    private static byte[] withChecksum(byte[] file) {
        int data = file.length - 2 * Long.BYTES;
        if (data < 0) {
            return file;
        }
        CRC32 checksum = new CRC32();
        checksum.update(file, Long.BYTES, data);
        ByteBuffer.wrap(file)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(Long.BYTES + data, checksum.getValue());
        return file;
    }

    private static void load(Path file) throws IOException {
        try (Training training = new Training(TestModel.MLP, HostileInputTest.optimizer())) {
            Map<String, float[]> before = training.weights();
            try {
                training.tram.load(file);
            } catch (IOException | IllegalArgumentException refused) {
                Training.assertSameBits(training.weights(), before);
                training.step(0);
                throw refused;
            }
            training.steps(5, 7);
        }
    }
}
