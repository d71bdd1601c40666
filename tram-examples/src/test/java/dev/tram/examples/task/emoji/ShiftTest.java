package dev.tram.examples.task.emoji;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.FloatBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ShiftTest {

    private static final Picture WHITE = Picture.paint((channel, row, column) -> 1f);

    private static final Picture DOT =
            Picture.paint((channel, row, column) -> row == 10 && column == 20 ? 0f : 1f);

    @ParameterizedTest
    @EnumSource
    void isDeterministicAndKeepsLabels(Shift shift) {
        ImageSet images = Digits.load().test().range(0, 4);
        ImageSet shifted = shift.of(images);
        assertThat(shifted.classes()).isEqualTo(images.classes());
        for (int i = 0; i < images.size(); i++) {
            ImageSet.Example before = images.examples().get(i);
            ImageSet.Example after = shifted.examples().get(i);
            assertThat(after.label()).isEqualTo(before.label());
            assertThat(after.picture())
                    .isNotEqualTo(before.picture())
                    .isEqualTo(shift.of(images).examples().get(i).picture());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BLUR", "ROTATION"})
    void keepsABlankPage(Shift shift) {
        assertThat(values(shift.apply(0, WHITE))).containsExactly(values(WHITE), within(1e-6f));
    }

    @Test
    void blurKeepsTheAmountOfInk() {
        assertThat(ink(Shift.BLUR.apply(0, DOT))).isCloseTo(ink(DOT), within(1e-3));
        assertThat(Shift.BLUR.apply(0, DOT).channel(0).at(10, 20)).isGreaterThan(0.85f);
    }

    @Test
    void noiseHasItsStandardDeviation() {
        Picture grey = Picture.paint((channel, row, column) -> 0.5f);
        double squares = 0;
        for (float value : values(Shift.NOISE.apply(3, grey))) {
            squares += Math.pow(value - 0.5, 2);
        }
        assertThat(Math.sqrt(squares / values(grey).length)).isCloseTo(0.15, within(0.005));
        assertThat(Shift.NOISE.apply(4, grey)).isNotEqualTo(Shift.NOISE.apply(3, grey));
    }

    @Test
    void contrastShrinksAroundGrey() {
        Picture faint = Shift.CONTRAST.apply(0, DOT);
        assertThat(faint.channel(1).at(10, 20)).isCloseTo(0.3f, within(1e-6f));
        assertThat(faint.channel(1).at(0, 0)).isCloseTo(0.7f, within(1e-6f));
    }

    @Test
    void rotationTurnsBothWays() {
        double angle = Math.toRadians(25);
        double x = 20 - 15.5;
        double y = 10 - 15.5;
        for (int way : List.of(1, -1)) {
            double sin = way * Math.sin(angle);
            int column = (int) Math.round(15.5 + Math.cos(angle) * x - sin * y);
            int row = (int) Math.round(15.5 + sin * x + Math.cos(angle) * y);
            Picture turned = Shift.ROTATION.apply(way == 1 ? 0 : 1, DOT);
            assertThat(turned.channel(0).at(row, column)).isLessThan(0.8f);
        }
    }

    private static double ink(Picture picture) {
        double ink = 0;
        for (float value : values(picture)) {
            ink += 1 - value;
        }
        return ink;
    }

    private static float[] values(Picture picture) {
        FloatBuffer buffer = FloatBuffer.allocate(3 * 32 * 32);
        picture.writeTo(buffer);
        return buffer.array();
    }
}
