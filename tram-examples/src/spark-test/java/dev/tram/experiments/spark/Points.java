package dev.tram.experiments.spark;

import ai.djl.Model;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.Batchifier;
import dev.tram.djl.Methods;
import dev.tram.djl.TramOptimizer;

/** A small network on points of the plane. */
public class Points implements SparkLocalSgd.Worker {

    /** Its weights and biases. */
    public static final int SIZE = 2 * 8 + 8 + 8 * 2 + 2;

    private final int batch;
    private final Model model;
    private final TramOptimizer optimizer;
    private final Trainer trainer;

    /**
     * Opens one.
     *
     * @param method the method
     * @param base sgd or adam
     * @param batch the size of a batch
     * @param dropout the rate, 0 for none
     */
    public Points(String method, String base, int batch, float dropout) {
        this.batch = batch;
        model = Model.newInstance("points", "PyTorch");
        SequentialBlock block =
                new SequentialBlock()
                        .add(Linear.builder().setUnits(8).build())
                        .add(Activation::tanh);
        if (dropout > 0) {
            block.add(Dropout.builder().optRate(dropout).build());
        }
        model.setBlock(block.add(Linear.builder().setUnits(2).build()));
        NDManager manager = model.getNDManager();
        manager.getEngine().setRandomSeed(1);
        block.initialize(manager, DataType.FLOAT32, new Shape(1, 2));
        Tracker rate = Tracker.fixed(0.05f);
        Optimizer plain =
                base.equals("sgd")
                        ? Optimizer.sgd().setLearningRateTracker(rate).build()
                        : Optimizer.adam().optLearningRateTracker(rate).build();
        optimizer = Methods.named(method).builder().setBaseOptimizer(plain).build();
        trainer = model.newTrainer(optimizer.trainingConfig(Loss.softmaxCrossEntropyLoss()));
        trainer.initialize(new Shape(1, 2));
    }

    @Override
    public TramOptimizer optimizer() {
        return optimizer;
    }

    @Override
    public Trainer trainer() {
        return trainer;
    }

    /** Points number × batch and so on, by their angle on a spiral; the label is the arm. */
    @Override
    public Batch batch(int number, NDManager manager) {
        float[] points = new float[2 * batch];
        long[] labels = new long[batch];
        for (int i = 0; i < batch; i++) {
            int example = (number - 1) * batch + i;
            double angle = example * 0.7;
            labels[i] = example % 2;
            double radius = (labels[i] == 0 ? 1 : -1) * (1 + angle % 3);
            points[2 * i] = (float) (radius * Math.cos(angle));
            points[2 * i + 1] = (float) (radius * Math.sin(angle));
        }
        return new Batch(
                manager,
                new NDList(manager.create(points, new Shape(batch, 2))),
                new NDList(manager.create(labels, new Shape(batch, 1))),
                batch,
                Batchifier.STACK,
                Batchifier.STACK,
                0,
                0);
    }

    @Override
    public void close() {
        trainer.close();
        optimizer.close();
        model.close();
    }
}
