package dev.tram.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDManager;
import dev.tram.djl.transformers.model.TransformerModel;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class LabelledDataTest {

    private static Examples examples(int size) {
        return examples(size, 0);
    }

    private static Examples examples(int size, int label) {
        return new Examples() {

            @Override
            public int size() {
                return size;
            }

            @Override
            public int label(int item) {
                return label;
            }

            @Override
            public Prepared prepare(int... items) {
                throw new UnsupportedOperationException();
            }
        };
    }

    private static LabelledData data(TestSet... tests) {
        return data(examples(8), examples(8), tests);
    }

    private static LabelledData data(Examples training, Examples validation, TestSet... tests) {
        return new LabelledData(
                "squares",
                List.of("dark", "bright"),
                training,
                validation,
                Arrays.asList(tests),
                LabelSettings.ALL);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 2})
    void labelsArePlacesAmongTheClasses(int label) {
        TestSet seen = TestSet.seen("seen", examples(4));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> data(examples(8, label), examples(8), seen))
                .withMessage(
                        "the label of example 0 of squares's training must be a class from 0 to 1,"
                                + " received: "
                                + label);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> data(examples(8), examples(8, label), seen))
                .withMessageContaining("of squares's validation must be a class from 0 to 1");
    }

    @Test
    void thereIsSomethingToTrainAndToValidateOn() {
        TestSet seen = TestSet.seen("seen", examples(4));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> data(examples(0), examples(8), seen))
                .withMessageContaining("the number of examples of squares's training");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> data(examples(8), examples(0), seen))
                .withMessageContaining("the number of examples of squares's validation");
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " ", "seen"})
    void testsHaveNamesOfTheirOwn(String name) {
        TestSet seen = TestSet.seen("seen", examples(4));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> data(seen, TestSet.unseen(name, examples(4))))
                .withMessage(
                        "the tests of squares must be with names that differ, received: " + name);
    }

    @Test
    void thereIsATest() {
        assertThatIllegalArgumentException()
                .isThrownBy(LabelledDataTest::data)
                .withMessageContaining("the number of tests of squares");
    }

    /** Methods are compared by the last test's accuracy. */
    @Test
    void theTestErrorIsThatOfTheTestThatMethodsAreComparedBy() {
        Task task =
                new ClassificationTask(
                        data(
                                TestSet.seen("few", examples(4)),
                                TestSet.unseen("many", examples(400)))) {

                    @Override
                    protected int budget() {
                        return 1;
                    }

                    @Override
                    public TransformerModel newModel(NDManager manager, long seed) {
                        throw new UnsupportedOperationException();
                    }
                };
        assertThat(task.summary().name()).isEqualTo("many");
        assertThat(task.testSize()).hasValue(400);
    }
}
