package dev.tram.experiments.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Expected values: scipy 1.17.1, linregress. */
class TrendTest {

    private static final double[] X = {1, 2, 3, 4, 6};
    private static final double[] Y = {2.1, 3.9, 6.2, 7.8, 11.5};

    @Test
    void agreesWithScipy() {
        Trend trend = Trend.of(X, Y);
        assertThat(trend.n()).isEqualTo(5);
        assertThat(trend.correlation()).isCloseTo(0.9990058651484254, within(1e-12));
        assertThat(trend.pValue()).isCloseTo(3.762158024374e-5, within(1e-12));
        assertThat(trend.slope()).isCloseTo(1.885135135135135, within(1e-12));
        assertThat(trend.intercept()).isCloseTo(0.2675675675675677, within(1e-12));
        assertThat(trend.at(10)).isCloseTo(19.11891891891892, within(1e-12));
    }

    @Test
    void aFallingLineIsNegative() {
        Trend trend = Trend.of(X, new double[] {5, 4, 4.5, 2, 1.2});
        assertThat(trend.correlation()).isCloseTo(-0.9238151083644494, within(1e-12));
        assertThat(trend.pValue()).isCloseTo(0.024952317854750668, within(1e-12));
    }

    @Test
    void aFigureThatNeverChangesHasNoCorrelation() {
        assertThat(Trend.of(X, new double[] {1, 1, 1, 1, 1}).correlation()).isNaN();
    }

    @Test
    void rejectsTooFewPointsAndUnequalNumbers() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Trend.of(new double[] {1, 2}, new double[] {1, 2}))
                .withMessageContaining("received: 2");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Trend.of(X, new double[] {1, 2, 3}))
                .withMessageContaining("received: 3");
    }
}
