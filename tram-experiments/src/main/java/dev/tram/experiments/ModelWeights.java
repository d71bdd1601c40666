package dev.tram.experiments;

import dev.tram.core.internal.Arguments;
import dev.tram.djl.WeightAverage;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * Which weights of a run are its model: the last, or a control that needs no second pass: an
 * average, an interpolation, or early stopping.
 *
 * @param row what it is by name; the row's own name where the method is not said
 * @param value β of {@code ema}, the first update that {@code swa} counts, or α of {@code wise};
 *     null for the last weights, for early stopping, and for the last quarter of a run under {@code
 *     swa}
 */
record ModelWeights(Row row, Float value) {

    static final ModelWeights LAST = new ModelWeights(Row.LAST, null);

    /** What the weights are. */
    enum Row {
        /** Those after the last update. */
        LAST("last", null, null),
        /** An exponential average along the run. */
        EMA("ema", "decay", 0.99f),
        /** The mean along the run's end. */
        SWA("swa", "from", null),
        /** The mean of the weights before and after the run (WiSE-FT). */
        WISE("wise", "alpha", 0.5f),
        /** Those with the best validation figure: early stopping. */
        BEST("best", null, null),
        /** The same, where validation labels are as wrong as training labels. */
        BEST_NOISY("best-noisy", null, null);

        private final String name;
        private final String key;
        private final Float usual;

        Row(String name, String key, Float usual) {
            this.name = name;
            this.key = key;
            this.usual = usual;
        }

        /** Returns the key that it has beside those of its method, if it has one. */
        Optional<String> key() {
            return Optional.ofNullable(key);
        }

        @Override
        public String toString() {
            return name;
        }

        static Row named(String name) {
            return Arrays.stream(values())
                    .filter(row -> row.name.equals(name))
                    .findFirst()
                    .orElse(LAST);
        }
    }

    /** Reads the weights of a row from the texts of a variant, from which it takes its own. */
    static ModelWeights of(String name, Map<String, String> texts) {
        Row row = Row.named(name);
        String what = row.key + " of " + row.name;
        Float value = MethodVariant.number(what, row.key == null ? null : texts.remove(row.key));
        return new ModelWeights(row, value == null ? row.usual : checked(row, what, value));
    }

    private static Float checked(Row row, String what, Float value) {
        if (row == Row.SWA && !(value >= 0 && value == Math.rint(value) && value < 1 << 24)) {
            throw Arguments.rejected(what, "a number of updates", value);
        }
        if (row == Row.WISE && !(value >= 0 && value <= 1)) {
            throw Arguments.rejected(what, "in [0, 1]", value);
        }
        return row == Row.EMA ? Arguments.fraction(what, value) : value;
    }

    /** Returns what the optimizer averages in a run; refuses one that ends before. */
    Optional<WeightAverage> average(int updates) {
        return switch (row) {
            case EMA -> Optional.of(WeightAverage.exponential(value));
            case SWA -> Optional.of(WeightAverage.uniform(first(updates)));
            case LAST, WISE, BEST, BEST_NOISY -> Optional.empty();
        };
    }

    private long first(int updates) {
        long first = value == null ? updates - Math.max(1, updates / 4) : value.longValue();
        if (first >= updates) {
            throw Arguments.rejected("from of swa", "fewer than the steps, " + updates, first);
        }
        return first;
    }

    /** Returns the share of the weights after a run, if its model lies between both. */
    Optional<Float> interpolation() {
        return row == Row.WISE ? Optional.of(value) : Optional.empty();
    }

    /** Whether they are those with the best validation figure. */
    boolean areBest() {
        return row == Row.BEST || row == Row.BEST_NOISY;
    }

    /** Whether they are chosen by wrong labels even where validation labels are right. */
    boolean areChosenByNoisyLabels() {
        return row == Row.BEST_NOISY;
    }
}
