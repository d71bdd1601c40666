package dev.tram.djl.internal.pytorch;

import ai.djl.Device;
import ai.djl.pytorch.jni.JniUtils;
import java.util.function.Supplier;

/**
 * libtorch's rewriting of a TorchScript graph after its first calls. On a GPU it fuses what is done
 * element by element into CUDA code of its own, which NVRTC compiles in the midst of training: at
 * the second call, and again at up to eleven further combinations of shapes. The kernels are
 * written so that they gain little by that, and a GPU runs them as they are written.
 */
final class GraphRewriting {

    /** DJL's property, which a TorchScript model of the user's follows too. */
    private static final String PROPERTY = "ai.djl.pytorch.graph_optimizer";

    private GraphRewriting() {}

    /**
     * Calls kernels, on a GPU with the rewriting off. It is a setting of the thread that can be
     * written and not read: afterwards it is what DJL's property says, on where that is not set.
     *
     * @param device the device of the arrays
     * @param call the call
     * @return its result
     */
    static <T> T offOnGpu(Device device, Supplier<T> call) {
        if (!device.isGpu()) {
            return call.get();
        }
        JniUtils.setGraphExecutorOptimize(false);
        try {
            return call.get();
        } finally {
            JniUtils.setGraphExecutorOptimize(
                    Boolean.parseBoolean(System.getProperty(PROPERTY, "true")));
        }
    }
}
