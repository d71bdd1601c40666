package dev.tram.examples.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tram.djl.transformers.model.ProblemType;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChoiceTest {

    private static List<Choice> choices(int count, float... logits) {
        return Choice.of(ProblemType.SINGLE_LABEL_CLASSIFICATION, logits, i -> "class " + i, count);
    }

    @Test
    void probabilitiesAreTheSoftmaxOfAllLogits() {
        List<Choice> choices = choices(2, (float) Math.log(3), (float) Math.log(5), 0, 0);
        assertThat(choices).extracting(Choice::index).containsExactly(1, 0);
        assertThat(choices).extracting(Choice::name).containsExactly("class 1", "class 0");
        assertThat(choices.get(0).value()).isCloseTo(0.5, within(1e-7));
        assertThat(choices.get(1).value()).isCloseTo(0.3, within(1e-7));
    }

    @Test
    void equalsKeepTheirOrderAndHugeLogitsAreNoOverflow() {
        List<Choice> choices = choices(9, -1e4f, 1e4f, 1e4f);
        assertThat(choices).extracting(Choice::index).containsExactly(1, 2, 0);
        assertThat(choices).extracting(Choice::value).containsExactly(0.5, 0.5, 0.0);
    }

    @Test
    void labelsThatExcludeNoOthersHaveTheSigmoidOfTheirLogit() {
        List<Choice> choices =
                Choice.of(
                        ProblemType.MULTI_LABEL_CLASSIFICATION,
                        new float[] {0, (float) Math.log(3), -1e4f},
                        i -> "class " + i,
                        9);
        assertThat(choices).extracting(Choice::index).containsExactly(1, 0, 2);
        assertThat(choices.get(0).value()).isCloseTo(0.75, within(1e-7));
        assertThat(choices.get(1).value()).isEqualTo(0.5);
        assertThat(choices.get(2).value()).isZero();
    }

    @Test
    void numbersStayAsTheyAre() {
        List<Choice> choices =
                Choice.of(ProblemType.REGRESSION, new float[] {-2, 3}, i -> "number " + i, 9);
        assertThat(choices)
                .containsExactly(new Choice(0, "number 0", -2), new Choice(1, "number 1", 3));
    }
}
