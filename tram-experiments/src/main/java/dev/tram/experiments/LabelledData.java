package dev.tram.experiments;

import java.util.List;

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
