package dev.tram.djl.internal.pytorch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * A group of kernels: a TorchScript source among the resources, compiled by libtorch once per
 * device.
 *
 * <p>Modules hold code only, no arrays, and live as long as the process. They may be called from
 * any thread.
 */
final class ScriptModule {

    private static final Map<Key, ScriptModule> LOADED = new ConcurrentHashMap<>();

    private final PtSymbolBlock block;
    private final Device device;

    private record Key(String source, Device device) {}

    private ScriptModule(PtSymbolBlock block, Device device) {
        this.block = block;
        this.device = device;
    }

    /**
     * Returns the kernels of a source, compiled at the first call for a device.
     *
     * @param source the resource's name beside this class, without {@code .py}
     * @param device the device of the arrays
     * @return the kernels
     */
    static ScriptModule of(String source, Device device) {
        return LOADED.computeIfAbsent(new Key(source, device), ScriptModule::load);
    }

    private static ScriptModule load(Key key) {
        byte[] archive = ScriptArchive.of(read(key.source() + ".py"), read("blocks.py"));
        NDManager manager = NDManager.newBaseManager(key.device(), "PyTorch");
        manager.setName("tram-kernels-" + key.source());
        try {
            ByteArrayInputStream stream = new ByteArrayInputStream(archive);
            return new ScriptModule(
                    JniUtils.loadModule((PtNDManager) manager, stream, false, false), key.device());
        } catch (IOException e) {
            manager.close();
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    private static String read(String resource) {
        try (InputStream stream = ScriptModule.class.getResourceAsStream(resource)) {
            if (stream == null) {
                throw new IllegalStateException("The resource " + resource + " is missing");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Runs a method that returns one array; gradients flow through it wherever the thread records
     * them.
     *
     * @param inputs its arguments; after them an array whose name says which method, none for
     *     {@code forward}
     * @return the result, owned by the first argument's manager
     */
    NDArray differentiate(NDList inputs) {
        return GraphRewriting.offOnGpu(device, () -> IValueUtils.forward(block, inputs, true))
                .singletonOrThrow();
    }

    /** Begins a call of a method; its arguments follow in order. */
    Call call(String method) {
        return new Call(method);
    }

    static PtNDArray pyTorch(NDArray array) {
        if (array instanceof PtNDArray pyTorch) {
            return pyTorch;
        }
        throw new IllegalArgumentException(
                "Fused kernels need arrays of the PyTorch engine, received: "
                        + array.getManager().getEngine().getEngineName());
    }

    /**
     * A call without gradient, whatever the thread's gradient mode; weights may be changed in
     * place.
     */
    final class Call {

        private final String method;
        private final List<Supplier<IValue>> arguments = new ArrayList<>();

        private Call(String method) {
            this.method = method;
        }

        Call arrays(NDList arrays) {
            PtNDArray[] list = arrays.stream().map(ScriptModule::pyTorch).toArray(PtNDArray[]::new);
            return add(() -> IValue.listFrom(list));
        }

        Call array(NDArray array) {
            PtNDArray value = pyTorch(array);
            return add(() -> IValue.from(value));
        }

        Call number(double value) {
            return add(() -> IValue.from(value));
        }

        Call integer(long value) {
            return add(() -> IValue.from(value));
        }

        /** Adds the numbers from one index up to another. */
        Call numbers(float[] values, int from, int to) {
            double[] numbers = new double[to - from];
            Arrays.setAll(numbers, i -> values[from + i]);
            return add(() -> IValue.listFrom(numbers));
        }

        Call text(String value) {
            return add(() -> IValue.from(value));
        }

        Call flag(boolean value) {
            return add(() -> IValue.from(value));
        }

        Call flags(List<Boolean> values) {
            boolean[] flags = new boolean[values.size()];
            for (int i = 0; i < flags.length; i++) {
                flags[i] = values.get(i);
            }
            return add(() -> IValue.listFrom(flags));
        }

        /** Adds the number of threads that libtorch spreads an operation over. */
        Call threads() {
            return integer(JniUtils.getNumThreads());
        }

        private Call add(Supplier<IValue> argument) {
            arguments.add(argument);
            return this;
        }

        /** Runs a method that returns nothing. */
        void run() {
            execute().close();
        }

        /**
         * Runs a method that returns one array.
         *
         * @param manager the owner of the result
         * @return the result
         */
        NDArray run(NDManager manager) {
            try (IValue result = execute();
                    NDArray inferred = result.toTensor((PtNDManager) manager)) {
                // libtorch allows no autograd on what was made in inference mode: copy it.
                return inferred.duplicate();
            }
        }

        /** Runs a method that returns true or false. */
        boolean test() {
            try (IValue result = execute()) {
                return result.toBoolean();
            }
        }

        private IValue execute() {
            List<IValue> values = new ArrayList<>(arguments.size());
            try {
                arguments.forEach(argument -> values.add(argument.get()));
                IValue[] inputs = values.toArray(IValue[]::new);
                return GraphRewriting.offOnGpu(
                        device, () -> IValueUtils.runMethod(block, method, inputs));
            } finally {
                values.forEach(IValue::close);
            }
        }
    }
}
