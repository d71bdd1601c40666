package dev.tram.examples.task.imagefolder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tram.experiments.ModelCache;
import dev.tram.experiments.data.RowSource;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.apache.commons.io.output.NullPrintStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageDataTest {

    @TempDir private Path directory;

    /** Also in the folder that its archive has. */
    @Test
    void readsCifarsBinaryVersion() throws Exception {
        Path file = Path.of(RowSource.class.getResource("cifar.bin").toURI());
        Path folder = Files.createDirectories(directory.resolve("cifar-100-binary"));
        Files.copy(file, folder.resolve("train.bin"));
        Files.copy(file, folder.resolve("test.bin"));
        for (Path root : new Path[] {folder, directory}) {
            try (ImageData data = open(root)) {
                assertThat(data.training().size()).isEqualTo(2);
                assertThat(data.validation()).isNull();
                assertThat(data.test().label(1)).isEqualTo("99");
                assertThat(data.classes()).hasSize(2).contains("99");
                assertThat(data.test().get(1).getRGB(0, 0)).isEqualTo(0xFFC8C9CA);
                assertThat(data.test().get(1).getWidth()).isEqualTo(32);
            }
        }
    }

    private ModelCache cache() {
        return new ModelCache(directory.resolve("cache"));
    }

    private ImageData open(Path root) throws IOException {
        return ImageData.open(root, cache(), NullPrintStream.INSTANCE);
    }

    private void write(Path folder, int number) throws IOException {
        BufferedImage image = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
        image.setRGB(0, 0, number);
        Files.createDirectories(folder);
        ImageIO.write(image, "png", folder.resolve(number + ".png").toFile());
    }

    private static Set<Integer> pixels(EncodedImages images) {
        return IntStream.range(0, images.size())
                .mapToObj(i -> images.get(i).getRGB(0, 0))
                .collect(Collectors.toSet());
    }

    /** Equal images of two classes fall into one share; a class of one image is trained on. */
    @Test
    void aFolderPerClassIsDividedByContent() throws IOException {
        Path root = directory.resolve("animals");
        for (int i = 0; i < 300; i++) {
            write(root.resolve("cat"), i);
            write(root.resolve("dog"), i);
        }
        write(root.resolve("eel"), 1000);
        try (ImageData data = open(root)) {
            assertThat(data.classes()).containsExactly("cat", "dog", "eel");
            assertThat(data.training().size()).isBetween(380, 460);
            assertThat(data.validation().size()).isBetween(40, 80);
            assertThat(data.test().size()).isBetween(90, 150);
            assertThat(data.training().size() + data.validation().size() + data.test().size())
                    .isEqualTo(601);
            assertThat(pixels(data.training())).doesNotContainAnyElementsOf(pixels(data.test()));
            assertThat(pixels(data.training()))
                    .doesNotContainAnyElementsOf(pixels(data.validation()));
            assertThat(data.training().labels()).contains("eel");
        }
    }

    @Test
    void equalImagesAreCountedOnceWhereTheyAreTooFew() throws IOException {
        Path root = directory.resolve("copies");
        write(root.resolve("cat"), 1);
        Path one = root.resolve("cat").resolve("1.png");
        for (int i = 0; i < 50; i++) {
            Files.copy(one, root.resolve("cat").resolve("copy " + i + ".png"));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> open(root).close())
                .withMessageContaining("too few images")
                .withMessageContaining("1 different ones of 51: give");
    }

    @Test
    void aBrokenImageIsNoRow() throws IOException {
        Path root = directory.resolve("broken");
        for (int i = 0; i < 40; i++) {
            write(root.resolve("cat"), i);
        }
        Path broken = Files.writeString(root.resolve("cat").resolve("x.png"), "no image");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> open(root).close())
                .withMessageContaining(
                        "1 of 41 images is malformed (limit 1 %): " + broken + ": the image");
    }

    /** In whichever shares they fall: a share of its own may have more than 1 % of them. */
    @Test
    void brokenImagesOfADividedFolderAreCountedTogether() throws IOException {
        Path root = directory.resolve("few broken");
        for (int i = 0; i < 800; i++) {
            write(root.resolve("cat"), i);
        }
        for (int i = 0; i < 8; i++) {
            Files.writeString(root.resolve("cat").resolve("broken" + i + ".png"), "no image " + i);
        }
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
                ImageData data = ImageData.open(root, cache(), out)) {
            assertThat(data.training().size() + data.validation().size() + data.test().size())
                    .isEqualTo(800);
        }
        assertThat(printed.toString(StandardCharsets.UTF_8))
                .containsOnlyOnce("malformed")
                .startsWith("8 malformed images of 808 are left out: ");
    }

    @Test
    void aFolderWithoutImagesIsToldBothLayouts() throws IOException {
        Path root = Files.createDirectory(directory.resolve("empty"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> open(root).close())
                .withMessageStartingWith("--data must be a directory with CLASS/*.png or .jpg")
                .withMessageContaining("train/CLASS/*.png");
    }

    @Test
    void tooFewImagesAreNotDivided() throws IOException {
        Path root = directory.resolve("few");
        write(root.resolve("cat"), 1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> open(root).close())
                .withMessageContaining("too few images");
    }
}
