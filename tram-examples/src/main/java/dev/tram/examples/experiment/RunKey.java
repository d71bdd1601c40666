package dev.tram.examples.experiment;

/**
 * Which run of a grid.
 *
 * @param method the method's name
 * @param seed the seed
 */
public record RunKey(String method, int seed) {

    /** METHOD-SEED, the name of the run's files. */
    @Override
    public String toString() {
        return method + "-" + seed;
    }
}
