package dev.tram.core.analysis;

import ai.djl.ndarray.NDList;
import dev.tram.core.internal.Arguments;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * The loss around the parameters, on a line or a plane of random filter-normalised directions (Li
 * et al. 2018): every filter of a direction has the norm of the parameters' own filter, so that
 * surfaces of differently scaled models can be compared; biases and other arrays of one axis are
 * not moved.
 *
 * <p>Models of one architecture under one seed are cut along the same random directions, up to that
 * normalisation. Parameters are restored bit for bit.
 */
public final class LossSurface {

    private final float radius;
    private final int points;
    private final long seed;
    private final Progress progress;

    private LossSurface(Builder builder) {
        radius = builder.radius;
        points = builder.points;
        seed = builder.seed;
        progress = builder.progress;
    }

    /**
     * Returns a builder.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Evaluates the loss along one direction d: f(x + a d).
     *
     * @param objective the loss f
     * @return the losses
     * @throws InterruptedException if the thread is interrupted
     */
    public Line line(Objective objective) throws InterruptedException {
        try (Anchor anchor = new Anchor(objective)) {
            NDList direction = Directions.filterNormalised(anchor, new Random(seed));
            List<Double> coordinates = coordinates();
            List<Double> losses = new ArrayList<>(points);
            for (double a : coordinates) {
                Anchor.checkInterrupt();
                anchor.move(direction, a);
                losses.add(objective.loss());
                progress.report(losses.size(), points, losses.get(losses.size() - 1));
            }
            return new Line(coordinates, losses);
        }
    }

    /**
     * Evaluates the loss on the plane of two directions d and e: f(x + a d + b e).
     *
     * @param objective the loss f
     * @return the losses
     * @throws InterruptedException if the thread is interrupted
     */
    public Plane plane(Objective objective) throws InterruptedException {
        try (Anchor anchor = new Anchor(objective)) {
            Random random = new Random(seed);
            NDList first = Directions.filterNormalised(anchor, random);
            NDList second = Directions.filterNormalised(anchor, random);
            List<Double> coordinates = coordinates();
            List<List<Double>> losses = new ArrayList<>(points);
            for (double a : coordinates) {
                List<Double> row = new ArrayList<>(points);
                for (double b : coordinates) {
                    Anchor.checkInterrupt();
                    anchor.move(first, a);
                    anchor.moveFurther(second, b);
                    double loss = objective.loss();
                    row.add(loss);
                    progress.report(losses.size() * points + row.size(), points * points, loss);
                }
                losses.add(row);
            }
            return new Plane(coordinates, losses);
        }
    }

    /** Evenly spaced from −radius to radius; the middle one of an odd number is exactly 0. */
    private List<Double> coordinates() {
        return IntStream.range(0, points)
                .mapToObj(i -> radius * (2.0 * i / (points - 1) - 1))
                .toList();
    }

    /**
     * Losses on a line.
     *
     * @param coordinates the multiples a of the direction, ascending
     * @param losses f(x + a d), for each coordinate
     */
    public record Line(List<Double> coordinates, List<Double> losses) {

        /** Copies the lists. */
        public Line {
            coordinates = List.copyOf(coordinates);
            losses = List.copyOf(losses);
        }
    }

    /**
     * Losses on a plane.
     *
     * @param coordinates the multiples of either direction, ascending
     * @param losses f(x + a d + b e): one list per a, with one value per b
     */
    public record Plane(List<Double> coordinates, List<List<Double>> losses) {

        /** Copies the lists. */
        public Plane {
            coordinates = List.copyOf(coordinates);
            losses = losses.stream().map(List::copyOf).toList();
        }
    }

    /** Builds a {@link LossSurface}. */
    public static final class Builder {

        private float radius = 1;
        private int points = 51;
        private long seed;
        private Progress progress = Progress.none();

        private Builder() {}

        /**
         * Sets how far the surface reaches to either side.
         *
         * @param radius the largest multiple of a direction, finite and positive; 1 by default
         * @return this builder
         */
        public Builder optRadius(float radius) {
            this.radius = Arguments.positive("radius", radius);
            return this;
        }

        /**
         * Sets the number of points along each direction.
         *
         * @param points the number, at least 2; an odd number has the parameters themselves in the
         *     middle; 51 by default
         * @return this builder
         */
        public Builder optPoints(int points) {
            this.points = Arguments.atLeast("points", points, 2);
            return this;
        }

        /**
         * Sets the seed of the directions.
         *
         * @param seed the seed; 0 by default
         * @return this builder
         */
        public Builder optSeed(long seed) {
            this.seed = seed;
            return this;
        }

        /**
         * Sets a listener for each point and its loss.
         *
         * @param progress the listener; none by default
         * @return this builder
         */
        public Builder optProgress(Progress progress) {
            this.progress = Objects.requireNonNull(progress, "progress");
            return this;
        }

        /**
         * Builds the analysis.
         *
         * @return the analysis
         */
        public LossSurface build() {
            return new LossSurface(this);
        }
    }
}
