package dev.tram.examples.task.imagefolder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.examples.data.RowSource;
import dev.tram.examples.experiment.ModelCache;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
        PrintStream nowhere =
                new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
        for (Path root : new Path[] {folder, directory}) {
            ModelCache cache = new ModelCache(directory.resolve("cache"));
            try (ImageData data = ImageData.open(root, cache, nowhere)) {
                assertThat(data.training().size()).isEqualTo(2);
                assertThat(data.validation()).isNull();
                assertThat(data.test().label(1)).isEqualTo("99");
                assertThat(data.classes()).hasSize(2).contains("99");
                assertThat(data.test().get(1).getRGB(0, 0)).isEqualTo(0xFFC8C9CA);
                assertThat(data.test().get(1).getWidth()).isEqualTo(32);
            }
        }
    }
}
