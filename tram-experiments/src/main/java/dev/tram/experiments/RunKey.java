package dev.tram.experiments;

import java.io.Serializable;

/** Which run of a grid. */
public record RunKey(String method, int seed) implements Serializable {

    /** METHOD-SEED, the name of the run's files. */
    @Override
    public String toString() {
        return method + "-" + seed;
    }
}
