package dev.tram.djl.transformers.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.Batch;
import dev.tram.djl.transformers.model.PreprocessorConfig;
import dev.tram.djl.transformers.model.ProblemType;
import dev.tram.djl.transformers.tokenizer.SmallTokenizer;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchedDatasetTest {

    private static final int PAD = 1;

    private final NDManager manager = NDManager.newBaseManager();
    private TextTokenizer tokenizer;

    @TempDir private Path directory;

    @BeforeEach
    void open() throws IOException {
        SmallTokenizer.ROBERTA.write(directory);
        tokenizer = TextTokenizer.builder().setDirectory(directory).build();
    }

    @AfterEach
    void close() {
        tokenizer.close();
        manager.close();
    }

    /** Example i is i % 17 letters long, of class i % 3. */
    private static List<LabeledText> examples(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> new LabeledText("x".repeat(i % 17), null, "class" + i % 3))
                .toList();
    }

    private TextDataset.Builder texts(int count) {
        return TextDataset.builder().setTokenizer(tokenizer).setExamples(examples(count));
    }

    /** A batch's rows: the number of tokens of each text, and its class. */
    private record Rows(List<Long> lengths, List<Long> classes, long width) {

        static Rows of(Batch batch) {
            try (batch) {
                NDList data = batch.getData();
                NDArray lengths = data.get(1).sum(new int[] {1});
                assertThat(data.get(0).neq(PAD).sum(new int[] {1})).isEqualTo(lengths);
                assertThat(data.get(2).sum().getLong()).isZero();
                assertThat(batch.getSize()).isEqualTo((int) data.head().getShape().get(0));
                return new Rows(
                        values(lengths),
                        values(batch.getLabels().head()),
                        data.head().getShape().get(1));
            }
        }
    }

    private static List<Long> values(NDArray array) {
        return Arrays.stream(array.toLongArray()).boxed().toList();
    }

    private List<Rows> epoch(BatchedDataset data) {
        List<Rows> rows = new ArrayList<>();
        data.getData(manager).forEach(batch -> rows.add(Rows.of(batch)));
        return rows;
    }

    private static String order(List<Rows> epoch) {
        StringBuilder order = new StringBuilder();
        epoch.forEach(rows -> order.append(rows.lengths));
        return order.toString();
    }

    /** A JPEG whose EXIF segment says that its first row is the picture's right side. */
    @Test
    void photographsAreTurnedAsTheirExifOrientationSays() throws IOException {
        BufferedImage image = new BufferedImage(16, 8, BufferedImage.TYPE_INT_RGB);
        for (int x = 0; x < 16; x++) {
            for (int y = 0; y < 8; y++) {
                image.setRGB(x, y, x < 8 ? 0xFFFFFF : 0);
            }
        }
        ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
        ImageIO.write(image, "jpg", jpeg);
        byte[] exif =
                HexFormat.of()
                        .parseHex(
                                "ffe10022457869660000"
                                        + "4d4d002a00000008"
                                        + "0001"
                                        + "011200030000000100060000"
                                        + "00000000");
        ByteArrayOutputStream turned = new ByteArrayOutputStream();
        turned.write(jpeg.toByteArray(), 0, 2);
        turned.write(exif);
        turned.write(jpeg.toByteArray(), 2, jpeg.size() - 2);
        Path folder = Files.createDirectories(directory.resolve("photographs").resolve("a"));
        Files.write(folder.resolve("turned.jpg"), turned.toByteArray());
        ImageFolderDataset data =
                ImageFolderDataset.builder()
                        .setFolder(folder.getParent())
                        .setPreprocessor(PreprocessorConfig.usual(8))
                        .setSampling(1, false)
                        .build();
        try (Batch batch = data.getData(manager).iterator().next()) {
            NDArray pixels = batch.getData().head().get("0, 0");
            assertThat(pixels.get(":4").min().getFloat()).isGreaterThan(0.5f);
            assertThat(pixels.get("4:").max().getFloat()).isLessThan(-0.5f);
        }
    }

    @Test
    void severalLabelsAreARowOfOnesAndZeros() {
        List<LabeledText> examples =
                List.of(
                        new LabeledText("a", null, "tea; milk"),
                        new LabeledText("b", null, ""),
                        new LabeledText("c", null, "milk"));
        TextDataset data =
                TextDataset.builder()
                        .setTokenizer(tokenizer)
                        .setExamples(examples)
                        .setSampling(3, false)
                        .optProblem(ProblemType.MULTI_LABEL_CLASSIFICATION)
                        .build();
        assertThat(data.labels()).containsExactly("milk", "tea");
        try (Batch batch = data.getData(manager).iterator().next()) {
            NDArray labels = batch.getLabels().singletonOrThrow();
            assertThat(labels.getShape()).isEqualTo(new Shape(3, 2));
            assertThat(labels.toFloatArray()).containsExactly(1, 1, 0, 0, 1, 0);
        }
    }

    @Test
    void aRegressionsLabelsAreNumbers() {
        TextDataset.Builder builder =
                TextDataset.builder()
                        .setTokenizer(tokenizer)
                        .setSampling(2, false)
                        .optProblem(ProblemType.REGRESSION);
        TextDataset data =
                builder.setExamples(
                                List.of(
                                        new LabeledText("a", null, "-1.5"),
                                        new LabeledText("b", null, " 2e3")))
                        .build();
        assertThat(data.labels()).hasSize(1);
        try (Batch batch = data.getData(manager).iterator().next()) {
            NDArray labels = batch.getLabels().singletonOrThrow();
            assertThat(labels.getShape()).isEqualTo(new Shape(2, 1));
            assertThat(labels.toFloatArray()).containsExactly(-1.5f, 2000f);
        }
        for (String bad : List.of("much", "NaN", "")) {
            builder.setExamples(List.of(new LabeledText("a", null, bad)));
            assertThatIllegalArgumentException()
                    .isThrownBy(builder::build)
                    .withMessageContaining("a finite number");
        }
    }

    @Test
    void theGivenOrderIsKept() {
        List<Rows> epoch = epoch(texts(10).setSampling(4, false).build());
        assertThat(epoch).hasSize(3);
        assertThat(epoch.get(2).lengths).containsExactly(10L, 11L);
        assertThat(epoch.get(2).classes).containsExactly(2L, 0L);
        assertThat(epoch.get(1).lengths).containsExactly(6L, 7L, 8L, 9L);
        assertThat(epoch.get(1).width).isEqualTo(9);
    }

    @Test
    void aShuffledEpochHasEachExampleOnce() {
        List<Rows> epoch = epoch(texts(170).setSampling(4, true).build());
        assertThat(epoch).hasSize(43);
        assertThat(epoch.get(42).lengths).hasSize(2);
        List<Long> lengths =
                epoch.stream().flatMap(rows -> rows.lengths.stream()).sorted().toList();
        assertThat(lengths)
                .isEqualTo(IntStream.range(0, 170).mapToObj(i -> i % 17 + 2L).sorted().toList());
    }

    /** Of 170 examples of 17 lengths, 10 each, at most 17 batches of 4 mix two lengths. */
    @Test
    void examplesOfLikeLengthShareABatch() {
        List<Rows> epoch = epoch(texts(170).setSampling(4, true).build());
        assertThat(epoch)
                .filteredOn(rows -> rows.lengths.stream().distinct().count() > 1)
                .hasSizeLessThan(18);
        long[] widths = epoch.stream().mapToLong(Rows::width).toArray();
        assertThat(widths).isNotEqualTo(Arrays.stream(widths).sorted().toArray());
    }

    @Test
    void theEnginesSeedDeterminesTheOrder() {
        TextDataset data = texts(60).setSampling(4, true).build();
        Engine.getInstance().setRandomSeed(7);
        String first = order(epoch(data));
        String second = order(epoch(data));
        Engine.getInstance().setRandomSeed(7);
        assertThat(order(epoch(data))).isEqualTo(first);
        assertThat(second).isNotEqualTo(first);
    }

    @Test
    void progressCountsBatches() {
        Iterator<Batch> epoch = texts(5).setSampling(2, false).build().getData(manager).iterator();
        for (int i = 1; i <= 3; i++) {
            try (Batch batch = epoch.next()) {
                assertThat(batch.getProgress()).isEqualTo(i);
                assertThat(batch.getProgressTotal()).isEqualTo(3);
            }
        }
        assertThatThrownBy(epoch::next).isInstanceOf(NoSuchElementException.class);
    }

    @Test
    void validationNumbersClassesAsTrainingDoes() {
        List<LabeledText> examples = List.of(new LabeledText("a", null, "z"));
        TextDataset.Builder builder =
                texts(1).setExamples(examples).setSampling(1, false).optLabels(List.of("y", "z"));
        assertThat(epoch(builder.build()).get(0).classes).containsExactly(1L);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.optLabels(List.of("y")).build())
                .withMessageContaining("one of [y], received: z");
    }

    @Test
    void pairsHaveBothTexts() {
        List<LabeledText> pairs = List.of(new LabeledText("ab", "c", "1"));
        TextDataset data = texts(1).setExamples(pairs).setSampling(1, false).build();
        try (Batch batch = data.getData(manager).iterator().next()) {
            long[] ids = batch.getData().head().toLongArray();
            assertThat(ids).hasSize(7).startsWith(0).endsWith(2);
            assertThat(Arrays.copyOfRange(ids, 3, 5)).containsExactly(2, 2);
        }
        List<LabeledText> mixed = List.of(pairs.get(0), new LabeledText("ab", null, "1"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> texts(1).setExamples(mixed).setSampling(1, false).build())
                .withMessageContaining("all pairs of texts, or none");
    }

    @Test
    void whatIsMissingIsNamed() {
        assertThatIllegalStateException()
                .isThrownBy(() -> texts(1).build())
                .withMessageContaining("setSampling");
        assertThatIllegalStateException()
                .isThrownBy(() -> TextDataset.builder().setSampling(1, true).build())
                .withMessageContaining("setTokenizer");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> texts(0).setSampling(1, true).build())
                .withMessageContaining("at least one");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> texts(1).setSampling(0, true))
                .withMessageContaining("received: 0");
    }

    @Test
    void labelsOfBlocksAreTheNextTokens() throws IOException {
        Path one = Files.writeString(directory.resolve("one.txt"), "abcdef");
        Path two = Files.writeString(directory.resolve("two.txt"), "ghi");
        TokenBlockDataset data =
                TokenBlockDataset.builder()
                        .setTokenizer(tokenizer)
                        .setFiles(List.of(one, two))
                        .setBlockLength(4)
                        .setSampling(2, false)
                        .build();
        assertThat(data.size()).isEqualTo(2);
        long end = 2;
        long a = tokenizer.encode("a")[0];
        try (Batch batch = data.getData(manager).iterator().next()) {
            assertThat(batch.getData().head().toLongArray())
                    .containsExactly(a, a + 1, a + 2, a + 3, a + 4, a + 5, end, a + 6);
            assertThat(batch.getLabels().head().toLongArray())
                    .containsExactly(a + 1, a + 2, a + 3, a + 4, a + 5, end, a + 6, a + 7);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                TokenBlockDataset.builder()
                                        .setTokenizer(tokenizer)
                                        .setFiles(List.of(two))
                                        .setBlockLength(4)
                                        .setSampling(1, false)
                                        .build())
                .withMessageContaining("longer than a block, 4 tokens, received: 3");
    }

    @Test
    void imagesAreWhatThePreprocessorMakes() throws IOException {
        Path folder = directory.resolve("images");
        BufferedImage image = new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB);
        image.setRGB(1, 1, 0x336699);
        for (String name :
                List.of("b/1.png", "a/2.png", "a/.hidden.png", ".ipynb_checkpoints/1.png")) {
            Path file = folder.resolve(name);
            Files.createDirectories(file.getParent());
            ImageIO.write(image, "png", file.toFile());
        }
        Files.writeString(folder.resolve("b").resolve("notes.txt"), "no image");
        PreprocessorConfig preprocessor = PreprocessorConfig.usual(4);
        ImageFolderDataset.Builder builder =
                ImageFolderDataset.builder()
                        .setFolder(folder)
                        .setPreprocessor(preprocessor)
                        .setSampling(2, false);
        ImageFolderDataset data = builder.build();
        assertThat(data.labels()).containsExactly("a", "b");
        assertThat(data.size()).isEqualTo(2);
        try (Batch batch = data.getData(manager).iterator().next()) {
            NDArray expected = preprocessor.prepare(manager, image);
            assertThat(batch.getData().head().get("1:2")).isEqualTo(expected);
            assertThat(batch.getLabels().head().toLongArray()).containsExactly(0, 1);
        }
        Path broken = Files.writeString(folder.resolve("b").resolve("0.png"), "no image either");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.build().getData(manager).iterator().next())
                .withMessageContaining(broken.toString());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.optLabels(List.of("a")).build())
                .withMessageContaining("classes of [a], received: b");
    }
}
