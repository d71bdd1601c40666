package dev.tram.examples.vision;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;

/**
 * Handwritten digits (Alpaydin and Kaynak): 8×8 pixels with values 0–16, enlarged bilinearly to
 * 32×32, black on white.
 *
 * <p>The file goes from writer to writer, each of whom begins with 0, 1, …, 9. The parts keep
 * writers apart: the first seven for training, two for validation, five for the test.
 */
public final class Digits {

    /** Where a writer begins. */
    private static final int VALIDATION_START = 915;

    private static final int TEST_START = 1157;

    private static final int SIDE = 8;
    private static final float INK = 16f;

    private final ImageSet all;

    private Digits(ImageSet all) {
        this.all = all;
    }

    /**
     * Reads the digits.
     *
     * @return the digits
     */
    public static Digits load() {
        return new Digits(Resources.read("digits.csv.gz", Digits::parse));
    }

    /**
     * Returns the images to train on.
     *
     * @return 915 images of seven writers
     */
    public ImageSet training() {
        return all.range(0, VALIDATION_START);
    }

    /**
     * Returns the images for choices made during training.
     *
     * @return 242 images of two writers
     */
    public ImageSet validation() {
        return all.range(VALIDATION_START, TEST_START);
    }

    /**
     * Returns the held-out images.
     *
     * @return 640 images of five writers
     */
    public ImageSet test() {
        return all.range(TEST_START, all.size());
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
