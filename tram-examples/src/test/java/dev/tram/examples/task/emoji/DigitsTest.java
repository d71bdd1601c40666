package dev.tram.examples.task.emoji;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DigitsTest {

    private static final ImageParts DIGITS = Digits.load();

    @Test
    void hasAllDigitsInEveryPart() {
        assertThat(DIGITS.training().size()).isEqualTo(1078);
        assertThat(DIGITS.validation().size()).isEqualTo(179);
        assertThat(DIGITS.test().size()).isEqualTo(540);
        for (ImageSet part : new ImageSet[] {DIGITS.validation(), DIGITS.test()}) {
            assertThat(part.classes()).hasSize(10);
            assertThat(part.examples().stream().map(ImageSet.Example::label).distinct())
                    .hasSize(10);
        }
    }

    @Test
    void noImageIsInTwoParts() {
        assertThat(all().map(ImageSet.Example::name)).hasSize(1797).doesNotHaveDuplicates();
    }

    private static Stream<ImageSet.Example> all() {
        return Stream.of(DIGITS.training(), DIGITS.validation(), DIGITS.test())
                .flatMap(part -> part.examples().stream());
    }

    /** Values of PyTorch 1.13: 1 − interpolate(x / 16, 32, "bilinear", align_corners=False). */
    @Test
    void enlargesBilinearly() {
        Picture first =
                all().filter(example -> example.name().endsWith("no. 1"))
                        .findAny()
                        .orElseThrow()
                        .picture();
        float[] top = {1f, 0.9609f, 0.8828f, 0.8047f, 0.7266f, 0.6250f, 0.5f, 0.3750f, 0.25f};
        for (int channel = 0; channel < 3; channel++) {
            for (int i = 0; i < top.length; i++) {
                assertThat(first.channel(channel).at(0, 5 + i)).isCloseTo(top[i], within(1e-4f));
            }
            assertThat(first.channel(channel).at(10, 12)).isCloseTo(0.5889f, within(1e-4f));
            assertThat(first.channel(channel).at(31, 14)).isCloseTo(0.2109f, within(1e-4f));
        }
    }
}
