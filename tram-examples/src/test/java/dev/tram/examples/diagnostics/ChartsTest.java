package dev.tram.examples.diagnostics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.MethodSettings;
import dev.tram.examples.experiment.Protocol;
import dev.tram.examples.experiment.Results;
import dev.tram.examples.experiment.RunKey;
import dev.tram.examples.report.ChartStyle;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class ChartsTest {

    private static final List<String> METHODS = List.of("adam", "sam", "tram-x");
    private static final String FIGURE = "target";

    /** The bars' heights in pixels, from left to right. */
    private static List<Integer> heights(Results results) throws IOException {
        BufferedImage picture =
                ImageIO.read(new ByteArrayInputStream(Charts.bars(Map.of("run", results), FIGURE)));
        int colour = ChartStyle.colour(0).getRGB();
        List<Integer> heights = new ArrayList<>();
        int before = 0;
        for (int x = 0; x < picture.getWidth() * 3 / 4; x++) {
            int height = 0;
            for (int y = 0; y < picture.getHeight(); y++) {
                height += picture.getRGB(x, y) == colour ? 1 : 0;
            }
            if (height > 0 && before == 0) {
                heights.add(height);
            }
            before = height;
        }
        return heights;
    }

    private static Results with(Results results, String method, int seed, double value) {
        return results.with(new RunKey(method, seed), Map.of(FIGURE, value), METHODS);
    }

    private static Results none() {
        return Results.none(
                new ExperimentConfig(
                        "vit",
                        "digits",
                        Map.of(),
                        "cpu",
                        METHODS,
                        2,
                        "noto",
                        Protocol.of(5, 4, 0.1f),
                        MethodSettings.PAPER));
    }

    /** Neither a bar of height 0 nor a scale without the bars of a single seed. */
    @Test
    void aMissingFigureHasNoBarAndASingleSeedAWholeOne() throws IOException {
        Results results = with(none(), "adam", 0, 40);
        results = with(results, "adam", 1, 40.1);
        results = with(results, "sam", 0, Double.NaN);
        results = with(results, "tram-x", 0, 80);
        List<Integer> heights = heights(results);
        assertThat(heights).hasSize(2);
        assertThat((double) heights.get(1) / heights.get(0)).isCloseTo(2, within(0.05));
    }

    @Test
    void nothingButMissingFiguresAreNoBars() throws IOException {
        assertThat(heights(with(none(), "adam", 0, Double.NaN))).isEmpty();
    }
}
