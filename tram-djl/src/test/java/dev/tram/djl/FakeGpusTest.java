package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.tram.djl.internal.pytorch.MultiTensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The GPUs that the other tests of this process seem to run on. */
@EnabledIfSystemProperty(named = FakeGpus.PROPERTY, matches = "[1-9]")
class FakeGpusTest {

    @Test
    void theEngineSeesThemAndTakesTheFirst() {
        Engine engine = Engine.getEngine("PyTorch");
        assertThat(engine.getGpuCount()).isEqualTo(FakeGpus.count());
        assertThat(engine.defaultDevice()).isEqualTo(Device.gpu(0));
        assertThat(engine.getDevices()).hasSize(FakeGpus.count());
    }

    @Test
    void whatIsComputedLiesWhereItsSourceDoes() {
        Device last = Device.gpu(FakeGpus.count() - 1);
        try (NDManager manager = NDManager.newBaseManager(last)) {
            NDArray array = manager.arange(3f).mul(2);
            assertThat(array.getDevice()).isEqualTo(last);
            assertThat(array.toFloatArray()).containsExactly(0, 2, 4);
            assertThat(array.duplicate().sum().getDevice()).isEqualTo(last);
        }
    }

    @Test
    void whatIsMovedIsACopy() {
        try (NDManager manager = NDManager.newBaseManager(Device.gpu(0));
                NDArray array = manager.ones(new Shape(2));
                NDArray moved = array.toDevice(Device.cpu(), false)) {
            assertThat(moved.getDevice()).isEqualTo(Device.cpu());
            moved.addi(1);
            assertThat(array.toFloatArray()).containsExactly(1, 1);
            assertThat(array.toDevice(Device.gpu(0), false)).isSameAs(array);
        }
    }

    @Test
    void theKernelsAreThoseOfAGpu() {
        try (NDManager manager = NDManager.newBaseManager(Device.gpu(0))) {
            NDArray array = manager.full(new Shape(2), 3f);
            NDArray norm = MultiTensors.forEngine(manager).squaredNorm(new NDList(array), manager);
            assertThat(norm.getDevice()).isEqualTo(Device.gpu(0));
            assertThat(norm.getFloat()).isCloseTo(18, within(1e-4f));
        }
    }
}
