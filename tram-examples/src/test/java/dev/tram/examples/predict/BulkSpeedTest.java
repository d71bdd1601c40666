package dev.tram.examples.predict;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.util.StringPair;
import dev.tram.djl.transformers.inference.ImageEncoder;
import dev.tram.djl.transformers.inference.TextEncoder;
import dev.tram.djl.transformers.model.EncoderConfig;
import dev.tram.djl.transformers.model.ModelConfig;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.model.VitConfig;
import dev.tram.examples.SmallTokenizer;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading, encoding and writing cost at most a fifth on top of the forward passes. */
@Tag("slow")
class BulkSpeedTest {

    private static final int BATCH = 32;
    private static final int REPEATS = 3;

    @TempDir private Path directory;

    private Path save(ModelConfig config) throws IOException {
        Path checkpoint = directory.resolve("checkpoint");
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel model = config.newBlock();
            model.initialize(manager, 3);
            model.save(checkpoint);
        }
        return checkpoint;
    }

    /** What is timed. */
    @FunctionalInterface
    private interface Work {

        void run() throws IOException;
    }

    /** The shortest of several times, after one that is not counted. */
    private static double seconds(Work work) throws IOException {
        double shortest = Double.POSITIVE_INFINITY;
        for (int i = 0; i <= REPEATS; i++) {
            long start = System.nanoTime();
            work.run();
            shortest = i == 0 ? shortest : Math.min(shortest, (System.nanoTime() - start) / 1e9);
        }
        return shortest;
    }

    private void assertFast(
            Predictor predictor,
            List<Function<NDManager, NDList>> batches,
            BulkSource source,
            String what)
            throws IOException {
        double bare = seconds(() -> batches.forEach(predictor::logits));
        Path out = directory.resolve("out.csv");
        double whole = seconds(() -> source.predict(predictor, BATCH, out, line -> {}));
        System.out.printf(
                "%s: forward passes %.2f s, whole %.2f s, %.0f %% of their speed%n",
                what, bare, whole, 100 * bare / whole);
        assertThat(bare / whole).isGreaterThanOrEqualTo(0.8);
    }

    @Test
    void texts() throws IOException {
        Path checkpoint =
                save(
                        EncoderConfig.of(
                                "roberta",
                                SmallTokenizer.SIZE,
                                128,
                                384,
                                6,
                                12,
                                List.of("a", "b")));
        SmallTokenizer.ROBERTA.write(checkpoint);
        Random random = new Random(1);
        List<String> texts = new ArrayList<>();
        StringBuilder table = new StringBuilder("text\n");
        for (int i = 0; i < 1500; i++) {
            texts.add(i + " the warm day".repeat(1 + random.nextInt(9)));
            table.append(texts.get(i)).append('\n');
        }
        Path data = Files.writeString(directory.resolve("table.csv"), table);
        texts.sort(Comparator.comparingInt(text -> -text.length()));
        try (Predictor predictor = Predictor.open(checkpoint, Device.cpu());
                TextEncoder encoder = TextEncoder.of(predictor.checkpoint())) {
            List<Function<NDManager, NDList>> batches = new ArrayList<>();
            for (int start = 0; start < texts.size(); start += BATCH) {
                batches.add(
                        encoder.encode(
                                texts.subList(start, Math.min(texts.size(), start + BATCH)).stream()
                                        .map(text -> new StringPair(text, null))
                                        .toList()));
            }
            assertFast(
                    predictor,
                    batches,
                    new BulkSource(data, "text", null, "image", null),
                    "texts through MiniLM's size");
        }
    }

    @Test
    void images() throws IOException {
        Path checkpoint = save(VitConfig.of(224, 16, 768, 12, 12, List.of("a", "b")));
        Path folder = Files.createDirectories(directory.resolve("images"));
        BufferedImage image = new BufferedImage(640, 480, BufferedImage.TYPE_INT_RGB);
        Random random = new Random(1);
        IntStream.range(0, 640 * 480)
                .forEach(i -> image.setRGB(i % 640, i / 640, i + random.nextInt(1 << 16)));
        for (int i = 0; i < 2 * BATCH; i++) {
            ImageIO.write(image, "jpg", folder.resolve(i + ".jpg").toFile());
        }
        try (Predictor predictor = Predictor.open(checkpoint, Device.cpu())) {
            ImageEncoder encoder = ImageEncoder.of(predictor.checkpoint());
            List<BufferedImage> batch = IntStream.range(0, BATCH).mapToObj(i -> image).toList();
            assertFast(
                    predictor,
                    List.of(encoder.encode(batch), encoder.encode(batch)),
                    new BulkSource(folder, "text", null, "image", null),
                    "photographs through ViT base");
        }
    }
}
