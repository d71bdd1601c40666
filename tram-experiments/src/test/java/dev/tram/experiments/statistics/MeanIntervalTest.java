package dev.tram.experiments.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class MeanIntervalTest {

    /**
     * Quantiles of Student's t from the NIST/SEMATECH e-Handbook, section 1.3.6.7.2: t₀.₉₇₅ is
     * 12.706 with 1 degree of freedom, 4.303 with 2, 2.776 with 4.
     */
    @Test
    void usesStudentsQuantiles() {
        assertThat(MeanInterval.of(1, 3).halfWidth()).isCloseTo(12.706, within(5e-4));
        assertThat(MeanInterval.of(1, 2, 3).halfWidth() * Math.sqrt(3))
                .isCloseTo(4.303, within(5e-4));
        assertThat(MeanInterval.of(1, 2, 3, 4, 5).halfWidth())
                .isCloseTo(2.776 * Math.sqrt(2.5 / 5), within(5e-4));
        assertThat(MeanInterval.of(1, 2, 3, 4, 5).mean()).isEqualTo(3);
    }

    @Test
    void equalRunsHaveNoSpread() {
        assertThat(MeanInterval.of(58.4, 58.4, 58.4).halfWidth()).isZero();
    }

    @Test
    void oneRunHasNoInterval() {
        assertThat(MeanInterval.of(7)).isEqualTo(new MeanInterval(7, Double.NaN));
    }

    @Test
    void noRunIsAnError() {
        assertThatIllegalArgumentException()
                .isThrownBy(MeanInterval::of)
                .withMessageContaining("received: 0");
    }
}
