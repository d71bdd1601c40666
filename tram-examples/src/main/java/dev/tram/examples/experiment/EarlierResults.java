package dev.tram.examples.experiment;

import dev.tram.examples.experiment.Measure.Direction;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What results.json and the files of diagnoses did not say at first: which values are better, and
 * which figures are those of domains. The figures' names tell.
 */
final class EarlierResults {

    private static final Set<String> OF_TRAINING =
            Set.of(Grid.DISTANCE.name(), Grid.PERTURBATION.name());
    private static final String F1 = "_macro_f1";
    private static final String CALIBRATION_ERROR = "_calibration_error";
    private static final Set<String> MEANS = Set.of("zs_avg", "shift");

    private EarlierResults() {}

    /** Returns which values are better; figures that say nothing of that are absent. */
    static Map<String, Direction> better(String experiment, Collection<String> figures) {
        Map<String, Direction> better = new LinkedHashMap<>();
        for (String figure : figures) {
            if (figure.endsWith(" CKA") || figure.endsWith(" CKA, uncentred")) {
                better.put(figure, Direction.HIGHER);
            } else if (figure.endsWith(" sharpness")
                    || figure.endsWith(" loss")
                    || figure.endsWith(CALIBRATION_ERROR)) {
                better.put(figure, Direction.LOWER);
            } else if (isOfTheTask(figure)) {
                better.put(figure, experiment.equals("gpt2") ? Direction.LOWER : Direction.HIGHER);
            }
        }
        return better;
    }

    private static boolean isOfTheTask(String figure) {
        boolean ofHessian = figure.endsWith(" λ max") || figure.endsWith(" trace");
        return !ofHessian && OF_TRAINING.stream().noneMatch(figure::endsWith);
    }

    /** Returns the figures of single domains, without those of several together. */
    static List<String> domains(Collection<String> figures) {
        List<String> accuracies =
                figures.stream()
                        .filter(EarlierResults::isOfTheTask)
                        .filter(name -> !name.endsWith(F1) && !name.endsWith(CALIBRATION_ERROR))
                        .filter(name -> !MEANS.contains(name))
                        .toList();
        List<String> single =
                accuracies.stream().filter(name -> !figures.contains(name + F1)).toList();
        return single.isEmpty() ? accuracies : single;
    }
}
