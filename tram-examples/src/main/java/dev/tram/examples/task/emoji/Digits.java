package dev.tram.examples.task.emoji;

import dev.tram.experiments.data.Bundled;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;

/**
 * Handwritten digits (Alpaydin and Kaynak): 8×8 pixels with values 0–16, enlarged bilinearly to
 * 32×32, black on white.
 *
 * <p>60 % of the images, drawn at random, are for training, 10 % for validation and 30 % for the
 * test: 1,078, 179 and 540. All parts share their writers: under a split by writer the same model
 * gets some 4 points less.
 */
public final class Digits {

    private static final long SPLIT_SEED = 1;
    private static final double VALIDATION_START = 0.6;
    private static final double TEST_START = 0.7;

    private static final int SIDE = 8;
    private static final float INK = 16f;

    private Digits() {}

    public static ImageParts load() {
        ImageSet all = new Bundled(Digits.class, "digits.csv.gz").read(Digits::parse);
        int validation = (int) (VALIDATION_START * all.size());
        int test = (int) (TEST_START * all.size());
        return new ImageParts(
                all.range(0, validation), all.range(validation, test), all.range(test, all.size()));
    }

    private static ImageSet parse(InputStream stream) throws IOException {
        List<String> classes = IntStream.range(0, 10).mapToObj(Integer::toString).toList();
        List<ImageSet.Example> examples = new ArrayList<>();
        try (InputStreamReader reader =
                new InputStreamReader(new GZIPInputStream(stream), StandardCharsets.US_ASCII)) {
            for (CSVRecord row : CSVFormat.DEFAULT.parse(reader)) {
                int label = Integer.parseInt(row.get(SIDE * SIDE));
                String name = label + ", no. " + row.getRecordNumber();
                examples.add(new ImageSet.Example(name, enlarge(row), label));
            }
        }
        Collections.shuffle(examples, new Random(SPLIT_SEED));
        return new ImageSet(classes, examples);
    }

    private static Picture enlarge(CSVRecord row) {
        float[] ink = new float[SIDE * SIDE];
        for (int i = 0; i < ink.length; i++) {
            ink[i] = Integer.parseInt(row.get(i)) / INK;
        }
        Picture.Plane plane = (y, x) -> ink[clamp(y) * SIDE + clamp(x)];
        double scale = (double) SIDE / Picture.SIZE;
        return Picture.paint(
                (channel, y, x) ->
                        1 - plane.between((y + 0.5) * scale - 0.5, (x + 0.5) * scale - 0.5));
    }

    private static int clamp(int coordinate) {
        return Math.min(SIDE - 1, Math.max(0, coordinate));
    }
}
