package dev.tram.examples.cli;

/** How many threads an operation of the engine may take on the CPU. */
final class EngineThreads {

    private static final String PROPERTY = "ai.djl.pytorch.num_threads";

    private EngineThreads() {}

    /**
     * Sets a number, unless the user has set one; to be called before the engine is loaded. One is
     * best where operations are too short to be shared: on two cores, a step of {@code tram vit}
     * takes 1.3 to 1.6 times as long with two threads as with one.
     */
    static void prefer(int number) {
        if (System.getenv("OMP_NUM_THREADS") == null && System.getProperty(PROPERTY) == null) {
            System.setProperty(PROPERTY, Integer.toString(number));
        }
    }
}
