package dev.tram.djl.internal.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import dev.tram.core.MultiTensor;
import dev.tram.djl.pytorch.Kernels;
import java.io.File;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KernelsTest {

    private Properties properties;
    private NDManager manager;

    @BeforeEach
    void open() {
        properties = (Properties) System.getProperties().clone();
        System.clearProperty(Kernels.PROPERTY);
        manager = NDManager.newBaseManager("PyTorch");
    }

    @AfterEach
    void close() {
        manager.close();
        System.setProperties(properties);
    }

    @Test
    void fusedIsTheDefaultOnPyTorch() {
        assertThat(Kernels.of(manager)).isEqualTo(Kernels.FUSED);
        assertThat(MultiTensors.forEngine(manager)).isInstanceOf(FusedMultiTensor.class);
    }

    @Test
    void thePropertySelects() {
        System.setProperty(Kernels.PROPERTY, "portable");
        assertThat(MultiTensors.forEngine(manager)).isSameAs(MultiTensor.portable());
        System.setProperty(Kernels.PROPERTY, "fused");
        assertThat(MultiTensors.forEngine(manager)).isInstanceOf(FusedMultiTensor.class);
    }

    @Test
    void streamsPerThreadAreRefusedOnAGpu() {
        System.setProperty(Kernels.STREAMS, "true");
        NDManager cpu = manager.newSubManager(Device.cpu());
        assertThat(Kernels.of(cpu)).isEqualTo(Kernels.FUSED);
        NDManager gpu = manager.newSubManager(Device.gpu());
        assertThatThrownBy(() -> MultiTensors.forEngine(gpu))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("ai.djl.pytorch.enable_cuda_stream must be false on a GPU")
                .hasMessageContaining("received: true");
        System.setProperty(Kernels.PROPERTY, "portable");
        assertThat(Kernels.of(gpu)).isEqualTo(Kernels.PORTABLE);
    }

    @Test
    void anotherWordIsRefused() {
        System.setProperty(Kernels.PROPERTY, "fast");
        assertThatThrownBy(() -> MultiTensors.forEngine(manager))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("dev.tram.kernels must be one of portable, fused, received: fast");
    }

    @Test
    void otherEnginesArePortable() {
        NDManager other = managerOf(NDManager.class, new OtherEngine());
        assertThat(MultiTensors.forEngine(other)).isSameAs(MultiTensor.portable());
        System.setProperty(Kernels.PROPERTY, "fused");
        assertThatThrownBy(() -> MultiTensors.forEngine(other))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("dev.tram.kernels=fused needs the PyTorch engine, received: Other");
    }

    @Test
    void pyTorchNeedNotBeOnTheClassPath() throws Exception {
        System.clearProperty("ai.djl.default_engine");
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        try (WithoutPyTorch loader = new WithoutPyTorch()) {
            Thread.currentThread().setContextClassLoader(loader);
            assertThatThrownBy(() -> loader.loadClass("ai.djl.pytorch.engine.PtNDArray"))
                    .isInstanceOf(ClassNotFoundException.class);
            Class<?> managerType = loader.loadClass(NDManager.class.getName());
            Object engine =
                    loader.loadClass(OtherEngine.class.getName())
                            .getDeclaredConstructor()
                            .newInstance();
            Object other = managerOf(managerType, engine);
            assertThat(forEngine(loader, MultiTensors.class, managerType, other))
                    .hasToString("INSTANCE");
            assertThat(forEngine(loader, OptimizerKernels.class, managerType, other))
                    .isEqualTo(Optional.empty());
        } finally {
            Thread.currentThread().setContextClassLoader(context);
        }
    }

    private static Object forEngine(
            ClassLoader loader, Class<?> factory, Class<?> managerType, Object manager)
            throws ReflectiveOperationException {
        Method method = loader.loadClass(factory.getName()).getMethod("forEngine", managerType);
        return method.invoke(null, manager);
    }

    static <T> T managerOf(Class<T> type, Object engine) {
        return type.cast(
                Proxy.newProxyInstance(
                        type.getClassLoader(),
                        new Class<?>[] {type},
                        (proxy, method, arguments) -> {
                            assertThat(method.getName()).isEqualTo("getEngine");
                            return engine;
                        }));
    }

    /** This class path less the PyTorch engine. */
    private static final class WithoutPyTorch extends URLClassLoader {

        WithoutPyTorch() {
            super(urls(), ClassLoader.getPlatformClassLoader());
        }

        private static URL[] urls() {
            return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                    .filter(entry -> !Path.of(entry).getFileName().toString().contains("pytorch"))
                    .map(WithoutPyTorch::url)
                    .toArray(URL[]::new);
        }

        private static URL url(String entry) {
            try {
                return Path.of(entry).toUri().toURL();
            } catch (MalformedURLException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** An engine with a name and nothing else. */
    public static final class OtherEngine extends Engine {

        @Override
        public String getEngineName() {
            return "Other";
        }

        @Override
        public Engine getAlternativeEngine() {
            return null;
        }

        @Override
        public int getRank() {
            return Integer.MAX_VALUE;
        }

        @Override
        public String getVersion() {
            return "1";
        }

        @Override
        public boolean hasCapability(String capability) {
            return false;
        }

        @Override
        public Model newModel(String name, Device device) {
            throw new UnsupportedOperationException();
        }

        @Override
        public NDManager newBaseManager() {
            throw new UnsupportedOperationException();
        }

        @Override
        public NDManager newBaseManager(Device device) {
            throw new UnsupportedOperationException();
        }
    }
}
