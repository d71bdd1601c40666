package dev.tram.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tram.djl.internal.engine.EngineBridge;

/**
 * The random numbers of a step. A step of a method that ascends draws one seed from the engine's
 * stream, derives from it the masks and the noise of all its passes, and lets the stream go on from
 * it. So the engine's seed decides what is drawn, passes over one batch see the same masks, and
 * optimizers share nothing. Methods without ascent draw nothing and seed nothing, except penalties
 * under replay.
 */
final class StepSeeds {

    /** What is drawn: each stream has a seed of its own. */
    enum Stream {
        /** What the user's objective draws before its first forward pass. */
        OBJECTIVE(0),
        /** Dropout and other randomness of a forward pass. */
        PASS(1),
        /** The noise z. */
        NOISE(2),
        /** Dropout after an InputNoise block, whether or not noise was drawn there. */
        AFTER_NOISE(3),
        /** Whether a random schedule ascends. */
        SCHEDULE(4),
        /** The engine's stream after the step. */
        NEXT(5);

        private final int code;

        Stream(int code) {
            this.code = code;
        }
    }

    /** The seed's name in a checkpoint. */
    static final String TEXT = "random_seed";

    private static final String NONE = "none";

    private final EngineBridge bridge;
    private final NDManager manager;
    private final boolean replay;

    private boolean seeded;
    private long seed;
    private boolean underWay;

    /** The seed of the latest step that ended, as a checkpoint has it. */
    private String ended = NONE;

    StepSeeds(EngineBridge bridge, NDManager manager, boolean replay) {
        this.bridge = bridge;
        this.manager = manager;
        this.replay = replay;
    }

    /** Begins a step that leaves the engine's stream alone. */
    void none() {
        seeded = false;
        underWay = true;
    }

    /** Begins a step: draws its seed. */
    void draw() {
        try (NDManager host = manager.newSubManager(Device.cpu());
                NDArray drawn =
                        host.randomInteger(0, Long.MAX_VALUE, new Shape(1), DataType.INT64)) {
            seed = drawn.toLongArray()[0];
        }
        seeded = true;
        underWay = true;
    }

    /**
     * Seeds the generator for a stream of a pass.
     *
     * @param replica the replica's index
     * @param pass the number of the pass over the batch, which counts only without replay
     * @param call which run of the model in the pass
     * @param position which place in the model
     */
    void start(Stream stream, int replica, int pass, int call, int position) {
        if (!seeded) {
            return;
        }
        long mixed = mix(mix(mix(mixed(stream) ^ replica) ^ call) ^ position);
        bridge.seed((replay ? mixed : mix(mixed ^ pass)) >>> 1);
    }

    /** A number in [0, 1) for the step's schedule. */
    double uniform() {
        return (mixed(Stream.SCHEDULE) >>> 11) * 0x1.0p-53;
    }

    /** Ends a step, if one is under way: the engine's stream goes on from its seed. */
    void end() {
        if (!underWay) {
            return;
        }
        underWay = false;
        ended = seeded ? Long.toString(seed) : NONE;
        if (seeded) {
            bridge.seed(mixed(Stream.NEXT) >>> 1);
        }
    }

    /** The seed of the latest step that ended, for a checkpoint. */
    String toText() {
        return ended;
    }

    static void check(StateTexts texts) {
        if (!texts.text(TEXT).equals(NONE)) {
            texts.integer(TEXT, 0);
        }
    }

    /** Sets the engine's stream to where it was after the step of a checkpoint. */
    void resume(StateTexts texts) {
        seeded = !texts.text(TEXT).equals(NONE);
        if (seeded) {
            seed = texts.integer(TEXT, 0);
        }
        underWay = true;
        end();
    }

    private long mixed(Stream stream) {
        return mix(mix(seed) ^ stream.code);
    }

    /** The finaliser of SplitMix64 (Steele, Lea, Flood 2014). */
    private static long mix(long value) {
        long z = value + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
