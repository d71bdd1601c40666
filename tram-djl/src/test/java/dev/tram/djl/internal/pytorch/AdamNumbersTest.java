package dev.tram.djl.internal.pytorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.tram.djl.internal.engine.FusedStep;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AdamNumbersTest {

    private NDManager manager;

    @BeforeEach
    void open() {
        manager = NDManager.newBaseManager("PyTorch");
        System.clearProperty(AdamNumbers.PROPERTY);
    }

    @AfterEach
    void close() {
        System.clearProperty(AdamNumbers.PROPERTY);
        manager.close();
    }

    @Test
    void djlsAreTheDefault() {
        assertThat(AdamNumbers.of(manager)).isEqualTo(AdamNumbers.DJL);
        System.setProperty(AdamNumbers.PROPERTY, "djl");
        assertThat(AdamNumbers.of(manager)).isEqualTo(AdamNumbers.DJL);
    }

    @Test
    void anotherWordIsRefused() {
        System.setProperty(AdamNumbers.PROPERTY, "fast");
        assertThatThrownBy(() -> AdamNumbers.of(manager))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("dev.tram.adam must be djl or libtorch, received: fast");
    }

    @Test
    void libtorchsNeedsAnEngineThatHasThem() {
        System.setProperty(AdamNumbers.PROPERTY, "libtorch");
        String version = manager.getEngine().getVersion();
        if (AdamNumbers.runsOnCpu(version)) {
            assertThat(AdamNumbers.of(manager)).isEqualTo(AdamNumbers.LIBTORCH);
        } else {
            assertThatThrownBy(() -> AdamNumbers.of(manager))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage(
                            "dev.tram.adam=libtorch needs PyTorch 2.4 on a CPU, received: "
                                    + version);
        }
    }

    @Test
    void readsVersions() {
        assertThat(AdamNumbers.runsOnCpu("2.3.1")).isFalse();
        assertThat(AdamNumbers.runsOnCpu("2.4.0")).isTrue();
        assertThat(AdamNumbers.runsOnCpu("2.10.0")).isTrue();
        assertThat(AdamNumbers.runsOnCpu("3.0.0")).isTrue();
        assertThat(AdamNumbers.runsOnCpu("1.13.1")).isFalse();
    }

    /** Both go the same way, and the property decides between them. */
    @Test
    void thePropertySelects() {
        assumeThat(AdamNumbers.runsOnCpu(manager.getEngine().getVersion())).isTrue();
        NDArray djl = afterThreeSteps();
        assertThat(afterThreeSteps()).isEqualTo(djl);
        System.setProperty(AdamNumbers.PROPERTY, "libtorch");
        NDArray libtorch = afterThreeSteps();
        assertThat(libtorch).isNotEqualTo(djl);
        assertThat(libtorch.sub(djl).abs().max().getFloat()).isLessThan(1e-6f);
    }

    private NDArray afterThreeSteps() {
        manager.getEngine().setRandomSeed(3);
        Optimizer base = Optimizer.adam().optLearningRateTracker(Tracker.fixed(0.01f)).build();
        FusedStep step = FusedOptimizer.of(base, manager).orElseThrow();
        NDArray weight = manager.randomNormal(new Shape(50, 40));
        for (int t = 0; t < 3; t++) {
            NDArray gradient = manager.randomNormal(weight.getShape());
            step.step(new String[] {"w"}, new NDList(weight), new NDList(gradient));
        }
        return weight;
    }
}
