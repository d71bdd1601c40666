package dev.tram.experiments.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class NestedMeanTest {

    private static NestedMean of(double[]... units) {
        return NestedMean.of(List.of(units));
    }

    /**
     * By hand: the units' means are 2, 4 and 9, their mean is 5 and their variance 13; t₀.₉₇₅ with
     * 2 degrees of freedom is 4.303. Within, the squares are 2, 2 and 8 with 1 degree of freedom
     * each, a variance of 4, of which a mean of two keeps 2: 11 of the 13 are between.
     */
    @Test
    void intervalsAreOverUnits() {
        NestedMean mean = of(new double[] {1, 3}, new double[] {3, 5}, new double[] {7, 11});
        assertThat(mean.mean()).isEqualTo(5);
        assertThat(mean.halfWidth()).isCloseTo(4.303 * Math.sqrt(13.0 / 3), within(2e-3));
        assertThat(mean.within()).isCloseTo(2, within(1e-12));
        assertThat(mean.between()).isCloseTo(Math.sqrt(11), within(1e-12));
        assertThat(mean.excludesZero()).isFalse();
    }

    /** A unit counts once, however often it was measured. */
    @Test
    void unitsOfDifferentSizesCountAlike() {
        NestedMean mean = of(new double[] {1, 1, 1, 1}, new double[] {3});
        assertThat(mean.mean()).isEqualTo(2);
        assertThat(mean.halfWidth()).isCloseTo(12.706, within(5e-4));
        assertThat(mean.within()).isZero();
        assertThat(mean.between()).isCloseTo(Math.sqrt(2), within(1e-12));
    }

    /** The means spread less than what is within would have them spread. */
    @Test
    void nothingIsBetweenUnitsThatDifferLessThanTheirMeasurements() {
        NestedMean mean = of(new double[] {0, 10}, new double[] {1, 11});
        assertThat(mean.between()).isZero();
        assertThat(mean.within()).isCloseTo(Math.sqrt(50), within(1e-12));
    }

    @Test
    void aSingleUnitsMeasurementsAreTheUnits() {
        NestedMean mean = of(new double[] {1, 2, 3});
        MeanInterval plain = MeanInterval.of(1, 2, 3);
        assertThat(mean.mean()).isEqualTo(plain.mean());
        assertThat(mean.halfWidth()).isEqualTo(plain.halfWidth());
        assertThat(mean.between()).isNaN();
        assertThat(mean.within()).isCloseTo(1, within(1e-12));
    }

    @Test
    void oneMeasurementOfEachUnitSaysNothingOfWhatIsWithin() {
        NestedMean mean = of(new double[] {2}, new double[] {2.5}, new double[] {3});
        assertThat(mean.within()).isNaN();
        assertThat(mean.between()).isCloseTo(0.5, within(1e-12));
        assertThat(mean.excludesZero()).isTrue();
    }

    @Test
    void noUnitIsAnError() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NestedMean.of(List.of()))
                .withMessageContaining("received: 0");
    }
}
