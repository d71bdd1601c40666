package dev.tram.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.training.tracker.Tracker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScheduleTest {

    private static final float PEAK = 0.2f;

    /** Closed forms at a quarter of the way from update 0 to update 100. */
    @Test
    void fallsAsItsNameSays() {
        assertThat(rate(Schedule.CONSTANT, 25)).isEqualTo(PEAK);
        assertThat(rate(Schedule.COSINE, 25))
                .isCloseTo(PEAK * 0.5 * (1 + Math.cos(Math.PI / 4)), within(1e-6));
        assertThat(rate(Schedule.LINEAR, 25)).isCloseTo(PEAK * 0.75, within(1e-6));
    }

    private static double rate(Schedule schedule, int update) {
        return schedule.tracker(PEAK, 0, 99).getNewValue(update);
    }

    @ParameterizedTest
    @EnumSource(Schedule.class)
    void risesInALineToThePeakAndThenOnlyFalls(Schedule schedule) {
        Tracker tracker = schedule.tracker(PEAK, 10, 40);
        for (int update = 1; update <= 10; update++) {
            assertThat((double) tracker.getNewValue(update))
                    .isCloseTo(PEAK * update / 10.0, within(1e-6));
        }
        for (int update = 11; update <= 40; update++) {
            assertThat(tracker.getNewValue(update))
                    .isPositive()
                    .isLessThanOrEqualTo(tracker.getNewValue(update - 1));
        }
    }

    @ParameterizedTest
    @EnumSource(value = Schedule.class, mode = EnumSource.Mode.EXCLUDE, names = "CONSTANT")
    void wouldBeZeroAfterTheLastUpdate(Schedule schedule) {
        assertThat((double) schedule.tracker(PEAK, 10, 40).getNewValue(41))
                .isCloseTo(0, within(1e-8));
        assertThat((double) schedule.tracker(PEAK, 0, 40).getNewValue(41))
                .isCloseTo(0, within(1e-8));
    }
}
