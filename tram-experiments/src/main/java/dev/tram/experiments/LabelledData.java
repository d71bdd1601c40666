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

    private static final int CHECKED = 1000;

    /**
     * Checks the names of the tests, and labels of up to 1,000 examples of each part.
     *
     * @throws IllegalArgumentException if there is no test, or one without a name of its own;
     *     nothing to train or validate on; or a label that is no class
     */
    public LabelledData {
        check(name + "'s training", training, classes.size());
        check(name + "'s validation", validation, classes.size());
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

    private static void check(String what, Examples examples, int classes) {
        Arguments.atLeast("the number of examples of " + what, examples.size(), 1);
        for (int item : examples.spread(CHECKED)) {
            int label = examples.label(item);
            if (label < 0 || label >= classes) {
                throw Arguments.rejected(
                        "the label of example " + item + " of " + what,
                        "a class from 0 to " + (classes - 1),
                        label);
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
