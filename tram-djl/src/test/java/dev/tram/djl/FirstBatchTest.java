package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import dev.tram.core.Ascent;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A first batch that is skipped is skipped once, and then it is as if it had not been. */
class FirstBatchTest {

    @TempDir private Path folder;

    private static TramOptimizer.Builder sam() {
        return TramOptimizer.builder()
                .setBaseOptimizer(Training.sgd())
                .optAscent(Ascent.sam(0.05f));
    }

    /** A linear layer 2 → 2 under the L2 loss, SGD at 0.1 and SAM at ρ = 0.05. */
    private static final class Plane implements AutoCloseable {

        final TramOptimizer tram;
        final Model model = Model.newInstance("plane");
        final Trainer trainer;

        Plane(TramOptimizer tram) {
            this.tram = tram;
            model.setBlock(Linear.builder().setUnits(2).build());
            trainer = model.newTrainer(tram.trainingConfig(Loss.l2Loss()));
            trainer.initialize(new Shape(1, 2));
            set("weight", 1, 2, 0.5f, -1);
            set("bias", 0, 0);
        }

        private NDArray parameter(String name) {
            return model.getBlock().getParameters().get(name).getArray();
        }

        private void set(String name, float... values) {
            NDArray array = parameter(name);
            try (NDArray source = array.getManager().create(values, array.getShape())) {
                array.set(new NDIndex("..."), source);
            }
        }

        TramStep.Kind step(float one, float two) {
            NDManager manager = trainer.getManager().newSubManager();
            NDArray data = manager.create(new float[] {one, two}, new Shape(1, 2));
            NDArray label = manager.create(new float[] {1, 0}, new Shape(1, 2));
            try (Batch batch = Training.batch(manager, data, label)) {
                EasyTrain.trainBatch(trainer, batch);
                trainer.step();
            }
            return tram.lastStep().kind();
        }

        @Override
        public void close() {
            trainer.close();
            tram.close();
            model.close();
        }
    }

    /** The weights after inputs [1, 1] and [2, 1], computed in float64 by numpy. */
    private static void assertReference(Plane plane) {
        assertThat(plane.parameter("weight").toFloatArray())
                .containsExactly(
                        new float[] {0.625242f, 1.7605206f, 0.5151365f, -0.9794067f},
                        within(2e-6f));
        assertThat(plane.parameter("bias").toFloatArray())
                .containsExactly(new float[] {-0.2394794f, 0.0205933f}, within(2e-6f));
        assertThat(plane.tram.skippedSteps()).isEqualTo(1);
    }

    @Test
    void ofARun() {
        try (Plane plane = new Plane(sam().build())) {
            assertThat(plane.step(1, Float.NaN)).isEqualTo(TramStep.Kind.SKIPPED);
            assertThat(plane.step(1, 1)).isEqualTo(TramStep.Kind.ASCENDED);
            assertThat(plane.step(2, 1)).isEqualTo(TramStep.Kind.ASCENDED);
            assertReference(plane);
        }
    }

    @Test
    void afterLoading() throws IOException {
        Path file = folder.resolve("run.safetensors");
        try (Plane plane = new Plane(sam().build())) {
            plane.step(1, 1);
            plane.tram.save(file);
        }
        try (Plane plane = new Plane(sam().build())) {
            plane.tram.load(file);
            assertThat(plane.step(1, Float.NaN)).isEqualTo(TramStep.Kind.SKIPPED);
            plane.step(2, 1);
            assertReference(plane);
        }
    }

    /** The rest of a skipped batch's group is an update of its own. */
    @Test
    void ofAnAccumulatedPair() {
        try (Plane plane = new Plane(sam().optAccumulationSteps(2).build())) {
            assertThat(plane.step(1, Float.NaN)).isEqualTo(TramStep.Kind.SKIPPED);
            assertThat(plane.step(1, 1)).isEqualTo(TramStep.Kind.ASCENDED);
            assertThat(plane.tram.skippedSteps()).isEqualTo(1);
            plane.step(2, 1);
            plane.step(2, 1);
            assertThat(plane.tram.skippedSteps()).isEqualTo(1);
            assertReference(plane);
        }
    }

    /** Signed gradients of a probe's bias add up to about 0, which DJL's own check refuses. */
    @ParameterizedTest
    @ValueSource(floats = {0, 0.05f})
    void ofALinearProbeIsNotRefused(float rho) {
        for (int seed = 0; seed < 100; seed++) {
            Engine.getEngine("PyTorch").setRandomSeed(seed);
            TramOptimizer tram = sam().optAscent(Ascent.sam(rho)).build();
            Block backbone = Linear.builder().setUnits(3).build();
            try (tram;
                    Model model = Model.newInstance("probe")) {
                model.setBlock(
                        new SequentialBlock()
                                .add(backbone)
                                .add(x -> new NDList(x.head().getNDArrayInternal().relu()))
                                .add(Linear.builder().setUnits(2).build()));
                backbone.freezeParameters(true);
                Loss loss = Loss.softmaxCrossEntropyLoss();
                try (Trainer trainer = model.newTrainer(tram.trainingConfig(loss))) {
                    trainer.initialize(new Shape(4, 2));
                    NDManager manager = trainer.getManager().newSubManager();
                    NDArray labels = manager.arange(4f).mod(2);
                    NDArray data = manager.randomNormal(new Shape(4, 2));
                    try (Batch batch = Training.batch(manager, data, labels)) {
                        EasyTrain.trainBatch(trainer, batch);
                        trainer.step();
                    }
                    assertThat(tram.batches()).isEqualTo(1);
                    assertThat(tram.skippedSteps()).isZero();
                }
            }
        }
    }
}
