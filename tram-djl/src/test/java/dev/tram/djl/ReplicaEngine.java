package dev.tram.djl;

import ai.djl.BaseModel;
import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.internal.NDArrayEx;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;
import dev.tram.djl.internal.engine.EngineBridge;
import dev.tram.djl.internal.pytorch.EngineBridges;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * An engine with several devices, which DJL's CPU is not: PyTorch's, but each array says that it
 * lies on the device where it was put, and moving it to another one copies it.
 */
final class ReplicaEngine extends Engine {

    private static final Pattern UNRECORDED = Pattern.compile("set|duplicate|toType|[a-z]+i");

    private final EngineBridge bridge = EngineBridges.of(Engine.getEngine("PyTorch"));
    private final Engine pyTorch = Engine.getEngine("PyTorch");

    /** By PyTorch's own object, so that each has one proxy. */
    private final IdentityHashMap<Object, Object> proxies = new IdentityHashMap<>();

    static Device[] devices(int count) {
        Device[] devices = new Device[count];
        Arrays.setAll(devices, i -> Device.of("replica", i));
        return devices;
    }

    @Override
    public Engine getAlternativeEngine() {
        return null;
    }

    @Override
    public String getEngineName() {
        return "Replica";
    }

    @Override
    public int getRank() {
        return Integer.MAX_VALUE;
    }

    @Override
    public String getVersion() {
        return pyTorch.getVersion();
    }

    @Override
    public boolean hasCapability(String capability) {
        return false;
    }

    @Override
    public NDManager newBaseManager() {
        return newBaseManager(devices(1)[0]);
    }

    @Override
    public NDManager newBaseManager(Device device) {
        return (NDManager) wrap(pyTorch.newBaseManager(Device.cpu()), device);
    }

    @Override
    public void setRandomSeed(int seed) {
        JniUtils.setSeed(seed);
    }

    @Override
    public Model newModel(String name, Device device) {
        return new ReplicaModel(name, newBaseManager(device));
    }

    @Override
    public GradientCollector newGradientCollector() {
        GradientCollector collector = pyTorch.newGradientCollector();
        return new GradientCollector() {
            @Override
            public void backward(NDArray target) {
                collector.backward((NDArray) unwrap(target));
            }

            @Override
            public void zeroGradients() {
                collector.zeroGradients();
            }

            @Override
            public void close() {
                collector.close();
            }
        };
    }

    private Object wrap(Object value, Device device) {
        if (value instanceof NDList list) {
            NDList wrapped = new NDList(list.size());
            list.forEach(array -> wrapped.add((NDArray) wrap(array, device)));
            return wrapped;
        }
        if (value instanceof List<?> list) {
            return list.stream().map(item -> wrap(item, device)).toList();
        }
        if (value instanceof NDArray array) {
            return proxies.computeIfAbsent(array, a -> proxy(new OfArray(array, device)));
        }
        if (value instanceof NDArrayEx operations) {
            return proxies.computeIfAbsent(
                    operations, o -> proxy(new OfOperations(operations, device)));
        }
        if (value instanceof NDManager manager) {
            return proxies.computeIfAbsent(manager, m -> proxy(new OfManager(manager, device)));
        }
        return value;
    }

    private static Object unwrap(Object value) {
        if (value instanceof NDList list) {
            NDList inner = new NDList(list.size());
            list.forEach(array -> inner.add((NDArray) unwrap(array)));
            return inner;
        }
        if (value instanceof NDArray[] arrays) {
            return Arrays.stream(arrays).map(ReplicaEngine::unwrap).toArray(NDArray[]::new);
        }
        if (value instanceof Device) {
            return Device.cpu();
        }
        boolean proxied = value != null && Proxy.isProxyClass(value.getClass());
        return proxied ? ((Proxied) Proxy.getInvocationHandler(value)).inner : value;
    }

    private static Object proxy(Proxied handler) {
        Object proxy =
                Proxy.newProxyInstance(
                        ReplicaEngine.class.getClassLoader(),
                        new Class<?>[] {handler.type()},
                        handler);
        if (handler.inner instanceof NDArray array) {
            NDScope.unregister(array);
            NDScope.register((NDArray) proxy);
        }
        return proxy;
    }

    /** Hands calls on to PyTorch's object and wraps what comes back. */
    private abstract class Proxied implements InvocationHandler {

        final Object inner;
        final Device device;

        Proxied(Object inner, Device device) {
            this.inner = inner;
            this.device = device;
        }

        abstract Class<?> type();

        Object handOn(Method method, Object[] arguments) throws Throwable {
            Object[] unwrapped =
                    arguments == null
                            ? null
                            : Arrays.stream(arguments).map(ReplicaEngine::unwrap).toArray();
            try {
                return wrap(method.invoke(inner, unwrapped), device);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }
    }

    /**
     * An array; a variable's gradient exists at once, and changes of its value are not recorded.
     */
    private final class OfArray extends Proxied {

        private boolean variable;

        OfArray(NDArray inner, Device device) {
            super(inner, device);
        }

        @Override
        Class<?> type() {
            return NDArray.class;
        }

        @Override
        public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
            return switch (method.getName()) {
                case "getDevice" -> device;
                case "toDevice" -> toDevice(proxy, (Device) arguments[0], (boolean) arguments[1]);
                case "equals" -> proxy == arguments[0];
                case "hashCode" -> System.identityHashCode(proxy);
                case "setRequiresGradient" -> {
                    variable = (boolean) arguments[0];
                    handOn(method, arguments);
                    if (variable) {
                        bridge.defineGradients(new NDList((NDArray) inner));
                    }
                    yield null;
                }
                default -> {
                    boolean quiet = variable && UNRECORDED.matcher(method.getName()).matches();
                    yield quiet ? unrecorded(method, arguments) : handOn(method, arguments);
                }
            };
        }

        private Object unrecorded(Method method, Object[] arguments) throws Throwable {
            try (EngineBridge.Scope off = bridge.noGradient()) {
                return handOn(method, arguments);
            }
        }

        private Object toDevice(Object proxy, Device target, boolean copy) {
            if (target.equals(device) && !copy) {
                return proxy;
            }
            try (EngineBridge.Scope off = bridge.noGradient()) {
                return wrap(((NDArray) inner).duplicate(), target);
            }
        }
    }

    private final class OfOperations extends Proxied {

        OfOperations(NDArrayEx inner, Device device) {
            super(inner, device);
        }

        @Override
        Class<?> type() {
            return NDArrayEx.class;
        }

        @Override
        public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
            return handOn(method, arguments);
        }
    }

    private final class OfManager extends Proxied {

        OfManager(NDManager inner, Device device) {
            super(inner, device);
        }

        @Override
        Class<?> type() {
            return NDManager.class;
        }

        @Override
        public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
            return switch (method.getName()) {
                case "getDevice" -> device;
                case "getEngine" -> ReplicaEngine.this;
                case "equals" -> proxy == arguments[0];
                case "hashCode" -> System.identityHashCode(proxy);
                case "newSubManager" ->
                        wrap(
                                ((NDManager) inner).newSubManager(),
                                arguments == null ? device : (Device) arguments[0]);
                default -> handOn(method, arguments);
            };
        }
    }

    private static final class ReplicaModel extends BaseModel {

        ReplicaModel(String name, NDManager manager) {
            super(name);
            this.manager = manager;
            dataType = DataType.FLOAT32;
        }

        @Override
        public void load(Path path, String prefix, Map<String, ?> options) {
            throw new UnsupportedOperationException("load");
        }

        @Override
        public Trainer newTrainer(TrainingConfig config) {
            return new Trainer(this, config);
        }
    }
}
