package dev.tram.experiments;

/**
 * A figure by which a trained model is judged.
 *
 * @param name its key in results.json
 */
public record Measure(String name, String title, Direction direction) {

    /** Which values are better. */
    public enum Direction {
        /** Accuracy and the like. */
        HIGHER,
        /** Perplexity and the like. */
        LOWER,
        /** Neither: the figure describes the training. */
        NONE;

        public boolean isBetter(double value, double other) {
            return switch (this) {
                case HIGHER -> value > other;
                case LOWER -> value < other;
                case NONE -> false;
            };
        }
    }

    /** A figure of which more is better, by its key in results.json. */
    public static Measure higher(String name, String title) {
        return new Measure(name, title, Direction.HIGHER);
    }

    /** A figure of which less is better, by its key in results.json. */
    public static Measure lower(String name, String title) {
        return new Measure(name, title, Direction.LOWER);
    }

    public boolean isBetter(double value, double other) {
        return direction.isBetter(value, other);
    }
}
