package dev.tram.experiments;

import dev.tram.core.internal.Arguments;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * What is done to the labels of a run: few of them, some of them wrong. All is drawn from the run's
 * seed, so that every method with that seed sees the same examples with the same labels. Labels of
 * tests are never changed.
 *
 * @param noise the share of the training labels that are replaced by another class, in [0, 1)
 * @param noisyValidation whether the same share of the validation labels is replaced, too
 * @param perClass how many training examples of each class are kept, 0 for all
 */
public record LabelSettings(float noise, boolean noisyValidation, int perClass) {

    /** Which of {@link ExperimentConfig#inputs()} is the share of wrong labels. */
    public static final String NOISE = "label-noise";

    /** Which of them says that validation labels are wrong, too. */
    public static final String NOISY_VALIDATION = "noisy-validation";

    /** Which of them is the number of training examples of each class. */
    public static final String PER_CLASS = "per-class";

    static final List<String> KEYS = List.of(NOISE, NOISY_VALIDATION, PER_CLASS);

    /** The data's own labels, all of them. */
    public static final LabelSettings ALL = new LabelSettings(0, false, 0);

    private static final int CHOICE = 0;
    private static final int TRAINING = 1;
    private static final int VALIDATION = 2;

    public LabelSettings {
        Arguments.fraction("--" + NOISE, noise);
        if (noisyValidation && noise == 0) {
            throw Arguments.rejected(
                    "--" + NOISY_VALIDATION, "given with --" + NOISE + " above 0", "none");
        }
    }

    /**
     * Reads an experiment's settings.
     *
     * @param inputs what the experiment reads, and how
     * @return the settings, {@link #ALL} if there are none
     * @throws IllegalArgumentException if a value is rejected
     */
    public static LabelSettings of(Map<String, String> inputs) {
        String noise = inputs.getOrDefault(NOISE, "0");
        String perClass = inputs.get(PER_CLASS);
        boolean noisyValidation = Boolean.parseBoolean(inputs.get(NOISY_VALIDATION));
        try {
            int kept =
                    perClass == null
                            ? 0
                            : Arguments.atLeast("--" + PER_CLASS, Integer.parseInt(perClass), 1);
            return new LabelSettings(Float.parseFloat(noise), noisyValidation, kept);
        } catch (NumberFormatException e) {
            throw Arguments.rejected("--" + NOISE + " and --" + PER_CLASS, "numbers", inputs);
        }
    }

    /** Returns these settings for a run, which may be judged by wrong validation labels anyway. */
    public LabelSettings judgedBy(boolean noisyLabels) {
        return new LabelSettings(noise, noisyValidation || noisyLabels, perClass);
    }

    /** Refuses examples of which a class, of these names, has fewer than are to be kept. */
    public void requireFit(Examples training, List<String> classes) {
        if (perClass == 0) {
            return;
        }
        int[] counts = new int[classes.size()];
        IntStream.range(0, training.size()).forEach(item -> counts[training.label(item)]++);
        int fewest =
                IntStream.range(0, counts.length)
                        .reduce((a, b) -> counts[b] < counts[a] ? b : a)
                        .orElseThrow();
        if (counts[fewest] < perClass) {
            throw Arguments.rejected(
                    "--" + PER_CLASS,
                    "at most %s, the training examples of %s"
                            .formatted(counts[fewest], classes.get(fewest)),
                    perClass);
        }
    }

    /** Returns what a run trains on, of all examples with their own labels. */
    public Examples training(Examples clean, int classes, long seed) {
        if (perClass == 0 && noise == 0) {
            return clean;
        }
        int[] kept = clean.items();
        if (perClass > 0) {
            kept = choose(clean, classes, random(seed, CHOICE));
        }
        return relabelled(clean, kept, classes, random(seed, TRAINING));
    }

    /** Returns what a run is validated with, of examples with their own labels. */
    public Examples validation(Examples clean, int classes, long seed) {
        if (!noisyValidation) {
            return clean;
        }
        return relabelled(clean, clean.items(), classes, random(seed, VALIDATION));
    }

    /** A generator apart from those of the batches, whose streams are of the seed itself. */
    private static Random random(long seed, int part) {
        return new ShuffledStream(1, ~seed).random(part);
    }

    /** The first examples of each class in a random order, in the data's order. */
    private int[] choose(Examples clean, int classes, Random random) {
        int[] left = new int[classes];
        Arrays.fill(left, perClass);
        return IntStream.of(shuffled(clean.size(), random))
                .filter(item -> left[clean.label(item)]-- > 0)
                .sorted()
                .toArray();
    }

    private Examples relabelled(Examples clean, int[] kept, int classes, Random random) {
        int[] labels = IntStream.of(kept).map(clean::label).toArray();
        int wrong = Math.round(noise * labels.length);
        int[] order = shuffled(labels.length, random);
        for (int i = 0; i < wrong; i++) {
            int other = random.nextInt(classes - 1);
            int item = order[i];
            labels[item] = other < labels[item] ? other : other + 1;
        }
        return new Relabelled(clean, kept, labels);
    }

    private static int[] shuffled(int count, Random random) {
        return new ShuffledStream(count, random.nextLong()).batch(1, count);
    }
}
