package dev.tram.examples.task.texttable;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tram.experiments.data.Share;
import dev.tram.experiments.data.TextExample;
import java.util.List;
import java.util.Set;

/**
 * Divides a single table by its texts.
 *
 * @param trainingGroups the groups to divide; the others are tests as a whole. Empty: all are
 *     divided
 * @param whole the classes that are all trained on
 */
record Split(List<String> trainingGroups, Set<String> whole) {

    /** Whether an example's group is divided. */
    boolean divides(TextExample example) {
        return trainingGroups.isEmpty() || trainingGroups.contains(example.group());
    }

    Share part(TextExample example) {
        if (!divides(example)) {
            return Share.TEST;
        }
        if (whole.contains(example.label())) {
            return Share.TRAINING;
        }
        String pair = example.pair() == null ? "" : example.pair();
        return Share.of(example.text().getBytes(UTF_8), pair.getBytes(UTF_8));
    }
}
