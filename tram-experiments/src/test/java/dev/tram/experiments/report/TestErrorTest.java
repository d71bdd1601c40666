package dev.tram.experiments.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TestErrorTest {

    /** Wilson's interval of 55 in 57: (0.9649 + 0.0337 ± 0.0585) / 1.0674. */
    @Test
    void fewTestsLeaveAWideInterval() {
        assertThat(TestError.line(57, 96.5))
                .startsWith("57 test examples")
                .contains("an accuracy of 96.5 lies between 88.1 and 99.0 (95 %)");
    }

    @Test
    void allRightLeavesNothingAbove() {
        assertThat(TestError.line(10, 100)).contains("between 72.2 and 100.0");
    }
}
