package dev.tram.core.analysis;

/** Is told of each step of a long analysis. */
@FunctionalInterface
public interface Progress {

    /**
     * Reports a finished step.
     *
     * @param done the steps done, at least 1
     * @param total the most steps there will be
     * @param value the step's figure: a loss, or the current estimate
     */
    void report(int done, int total, double value);

    /**
     * A listener that does nothing.
     *
     * @return the progress
     */
    static Progress none() {
        return (done, total, value) -> {};
    }
}
