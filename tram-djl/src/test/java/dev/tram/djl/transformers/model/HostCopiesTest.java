package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.tram.djl.HostTraffic;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A pass of a model hands no number of the host to the device, for which a GPU would wait. */
class HostCopiesTest {

    static List<String> models() {
        return ReferenceModel.NAMES;
    }

    @ParameterizedTest
    @MethodSource("models")
    void aTrainingPassCopiesNothing(String name) throws IOException {
        ReferenceModel reference = ReferenceModel.of(name);
        try (NDManager manager = NDManager.newBaseManager();
                HostTraffic traffic = new HostTraffic()) {
            TransformerModel block = Checkpoint.open(reference.directory()).load(manager);
            NDList inputs = reference.inputs(manager);
            ParameterStore store = new ParameterStore(manager, false);
            for (int pass = 0; pass < 2; pass++) {
                traffic.reset();
                try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                    NDArray logits = block.forward(store, inputs, true).head();
                    collector.backward(logits.square().mean());
                }
            }
            assertThat(traffic.copies()).isEmpty();
            assertThat(traffic.reads()).isEmpty();
        }
    }
}
