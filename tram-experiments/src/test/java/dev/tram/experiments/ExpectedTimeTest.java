package dev.tram.experiments;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class ExpectedTimeTest {

    private static final ExperimentConfig SMALL =
            ExperimentConfig.of(ExperimentConfig.preset("vit-small"), "vit-small");

    private static double minutes(ExperimentConfig config) {
        return ExpectedTime.minutes(config).orElseThrow();
    }

    /** An ascending method has two passes of each kind; TRAM one forward pass more. */
    @Test
    void isInProportionToThePasses() {
        double all = minutes(SMALL);
        assertThat(minutes(SMALL.with("seeds", 6))).isEqualTo(2 * all);
        assertThat(minutes(SMALL.with("target", "twemoji,digits"))).isEqualTo(2 * all);
        ExperimentConfig adam = SMALL.with("methods", List.of("adam"));
        ExperimentConfig sam = SMALL.with("methods", List.of("sam"));
        assertThat(minutes(sam)).isCloseTo(2 * minutes(adam), Offset.offset(1e-9));
        assertThat(minutes(adam)).isCloseTo(all * 3 / (3 + 6 + 6 + 7), Offset.offset(1e-9));
    }

    @Test
    void isUnknownForOtherBatchesAndModels() {
        assertThat(ExpectedTime.minutes(SMALL.with("batch", 8))).isEmpty();
        assertThat(ExpectedTime.minutes(SMALL.with("pretrained", "other"))).isEmpty();
        assertThat(
                        ExpectedTime.minutes(
                                ExperimentConfig.of(ExperimentConfig.preset("vit-paper"), "p")))
                .isEmpty();
    }

    @Test
    void theDefaultTakesFourMinutesAtMost() {
        assertThat(minutes(SMALL)).isLessThanOrEqualTo(4);
    }
}
