package dev.tram.djl;

/**
 * How far results of float32 may be apart: processors, numbers of threads and sizes of batches
 * differ in the order of sums, and so in rounding.
 */
public final class Rounding {

    /** The largest relative error of one operation. */
    public static final double UNIT = 0x1p-24;

    private Rounding() {}

    /**
     * The error of a number of a size that some operations lead to.
     *
     * @param operations the roundings on the way to the number
     * @param size of the number, or of the largest that is added to make it
     */
    public static double of(int operations, double size) {
        return operations * size * UNIT;
    }

    /**
     * The error of d = Σ p (log p − log q), however small d is: each of the two softmaxes takes
     * some five operations, and weighted by p a logarithm is at most that of the classes in size.
     */
    public static double ofDistance(int classes) {
        return of(2 * 5, Math.log(classes));
    }
}
