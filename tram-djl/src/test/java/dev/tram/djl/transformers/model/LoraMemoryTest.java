package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.Batchifier;
import dev.tram.djl.Methods;
import dev.tram.djl.TramOptimizer;
import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** What adapters save of the memory of training GPT-2 (124 M parameters) on 4 x 64 tokens. */
@Tag("slow")
@EnabledOnOs(OS.LINUX)
class LoraMemoryTest {

    @Test
    void tramWithLoraNeedsLittleMoreThanAdamWithLora() throws IOException {
        double whole = ChildProcess.run(Child.class, "tram-pretrained", "whole", "memory");
        double tram = ChildProcess.run(Child.class, "tram-pretrained", "lora", "memory");
        double adam = ChildProcess.run(Child.class, "adam", "lora", "memory");
        System.out.printf(
                "peaks in MiB: TRAM on the whole model %.0f, TRAM with LoRA %.0f, Adam with LoRA"
                        + " %.0f%n",
                whole, tram, adam);
        assertThat(tram).isLessThanOrEqualTo(0.45 * whole).isLessThanOrEqualTo(1.10 * adam);
    }

    /** Of the last of a few steps; for the record, since machines differ. */
    @Test
    void stepTimes() throws IOException {
        for (String parameters : new String[] {"whole", "lora"}) {
            for (String method : new String[] {"adam", "tram-pretrained"}) {
                double seconds = ChildProcess.run(Child.class, method, parameters, "time");
                System.out.printf("%s, %s: %.2f s a step%n", method, parameters, seconds);
                assertThat(seconds).isPositive();
            }
        }
    }

    /** The process whose memory is measured. */
    static final class Child {

        private static final int STEPS = 4;

        private Child() {}

        public static void main(String[] arguments) throws IOException {
            double seconds = train(arguments[0], arguments[1].equals("lora"));
            ChildProcess.report(arguments[2].equals("time") ? seconds : ChildProcess.peakMemory());
        }

        /** Trains for a few steps and returns the last one's time in seconds. */
        private static double train(String method, boolean lora) {
            Engine.getInstance().setRandomSeed(1);
            Optimizer adam = Optimizer.adam().optLearningRateTracker(Tracker.fixed(1e-4f)).build();
            TramOptimizer tram = Methods.named(method).builder().setBaseOptimizer(adam).build();
            Gpt2 block = Gpt2Config.BASE.newBlock();
            try (tram;
                    Model model = Model.newInstance("large")) {
                block.initialize(model.getNDManager());
                if (lora) {
                    block.adapters()
                            .add("a", LoraConfig.builder().setTargetModules("c_attn").build());
                }
                model.setBlock(block);
                DefaultTrainingConfig config =
                        new DefaultTrainingConfig(new PositionLoss())
                                .optOptimizer(tram)
                                .addTrainingListeners(tram.listener());
                try (Trainer trainer = model.newTrainer(config)) {
                    long start = 0;
                    for (int step = 0; step < STEPS; step++) {
                        start = System.nanoTime();
                        step(trainer);
                    }
                    return (System.nanoTime() - start) / 1e9;
                }
            }
        }

        private static void step(Trainer trainer) {
            NDManager owner = trainer.getManager().newSubManager();
            NDList ids =
                    new NDList(owner.randomInteger(2, 50_000, new Shape(4, 64), DataType.INT64));
            NDList labels = new NDList(ids.head().duplicate());
            try (Batch batch =
                    new Batch(owner, ids, labels, 4, Batchifier.STACK, Batchifier.STACK, 0, 0)) {
                EasyTrain.trainBatch(trainer, batch);
                trainer.step();
            }
        }
    }
}
