package dev.tram.djl.transformers.model;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.Batchifier;
import dev.tram.djl.Methods;
import dev.tram.djl.TramOptimizer;
import dev.tram.djl.TramStep;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Trains a small GPT-2 on the letters of a text: the licence, which every checkout has. */
final class CharacterTraining {

    static final Gpt2Config CONFIG = Gpt2Config.of(128, 64, 64, 2, 4);

    private static final int ROWS = 8;

    private final byte[] text;
    private final Random order = new Random(11);

    private CharacterTraining() {
        try {
            text = Files.readAllBytes(Path.of("..", "LICENSE"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Looks at the model inside its training. */
    interface Observer {

        /** Puts a block around the model. */
        Block around(Gpt2 model);

        /** Is told before each step. */
        void beginStep();
    }

    private static final Observer NOBODY =
            new Observer() {
                @Override
                public Block around(Gpt2 model) {
                    return model;
                }

                @Override
                public void beginStep() {}
            };

    /** Runs a method for some steps. */
    static List<TramStep> run(String method, Precision precision, int steps) {
        return run(method, precision, steps, NOBODY);
    }

    static List<TramStep> run(String method, Precision precision, int steps, Observer observer) {
        return new CharacterTraining().steps(method, precision, steps, observer);
    }

    private List<TramStep> steps(String method, Precision precision, int steps, Observer observer) {
        Engine.getInstance().setRandomSeed(3);
        Gpt2 gpt2 = CONFIG.withDropout(0).newBlock();
        gpt2.setPrecision(precision);
        TramOptimizer tram =
                Methods.named(method)
                        .builder()
                        .setBaseOptimizer(
                                Optimizer.adam()
                                        .optLearningRateTracker(Tracker.fixed(1e-3f))
                                        .build())
                        .build();
        List<TramStep> records = new ArrayList<>();
        try (Model model = Model.newInstance("letters")) {
            model.setBlock(observer.around(gpt2));
            DefaultTrainingConfig config =
                    new DefaultTrainingConfig(tram.loss(new PositionLoss()))
                            .optOptimizer(tram)
                            .addTrainingListeners(tram.listener());
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(new Shape(ROWS, CONFIG.nPositions()));
                for (int i = 0; i < steps; i++) {
                    observer.beginStep();
                    try (Batch batch = batch(trainer.getManager().newSubManager())) {
                        EasyTrain.trainBatch(trainer, batch);
                        trainer.step();
                    }
                    records.add(tram.lastStep());
                }
                trainer.notifyListeners(listener -> listener.onTrainingEnd(trainer));
            }
        }
        return records;
    }

    private Batch batch(NDManager manager) {
        int length = CONFIG.nPositions();
        long[] letters = new long[ROWS * length];
        long[] next = new long[ROWS * length];
        for (int row = 0; row < ROWS; row++) {
            int start = order.nextInt(text.length - length - 1);
            for (int i = 0; i < length; i++) {
                letters[row * length + i] = text[start + i];
                next[row * length + i] = text[start + i + 1];
            }
        }
        Shape shape = new Shape(ROWS, length);
        return new Batch(
                manager,
                new NDList(manager.create(letters, shape)),
                new NDList(manager.create(next, shape)),
                ROWS,
                Batchifier.STACK,
                Batchifier.STACK,
                0,
                0);
    }
}
