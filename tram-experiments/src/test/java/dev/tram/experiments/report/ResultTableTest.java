package dev.tram.experiments.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ResultTableTest {

    @Test
    void fiveOrFewerPairsHaveNoPValueAndSixHave() {
        double[] six = {1, 2, 3, 4, 5, 6};
        assertThat(ResultTable.wilcoxon(new double[5], new double[5])).isNaN();
        assertThat(ResultTable.wilcoxon(new double[] {1}, new double[] {2})).isNaN();
        assertThat(ResultTable.wilcoxon(six, new double[6]))
                .as("two-sided and exact: 2 / 2⁶")
                .isCloseTo(2 / 64.0, within(1e-12));
    }
}
