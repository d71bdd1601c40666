package dev.tram.examples.doctor;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import dev.tram.djl.TramOptimizer;
import dev.tram.djl.TramStep;
import dev.tram.experiments.Batches;
import java.util.List;

/** A small network in training on a device: 5 features, 7 hidden units, 3 classes, batches of 8. */
final class Exercise implements AutoCloseable {

    static final int ROWS = 8;
    static final int FEATURES = 5;
    static final int CLASSES = 3;

    private static final int HIDDEN = 7;

    private final TramOptimizer tram;
    private final Model model;
    private final Trainer trainer;

    /**
     * Begins a training.
     *
     * @param tram the optimizer, closed with the exercise
     * @param dropout the share of hidden units that are dropped
     */
    Exercise(TramOptimizer tram, Device device, float dropout) {
        this.tram = tram;
        model = Model.newInstance("exercise", device, "PyTorch");
        SequentialBlock block =
                new SequentialBlock()
                        .add(Linear.builder().setUnits(HIDDEN).build())
                        .add(Activation::tanh);
        if (dropout > 0) {
            block.add(Dropout.builder().optRate(dropout).build());
        }
        model.setBlock(block.add(Linear.builder().setUnits(CLASSES).build()));
        DefaultTrainingConfig config =
                tram.trainingConfig(Loss.softmaxCrossEntropyLoss())
                        .optDevices(new Device[] {device});
        trainer = model.newTrainer(config);
        trainer.initialize(new Shape(ROWS, FEATURES));
    }

    TramOptimizer tram() {
        return tram;
    }

    /** The parameters' values, in order. */
    List<float[]> weights() {
        return model.getBlock().getParameters().values().stream()
                .map(parameter -> parameter.getArray().toFloatArray())
                .toList();
    }

    /** By arithmetic: where DJL copies into an array, PyTorch prints a warning. */
    void setWeights(List<float[]> weights) {
        for (int i = 0; i < weights.size(); i++) {
            NDArray array = model.getBlock().getParameters().valueAt(i).getArray();
            try (NDArray values = array.getManager().create(weights.get(i), array.getShape())) {
                array.setRequiresGradient(false);
                array.subi(array).addi(values);
                array.setRequiresGradient(true);
            }
        }
    }

    /**
     * Trains on a batch.
     *
     * @param x the features, row by row
     */
    TramStep step(float[] x, float[] y) {
        NDManager manager = trainer.getManager().newSubManager();
        NDList features = new NDList(manager.create(x, new Shape(ROWS, FEATURES)));
        NDList classes = new NDList(manager.create(y, new Shape(ROWS)));
        try (Batch batch = Batches.of(manager, features, classes, ROWS)) {
            EasyTrain.trainBatch(trainer, batch);
            trainer.step();
        }
        return tram.lastStep();
    }

    static double difference(List<float[]> first, List<float[]> second) {
        double largest = 0;
        for (int i = 0; i < first.size(); i++) {
            for (int k = 0; k < first.get(i).length; k++) {
                double error = Math.abs((double) first.get(i)[k] - second.get(i)[k]);
                largest = error <= largest ? largest : error;
            }
        }
        return largest;
    }

    @Override
    public void close() {
        trainer.close();
        model.close();
        tram.close();
    }
}
