package dev.tram.djl.internal.pytorch;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import java.util.Locale;

/** Whose rounding Adam and AdamW have where they run on all parameters at once. */
public enum AdamNumbers {
    /** DJL's, to the last bit on a CPU. */
    DJL,

    /**
     * libtorch's fused operation's, which makes one pass over the arrays and rounds less often. It
     * steps where all parameters share their learning rate and no gradient is rescaled or clipped;
     * elsewhere DJL's numbers are kept.
     */
    LIBTORCH;

    /**
     * The system property that selects the numbers: {@code djl} (the default) or {@code libtorch}.
     */
    public static final String PROPERTY = "dev.tram.adam";

    /** The first minor version of PyTorch 2 whose fused operation runs on a CPU. */
    private static final int FIRST_ON_CPU = 4;

    /**
     * Returns what {@value #PROPERTY} names.
     *
     * @param manager a manager of the PyTorch engine
     * @return the numbers
     * @throws IllegalArgumentException if the property holds another word
     * @throws IllegalStateException if the engine's libtorch lacks the operation on a CPU
     */
    public static AdamNumbers of(NDManager manager) {
        String selected = System.getProperty(PROPERTY, "djl");
        if (selected.equals("djl")) {
            return DJL;
        }
        if (!selected.equals(LIBTORCH.name().toLowerCase(Locale.ROOT))) {
            throw new IllegalArgumentException(
                    PROPERTY + " must be djl or libtorch, received: " + selected);
        }
        String version = manager.getEngine().getVersion();
        if (manager.getDevice().equals(Device.cpu()) && !runsOnCpu(version)) {
            throw new IllegalStateException(
                    PROPERTY + "=libtorch needs PyTorch 2.4 on a CPU, received: " + version);
        }
        return LIBTORCH;
    }

    static boolean runsOnCpu(String version) {
        String[] parts = version.split("\\.", 3);
        int major = Integer.parseInt(parts[0]);
        return major > 2 || (major == 2 && Integer.parseInt(parts[1]) >= FIRST_ON_CPU);
    }
}
