package dev.tram.djl;

import dev.tram.djl.internal.engine.EngineBridge;

/**
 * Seeds of the engine's generator, so that all passes over one batch see the same dropout masks,
 * and masks and noise are the same in a resumed run.
 *
 * @param bridge the engine to seed
 * @param seed the user's seed
 * @param replay false to give each pass masks of its own
 */
record StepSeeds(EngineBridge bridge, long seed, boolean replay) {

    /** What is drawn: each stream has a seed of its own. */
    enum Stream {
        /** Dropout and other randomness of a pass. */
        PASS(0),
        /** The noise z. */
        NOISE(1),
        /** Dropout after an InputNoise block, whether or not noise was drawn there. */
        AFTER_NOISE(2);

        private final int code;

        Stream(int code) {
            this.code = code;
        }
    }

    /** Seeds the generator for a stream of a pass over one replica's part of a batch. */
    void start(Stream stream, FirstPass pass, int position) {
        long mixed = mix(seed);
        mixed = mix(mixed ^ pass.batch());
        mixed = mix(mixed ^ pass.replica().index());
        mixed = mix(mixed ^ (stream.code + 3L * position));
        if (!replay) {
            mixed = mix(mixed ^ pass.passes());
        }
        bridge.seed(mixed >>> 1);
    }

    /** The finaliser of SplitMix64 (Steele, Lea, Flood 2014). */
    private static long mix(long value) {
        long z = value + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
