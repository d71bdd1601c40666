package dev.tram.djl.internal.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;

class ScriptModuleTest {

    @Test
    void aSourceIsCompiledOncePerDevice() {
        ScriptModule module = ScriptModule.of(FusedMultiTensor.BLOCKED, Device.cpu());
        assertThat(ScriptModule.of(FusedMultiTensor.BLOCKED, Device.cpu())).isSameAs(module);
    }

    @Test
    void aMissingSourceIsNamed() {
        assertThatThrownBy(() -> ScriptModule.of("missing", Device.cpu()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("The resource missing.py is missing");
    }

    @Test
    void aSourceThatDoesNotCompileIsShownWithItsLine() {
        assertThatThrownBy(() -> ScriptModule.of("broken", Device.cpu()))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining("unknown_operation(x)");
    }

    @Test
    void arraysOfOtherEnginesAreRefused() {
        NDArray other =
                (NDArray)
                        Proxy.newProxyInstance(
                                NDArray.class.getClassLoader(),
                                new Class<?>[] {NDArray.class},
                                (proxy, method, arguments) ->
                                        method.getName().equals("getManager")
                                                ? KernelsTest.managerOf(
                                                        NDManager.class,
                                                        new KernelsTest.OtherEngine())
                                                : null);
        ScriptModule module = ScriptModule.of(FusedMultiTensor.BLOCKED, Device.cpu());
        assertThatThrownBy(() -> module.call("zero").arrays(new NDList(other)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Fused kernels need arrays of the PyTorch engine, received: Other");
    }
}
