package dev.tram.examples.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class ChoiceTest {

    private static List<Choice> choices(int count, float... logits) {
        return Choice.mostProbable(logits, i -> "class " + i, count);
    }

    @Test
    void probabilitiesAreTheSoftmaxOfAllLogits() {
        List<Choice> choices = choices(2, (float) Math.log(3), (float) Math.log(5), 0, 0);
        assertThat(choices).extracting(Choice::index).containsExactly(1, 0);
        assertThat(choices).extracting(Choice::name).containsExactly("class 1", "class 0");
        assertThat(choices.get(0).probability()).isCloseTo(0.5, within(1e-7));
        assertThat(choices.get(1).probability()).isCloseTo(0.3, within(1e-7));
    }

    @Test
    void equalsKeepTheirOrderAndHugeLogitsAreNoOverflow() {
        List<Choice> choices = choices(9, -1e4f, 1e4f, 1e4f);
        assertThat(choices).extracting(Choice::index).containsExactly(1, 2, 0);
        assertThat(choices).extracting(Choice::probability).containsExactly(0.5, 0.5, 0.0);
    }
}
