package dev.tram.examples.task.imagefolder;

import dev.tram.experiments.data.Labels;
import dev.tram.experiments.data.MalformedRowException;
import dev.tram.experiments.data.Row;
import dev.tram.experiments.data.RowReader;
import dev.tram.experiments.data.RowSource;
import dev.tram.experiments.data.Share;
import java.io.IOException;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * How images of a folder with a folder per class are divided: by the files' contents.
 *
 * @param whole the classes without an image to train on, of which all are trained on
 */
record DividedImages(SortedSet<String> whole) {

    static DividedImages of(RowSource rows) throws IOException {
        SortedSet<String> untrained = new TreeSet<>(Labels.ORDER);
        SortedSet<String> trained = new TreeSet<>(Labels.ORDER);
        try (RowReader reader = rows.open()) {
            for (Row row = next(reader); row != null; row = next(reader)) {
                (contentShare(row) == Share.TRAINING ? trained : untrained).add(label(row));
            }
        }
        untrained.removeAll(trained);
        return new DividedImages(untrained);
    }

    /** The next row that can be read. */
    private static Row next(RowReader reader) throws IOException {
        while (true) {
            try {
                return reader.read();
            } catch (MalformedRowException e) {
                // Counted where the images are copied.
            }
        }
    }

    Share share(Row row) {
        return whole.contains(label(row)) ? Share.TRAINING : contentShare(row);
    }

    private static Share contentShare(Row row) {
        return Share.of((byte[]) row.values().get("image"));
    }

    private static String label(Row row) {
        return (String) row.values().get("label");
    }
}
