package dev.tram.examples.task.xnli;

import java.util.Random;

/**
 * Draws excerpts of the declaration.
 *
 * @param first the first section to draw from
 * @param last the last section to draw from
 */
public record Excerpts(Declaration declaration, int first, int last) {

    /** The length of an excerpt in English; of a shorter section it is a part of this size. */
    private static final int CHARACTERS = 60;

    private static final double LARGEST_PART = 0.6;

    /** Sections as far apart as this are unrelated. */
    private static final int FAR = 3;

    /** How two excerpts are related. */
    public enum Relation {
        /** They come from one section and overlap by half or more. */
        SAME,
        /** They come from sections that follow each other. */
        NEIGHBOURING,
        /** They come from sections that are at least three apart. */
        UNRELATED
    }

    public int section(Random random) {
        return first + random.nextInt(last - first + 1);
    }

    /** Draws two sections that are so related; there must be such. */
    int[] sections(Relation relation, Random random) {
        while (true) {
            int first = section(random);
            int second = relation == Relation.SAME ? first : section(random);
            int distance = Math.abs(second - first);
            boolean related =
                    switch (relation) {
                        case SAME -> true;
                        case NEIGHBOURING -> distance == 1;
                        case UNRELATED -> distance >= FAR;
                    };
            if (related) {
                return new int[] {first, second};
            }
        }
    }

    public Declaration.Excerpt draw(int section, Random random) {
        double length =
                Math.min(
                        LARGEST_PART,
                        (double) CHARACTERS / declaration.section("en", section).length());
        double from = random.nextDouble() * (1 - length);
        return new Declaration.Excerpt(section, from, from + length);
    }

    /**
     * Draws an excerpt of the same length and section that overlaps another one by half or more.
     */
    public Declaration.Excerpt drawOverlapping(Declaration.Excerpt other, Random random) {
        double length = other.to() - other.from();
        double from = other.from() + (random.nextDouble() - 0.5) * length;
        double inside = Math.min(Math.max(from, 0), 1 - length);
        return new Declaration.Excerpt(other.section(), inside, inside + length);
    }
}
