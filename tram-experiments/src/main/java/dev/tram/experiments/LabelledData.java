package dev.tram.experiments;

import dev.tram.core.internal.Arguments;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a classifier is trained, validated and tested on.
 *
 * @param name the name of what is trained on
 * @param classes the classes' names; a label is a place among them
 * @param tests what a trained model is judged on, that of the domain that is trained on first
 * @param labels what is done to the labels of a run
 */
public record LabelledData(
        String name,
        List<String> classes,
        Examples training,
        Examples validation,
        List<TestSet> tests,
        LabelSettings labels) {

    /**
     * Checks the names of the tests.
     *
     * @throws IllegalArgumentException if there is no test, or one without a name of its own
     */
    public LabelledData {
        tests = List.copyOf(tests);
        Arguments.atLeast("the number of tests of " + name, tests.size(), 1);
        Set<String> names = new HashSet<>();
        for (TestSet test : tests) {
            if (test.name() == null || test.name().isBlank() || !names.add(test.name())) {
                throw Arguments.rejected(
                        "the tests of " + name, "with names that differ", test.name());
            }
        }
    }

    /** Returns the data as a run has them, see {@link Task#ofRun}. */
    LabelledData ofRun(long seed, boolean judgedByNoisyLabels) {
        LabelSettings own = labels.judgedBy(judgedByNoisyLabels);
        return new LabelledData(
                name,
                classes,
                own.training(training, classes.size(), seed),
                own.validation(validation, classes.size(), seed),
                tests,
                own);
    }
}
