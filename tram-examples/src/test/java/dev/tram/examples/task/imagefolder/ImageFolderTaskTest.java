package dev.tram.examples.task.imagefolder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.dataset.Batch;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.Precision;
import dev.tram.djl.transformers.model.VitConfig;
import dev.tram.experiments.BaseOptimizer;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ExperimentDirectory;
import dev.tram.experiments.Json;
import dev.tram.experiments.LabelSettings;
import dev.tram.experiments.MethodSettings;
import dev.tram.experiments.ModelCache;
import dev.tram.experiments.Protocol;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.Schedule;
import dev.tram.experiments.Selection;
import dev.tram.experiments.Task;
import dev.tram.experiments.report.Comparison;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tram vit --data} as a whole, with a very small model on plain colours. */
class ImageFolderTaskTest {

    private static final Map<String, Color> CLASSES =
            new TreeMap<>(Map.of("blue", Color.BLUE, "green", Color.GREEN, "red", Color.RED));

    @TempDir private Path directory;

    private final PrintStream terminal = System.out;
    private Path checkpoint;
    private ModelCache cache;

    @BeforeEach
    void makeAModel() throws IOException {
        cache = new ModelCache(directory.resolve("cache"));
        checkpoint = directory.resolve("checkpoint");
        TinyVit.save(checkpoint);
    }

    @Test
    void learnsImagesInFoldersAtAnotherSize() throws IOException {
        Path data = directory.resolve("cifar100");
        writeFolders(data, "train", 8);
        writeFolders(data, "test", 3);
        ExperimentDirectory files = new ExperimentDirectory(directory.resolve("out"));
        String printed = run(config(data, Selection.LAST, "24"), files);
        JsonNode results = Json.MAPPER.readTree(files.results().toFile());
        assertThat(results.get("methods").get("sgd").get("mean").get("cifar100").asDouble())
                .isGreaterThan(90);
        assertThat(printed).contains("accuracy in %").contains("87.97 ± 0.12");
        assertThat(printed)
                .contains(
                        "24 images to train on, 0 to validate with, 9 to test with;"
                                + " classes: blue, green, red");
        VitConfig saved = (VitConfig) Checkpoint.open(files.model(new RunKey("sgd", 0))).config();
        assertThat(saved.labels()).containsExactlyElementsOf(CLASSES.keySet());
        assertThat(saved.imageSize()).isEqualTo(24);
        assertThat(Files.readString(files.report())).contains("data:image/png;base64,");
    }

    /** Written by pyarrow: a red and a blue image in structs, with their classes. */
    @Test
    void readsParquetFiles() throws IOException {
        Path data = Files.createDirectories(directory.resolve("set").resolve("data"));
        for (String name : List.of("train-00000-of-00001", "validation-00000", "test-00000")) {
            try (InputStream in =
                    ImageFolderTaskTest.class.getResourceAsStream(
                            "/dev/tram/experiments/data/images.parquet")) {
                Files.copy(in, data.resolve(name + ".parquet"));
            }
        }
        try (ImageData images = ImageData.open(data.getParent(), cache, terminal)) {
            assertThat(images.training().size()).isEqualTo(2);
            assertThat(images.classes()).hasSize(2);
            assertThat(images.validation().get(0).getRGB(1, 1)).isEqualTo(0xFFFF0000);
            assertThat(images.test().get(1).getRGB(1, 1)).isEqualTo(0xFF0000FF);
        }
        assertThat(trainingImages(data.getParent(), LabelSettings.ALL)).isEqualTo(2);
    }

    /** As many epochs of few images are fewer steps. */
    @Test
    void countsTheImagesThatAreKept() throws IOException {
        Path data = directory.resolve("images");
        writeFolders(data, "train", 8);
        writeFolders(data, "test", 3);
        assertThat(trainingImages(data, LabelSettings.ALL)).isEqualTo(24);
        assertThat(trainingImages(data, new LabelSettings(0, false, 5))).isEqualTo(15);
    }

    private int trainingImages(Path data, LabelSettings labels) throws IOException {
        return ImageFolderTask.trainingImages(data, labels, cache);
    }

