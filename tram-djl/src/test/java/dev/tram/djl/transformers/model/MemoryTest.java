package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import dev.tram.djl.pytorch.Kernels;
import java.io.IOException;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What a forward and a backward pass need beside the weights. */
@Tag("slow")
class MemoryTest {

    private static final Gpt2Config MINI = Gpt2Config.of(8000, 256, 256, 6, 8).withDropout(0);

    @Test
    void thePlainBlockComputesTheSame() {
        Gpt2 model = Gpt2Config.of(50, 12, 24, 2, 3).withDropout(0).newBlock();
        try (NDManager manager = NDManager.newBaseManager()) {
            model.initialize(manager);
            NDArray ids = manager.arange(24).toType(DataType.INT64, false).reshape(2, 12);
            ParameterStore store = new ParameterStore(manager, false);
            NDArray expected = new PlainGpt2(model).forward(store, new NDList(ids), false).head();
            NDArray actual = model.forward(store, new NDList(ids), false).head();
            assertThat(actual.sub(expected).abs().max().getFloat()).isLessThan(1e-5f);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aForwardAndABackwardPassNeedAQuarterLessThanPlainOperations() throws IOException {
        double plain = ChildProcess.run(Child.class, "plain");
        double portable = ChildProcess.run(Child.class, "portable");
        double fused = ChildProcess.run(Child.class, "fused");
        System.out.printf("plain %.0f MiB, portable %.0f, fused %.0f%n", plain, portable, fused);
        assertThat(portable).isLessThan(0.75 * plain);
        assertThat(fused).isLessThan(portable);
    }

    /** The process whose memory is measured. */
    static final class Child {

        private Child() {}

        public static void main(String[] arguments) throws IOException {
            boolean plain = arguments[0].equals("plain");
            System.setProperty(Kernels.PROPERTY, plain ? "portable" : arguments[0]);
            try (NDManager manager = NDManager.newBaseManager()) {
                Gpt2 model = MINI.newBlock();
                model.initialize(manager);
                Block block = plain ? new PlainGpt2(model) : model;
                ParameterStore store = new ParameterStore(manager, false);
                UnaryOperator<NDArray> logits =
                        ids -> block.forward(store, new NDList(ids), true).head();
                pass(manager, MINI, logits, 1);
                double before = ChildProcess.residentMemory();
                pass(manager, MINI, logits, 8);
                ChildProcess.report(ChildProcess.peakMemory() - before);
            }
        }

        static void pass(
                NDManager manager, Gpt2Config config, UnaryOperator<NDArray> logits, long rows) {
            Shape shape = new Shape(rows, config.nPositions());
            try (NDManager scope = manager.newSubManager();
                    GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                NDArray ids = scope.randomInteger(0, config.vocabSize(), shape, DataType.INT64);
                NDArray predicted = logits.apply(ids).reshape(-1, config.vocabSize());
                NDArray loss =
                        Loss.softmaxCrossEntropyLoss()
                                .evaluate(new NDList(ids.reshape(-1)), new NDList(predicted));
                collector.backward(loss);
            }
        }
    }
}
