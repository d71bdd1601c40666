package dev.tram.examples.task.texttable;

import dev.tram.examples.data.TextExample;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * Divides a single table: of every ten examples about seven are for training, one for validation
 * and two for the test. The text alone decides, so that equal texts stay together and the order of
 * the rows does not matter.
 *
 * @param trainingGroups the groups to divide; the others are tests as a whole. Empty: all are
 *     divided
 * @param whole the classes that are all trained on
 */
record Split(List<String> trainingGroups, Set<String> whole) {

    private static final int TENTHS = 10;

    Split {
        trainingGroups = List.copyOf(trainingGroups);
        whole = Set.copyOf(whole);
    }

    /** Whether an example's group is divided. */
    boolean divides(TextExample example) {
        return trainingGroups.isEmpty() || trainingGroups.contains(example.group());
    }

    TextSource.Part part(TextExample example) {
        if (!divides(example)) {
            return TextSource.Part.TEST;
        }
        if (whole.contains(example.label())) {
            return TextSource.Part.TRAINING;
        }
        CRC32 hash = new CRC32();
        hash.update(example.text().getBytes(StandardCharsets.UTF_8));
        if (example.pair() != null) {
            hash.update(example.pair().getBytes(StandardCharsets.UTF_8));
        }
        return switch ((int) (hash.getValue() % TENTHS)) {
            case 0 -> TextSource.Part.VALIDATION;
            case 1, 2 -> TextSource.Part.TEST;
            default -> TextSource.Part.TRAINING;
        };
    }
}