    /** Of 201 files: an empty one and half a picture; of 200, a third. */
    @Test
    void filesThatAreNoImagesAreReportedUpToOneInAHundred() throws IOException {
        Path data = directory.resolve("damaged");
        Path red = data.resolve("train").resolve("red");
        IntStream.range(0, 199).forEach(i -> write(red.resolve(i + ".png"), Color.RED, 4, 4));
        write(data.resolve("test").resolve("red").resolve("0.png"), Color.RED, 4, 4);
        byte[] whole = Files.readAllBytes(red.resolve("0.png"));
        Files.write(red.resolve("a-half.png"), Arrays.copyOf(whole, whole.length / 2));
        Files.write(red.resolve("b-empty.jpg"), new byte[0]);
        Files.writeString(red.resolve(".DS_Store"), "passed over");
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
                ImageData images = ImageData.open(data, cache, out)) {
            assertThat(images.training().size()).isEqualTo(199);
        }
        assertThat(printed.toString(StandardCharsets.UTF_8))
                .startsWith("2 malformed images of 201 are left out: " + red.resolve("a-half.png"))
                .contains(
                        red.resolve("b-empty.jpg")
                                + ": the image cannot be decoded: no known format")
                .contains("1 files are passed over: train/red/.DS_Store");
        Files.writeString(red.resolve("c-text.png"), "no image");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ImageData.open(data, cache, terminal).close())
                .withMessageContaining("3 of 202 images are malformed");
    }

    /** Also the second time, from the cache. */
    @Test
    void classesThatAreAlikeOrEmptyAreTold() throws IOException {
        Path data = directory.resolve("alike");
        for (String label : List.of("Cat", "cat", "01", "1")) {
            write(data.resolve("train").resolve(label).resolve("0.png"), Color.RED, 4, 4);
        }
        write(data.resolve("test").resolve("1").resolve("0.png"), Color.RED, 4, 4);
        Files.createDirectories(data.resolve("train").resolve("dog"));
        for (int i = 0; i < 2; i++) {
            ByteArrayOutputStream printed = new ByteArrayOutputStream();
            try (PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
                    ImageData images = ImageData.open(data, cache, out)) {
                assertThat(images.classes()).containsExactly("01", "1", "Cat", "cat");
                assertThat(images.training().size()).isEqualTo(4);
            }
            assertThat(printed.toString(StandardCharsets.UTF_8))
                    .contains("class dog of " + data.resolve("train") + " has no images")
                    .contains("classes of their own: \"01\" and \"1\"; \"Cat\" and \"cat\"");
        }
    }

    @Test
    void numberedClassesAreInTheOrderOfTheirNumbers() throws IOException {
        Path data = directory.resolve("numbers");
        for (String label : List.of("10", "9", "100")) {
            write(data.resolve("train").resolve(label).resolve("0.png"), Color.RED, 4, 4);
            write(data.resolve("test").resolve(label).resolve("0.png"), Color.RED, 4, 4);
        }
        try (ImageData images = ImageData.open(data, cache, terminal)) {
            assertThat(images.classes()).containsExactly("9", "10", "100");
        }
    }

    @Test
    void refusesWhatCannotBeTrained() throws IOException {
        Path data = directory.resolve("images");
        ExperimentDirectory files = new ExperimentDirectory(directory.resolve("out"));
        refuses(config(data, Selection.LAST, null), files, "which does not exist");
        writeFolders(data, "train", 1);
        refuses(config(data, Selection.LAST, null), files, "without images for test");
        writeFolders(data, "test", 1);
        refuses(config(data, Selection.BEST, null), files, "has no validation");
        write(data.resolve("test").resolve("violet").resolve("0.png"), Color.PINK, 4, 4);
        refuses(config(data, Selection.LAST, null), files, "received: violet");
        Files.writeString(data.resolve("train").resolve("red").resolve("x.png"), "no image");
        refuses(config(data, Selection.LAST, null), files, "no known format");
        assertThat(files.root()).doesNotExist();
    }

    /** Whether a batch was made ahead or when it was asked for makes no difference. */
    @Test
    void aBatchDependsOnItsSeedAndStepAlone() throws IOException {
        Path data = directory.resolve("images");
        writeFolders(data, "train", 5);
        writeFolders(data, "test", 1);
        ExperimentConfig config = config(data, Selection.LAST, null);
        try (Task task = ImageFolderTask.open(config, checkpoint, cache, terminal);
                NDManager manager = NDManager.newBaseManager()) {
            List<float[]> ahead = new ArrayList<>();
            for (int step = 1; step <= 4; step++) {
                ahead.add(pixels(task, manager, step));
            }
            for (int step = 4; step >= 1; step--) {
                assertThat(pixels(task, manager, step)).isEqualTo(ahead.get(step - 1));
            }
            assertThat(ahead.get(0)).hasSize(8 * 3 * 16 * 16).isNotEqualTo(ahead.get(1));
        }
    }

    private static float[] pixels(Task task, NDManager manager, int step) {
        try (Batch batch = task.trainingBatch(0, step, 8).on(manager.newSubManager())) {
            assertThat(batch.getLabels().get(0).getShape()).isEqualTo(new Shape(8));
            return batch.getData().get(0).toFloatArray();
        }
    }

    @Test
    void augmentedImagesArePartsAndEverySecondIsMirrored() {
        BufferedImage image = new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB);
        for (int x = 0; x < 40; x++) {
            for (int y = 0; y < 30; y++) {
                image.setRGB(x, y, x << 8 | y);
            }
        }
        Random random = new Random(1);
        int mirrored = 0;
        for (int i = 0; i < 400; i++) {
            BufferedImage part = Augmentation.apply(image, random);
            assertThat(part.getWidth()).isBetween(1, 40);
            assertThat(part.getHeight()).isBetween(1, 30);
            assertThat(part.getWidth() * part.getHeight()).isGreaterThanOrEqualTo(80);
            assertThat((double) part.getWidth() / part.getHeight()).isBetween(0.65, 1.55);
            int left = part.getRGB(0, 0) >> 8 & 0xFF;
            int right = part.getRGB(part.getWidth() - 1, 0) >> 8 & 0xFF;
            assertThat(Math.abs(right - left)).isEqualTo(part.getWidth() - 1);
            mirrored += right < left ? 1 : 0;
        }
        assertThat(mirrored).isBetween(150, 250);
    }

    private void refuses(ExperimentConfig config, ExperimentDirectory files, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> run(config, files))
                .withMessageContaining(message);
    }

    private String run(ExperimentConfig config, ExperimentDirectory files) throws IOException {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
            try (Task task = ImageFolderTask.open(config, checkpoint, cache, out)) {
                new Comparison(config, files, "tram vit").run(List.of(task), out);
            }
        }
        return printed.toString(StandardCharsets.UTF_8);
    }

    private ExperimentConfig config(Path data, Selection selection, String size) {
        Map<String, String> inputs = new TreeMap<>(Map.of("data", data.toString()));
        if (size != null) {
            inputs.put("image-size", size);
        }
        return new ExperimentConfig(
                "vit",
                data.getFileName().toString(),
                inputs,
                "cpu",
                List.of("sgd", "adam"),
                1,
                checkpoint.toString(),
                new Protocol(
                        BaseOptimizer.ADAM,
                        60,
                        8,
                        1,
                        0.05f,
                        Schedule.COSINE,
                        0,
                        null,
                        30,
                        selection,
                        null,
                        0,
                        Precision.FLOAT32,
                        null),
                MethodSettings.PAPER);
    }

    private static void writeFolders(Path data, String split, int count) {
        CLASSES.forEach(
                (name, colour) ->
                        IntStream.range(0, count)
                                .forEach(
                                        i ->
                                                write(
                                                        data.resolve(split)
                                                                .resolve(name)
                                                                .resolve(i + ".png"),
                                                        colour,
                                                        20 + i,
                                                        30 - i)));
    }

    private static void write(Path file, Color colour, int width, int height) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setColor(colour);
        graphics.fillRect(0, 0, width, height);
        graphics.dispose();
        try {
            Files.createDirectories(file.getParent());
            ImageIO.write(image, "png", file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
