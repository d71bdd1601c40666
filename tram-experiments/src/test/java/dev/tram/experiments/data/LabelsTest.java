package dev.tram.experiments.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LabelsTest {

    @Test
    void theOrderIsThatOfNumbersAndNoTwoLabelsAreEqual() {
        List<String> labels =
                new ArrayList<>(List.of("b", "10", "1", "9", "01", "B", "1234567890", "b "));
        labels.sort(Labels.ORDER);
        assertThat(labels).containsExactly("01", "1", "9", "10", "1234567890", "B", "b", "b ");
        assertThat(Labels.ORDER.compare("1", "01")).isNotZero();
    }

    @Test
    void classesThatMayBeMeantAsOneAreTold() {
        assertThat(Labels.alike(List.of("ham", "spam", "1", "2", "10", "0", "1.5"))).isEmpty();
        assertThat(
                        Labels.alike(
                                List.of(
                                        "ham",
                                        "Ham",
                                        "spam ",
                                        "spam",
                                        "1",
                                        "01",
                                        "1.0",
                                        "caf\u00E9",
                                        "cafe\u0301",
                                        "a\u00A0b",
                                        "a b\u200B")))
                .isEqualTo(
                        "alike, but classes of their own: \"01\" and \"1\" and \"1.0\";"
                                + " \"a b\\u200B\" and \"a\\u00A0b\";"
                                + " \"cafe\\u0301\" and \"caf\\u00E9\"; \"Ham\" and \"ham\";"
                                + " \"spam\" and \"spam \"");
    }
}
