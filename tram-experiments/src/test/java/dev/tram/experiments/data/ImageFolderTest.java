package dev.tram.experiments.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tram.djl.transformers.dataset.ImageDecoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {

    @TempDir private Path directory;

    private static byte[] png() throws Exception {
        return Files.readAllBytes(resource().resolve("red").resolve("b.png"));
    }

    private static Path resource() throws Exception {
        return Path.of(Objects.requireNonNull(ImageFolderTest.class.getResource("folder")).toURI());
    }

    private static List<String> rows(ImageFolder folder) throws Exception {
        List<String> rows = new ArrayList<>();
        RowCensus.of(
                folder.rows(),
                row -> row,
                row ->
                        rows.add(
                                row.values().get("label")
                                        + " "
                                        + Path.of(row.file()).getFileName()));
        return rows;
    }

    private void write(String name, byte[] bytes) throws IOException {
        Path file = directory.resolve("train").resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, bytes);
    }

    @Test
    void aFolderPerClass() throws Exception {
        ImageFolder folder = ImageFolder.read(resource());
        List<String> seen = new ArrayList<>();
        RowCensus.of(
                folder.rows(),
                row -> row,
                row -> {
                    try {
                        int colour =
                                ImageDecoder.decode((byte[]) row.values().get("image"))
                                        .getRGB(0, 0);
                        seen.add(row.values().get("label") + " " + Integer.toHexString(colour));
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
        assertThat(seen).containsExactly("blue ff0000ff", "red fffa0000", "red ffff0000");
    }

    /** The classes that a person sees are trained, whatever else lies there. */
    @Test
    void whatIsNoImageOfAClassIsPassedOverAndNamed() throws Exception {
        write("cat/a.PNG", png());
        write("cat/more/deep/b.jfif", png());
        write("cat/c", png());
        write("cat/d.png.part", png());
        write("cat/notes.txt", new byte[] {'x'});
        write("cat/.ipynb_checkpoints/a.png", png());
        write(".ipynb_checkpoints/e.png", png());
        write("__MACOSX/cat/._a.png", png());
        write("dog/Thumbs.db", png());
        write("stray.png", png());
        Files.createDirectories(directory.resolve("train/empty"));
        ImageFolder folder = ImageFolder.read(directory.resolve("train"));
        assertThat(rows(folder))
                .containsExactly("cat a.PNG", "cat c", "cat d.png.part", "cat b.jfif");
        assertThat(folder.report(List.of("cat")).lines())
                .containsExactly(
                        "6 files are passed over: train/.ipynb_checkpoints/e.png,"
                                + " train/__MACOSX/cat/._a.png,"
                                + " train/cat/.ipynb_checkpoints/a.png, train/cat/notes.txt,"
                                + " train/dog/Thumbs.db, train/stray.png",
                        "class dog of " + directory.resolve("train") + " has no images",
                        "class empty of " + directory.resolve("train") + " has no images");
    }

    @Test
    void linksAreFollowedUnlessTheyLeadBackOrNowhere() throws Exception {
        Path elsewhere = Files.createDirectories(directory.resolve("elsewhere/x"));
        Files.write(elsewhere.resolve("1.png"), png());
        write("cat/0.png", png());
        Path train = directory.resolve("train");
        Files.createSymbolicLink(train.resolve("dog"), elsewhere.getParent());
        Files.createSymbolicLink(train.resolve("cat/2.png"), elsewhere.resolve("1.png"));
        Files.createSymbolicLink(train.resolve("cat/nowhere.png"), directory.resolve("none"));
        Files.createSymbolicLink(train.resolve("cat/back"), train);
        Path link = Files.createSymbolicLink(directory.resolve("link"), train);
        ImageFolder folder = ImageFolder.read(link);
        assertThat(rows(folder)).containsExactly("cat 0.png", "cat 2.png", "dog 1.png");
        assertThat(folder.report(List.of("cat", "dog")))
                .isEqualTo("2 files are passed over: link/cat/back, link/cat/nowhere.png");
    }

    @Test
    void thereMustBeAFolder() {
        assertThatThrownBy(() -> ImageFolder.read(directory.resolve("none")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a folder with a folder per class");
    }
}
