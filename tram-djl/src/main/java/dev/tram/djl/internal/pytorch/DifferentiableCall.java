package dev.tram.djl.internal.pytorch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Calls of kernels that gradients flow through wherever the thread records them. */
final class DifferentiableCall {

    /** DJL takes the name of the method to run from the name of an array that is not passed on. */
    private static final String METHOD = "module_method:";

    private static final Map<Object, NDArray> CONSTANTS = new ConcurrentHashMap<>();

    private DifferentiableCall() {}

    /**
     * Runs a method that takes arrays and returns one.
     *
     * @param source the kernels' source, as for {@link ScriptModule#of}
     * @param method the method
     * @param arguments its arguments, at least one
     * @return the result, owned by the first argument's manager
     */
    static NDArray run(String source, String method, NDList arguments) {
        ScriptModule module = ScriptModule.of(source, arguments.head().getDevice());
        NDArray selector = CONSTANTS.computeIfAbsent(method, name -> selector(METHOD + name));
        try (NDList views = new NDList()) {
            NDList inputs = new NDList(arguments.size() + 1);
            for (NDArray argument : arguments) {
                inputs.add(argument.getName() == null ? argument : unnamed(argument, views));
            }
            inputs.add(selector);
            return module.differentiate(inputs);
        }
    }

    /** Adds a view of an array to a list: DJL groups inputs by their names, and a view has none. */
    private static NDArray unnamed(NDArray array, NDList views) {
        NDArray view = array.reshape(array.getShape());
        views.add(view);
        return view;
    }

    /** Returns a scalar argument on the CPU, which is never closed. */
    static NDArray scalar(float value) {
        return CONSTANTS.computeIfAbsent(value, number -> constants().create(value));
    }

    private static NDArray selector(String name) {
        NDArray selector = constants().create(0f);
        selector.setName(name);
        return selector;
    }

    /** A few scalars that live as long as the process, as the compiled modules do. */
    private static NDManager constants() {
        return ConstantsHolder.MANAGER;
    }

    private static final class ConstantsHolder {

        static final NDManager MANAGER = NDManager.newBaseManager(Device.cpu(), "PyTorch");

        static {
            MANAGER.setName("tram-kernel-constants");
        }
    }
}
