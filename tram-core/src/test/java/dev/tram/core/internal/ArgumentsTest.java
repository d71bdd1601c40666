package dev.tram.core.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArgumentsTest {

    @Test
    void returnWhatIsInRange() {
        assertThat(Arguments.nonNegative("x", 0f)).isZero();
        assertThat(Arguments.nonNegative("x", Float.MAX_VALUE)).isEqualTo(Float.MAX_VALUE);
        assertThat(Arguments.positive("x", Float.MIN_VALUE)).isEqualTo(Float.MIN_VALUE);
        assertThat(Arguments.atLeast("n", 3, 3)).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(floats = {-Float.MIN_VALUE, Float.NaN, Float.POSITIVE_INFINITY})
    void nameWhatIsNot(float value) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Arguments.nonNegative("x", value))
                .withMessage("x must be a finite number >= 0, received: " + value);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Arguments.positive("x", value))
                .withMessage("x must be a finite number > 0, received: " + value);
    }

    @Test
    void nameTheSmallestInteger() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Arguments.positive("x", 0f))
                .withMessage("x must be a finite number > 0, received: 0.0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Arguments.atLeast("n", 2, 3))
                .withMessage("n must be an integer >= 3, received: 2");
    }
}
