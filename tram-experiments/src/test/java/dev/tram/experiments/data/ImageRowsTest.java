package dev.tram.experiments.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files of the resources are written by Python. */
class ImageRowsTest {

    private static List<Row> rows(RowSource source) throws IOException {
        List<Row> rows = new ArrayList<>();
        RowCensus.of(source, row -> row, rows::add);
        return rows;
    }

    private static Path resource(String name) throws Exception {
        return Path.of(Objects.requireNonNull(ImageRowsTest.class.getResource(name)).toURI());
    }

    @Test
    void cifarHasTwoLabelsAndThreeChannels() throws Exception {
        List<Row> rows = rows(ImageRows.cifar100(resource("cifar.bin")));
        assertThat(rows).hasSize(2);
        assertThat(rows.get(1).value("coarse_label")).isEqualTo(19);
        assertThat(rows.get(1).text("fine_label")).isEqualTo("99");
        byte[] pixels = (byte[]) rows.get(1).value("pixels");
        assertThat(pixels).hasSize(3072);
        for (int channel = 0; channel < 3; channel++) {
            assertThat(pixels[channel * 1024] & 0xFF).isEqualTo(200 + channel);
            assertThat(pixels[channel * 1024 + 1]).isZero();
        }
    }

    @Test
    void aFileThatEndsWithinAnImageIsMalformed(@TempDir Path directory) throws Exception {
        byte[] whole = Files.readAllBytes(resource("cifar.bin"));
        Path cut = Files.write(directory.resolve("cut.bin"), Arrays.copyOf(whole, 4000));
        assertThatThrownBy(() -> rows(ImageRows.cifar100(cut)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cut.bin:2: the file ends within an image");
        whole[1] = 100;
        Path wrong = Files.write(directory.resolve("wrong.bin"), whole);
        assertThatThrownBy(() -> rows(ImageRows.cifar100(wrong)))
                .hasMessageContaining("wrong.bin:1: class 100");
    }
}
