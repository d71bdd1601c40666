package dev.tram.examples.bench;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.TrainingConfig;

/** A trainer that adds up how long backward passes take. */
final class TimedTrainer extends Trainer {

    private long nanoseconds;

    TimedTrainer(Model model, TrainingConfig config) {
        super(model, config);
    }

    /** The time since the last call. */
    long take() {
        long taken = nanoseconds;
        nanoseconds = 0;
        return taken;
    }

    @Override
    public GradientCollector newGradientCollector() {
        GradientCollector collector = super.newGradientCollector();
        return new GradientCollector() {
            @Override
            public void backward(NDArray target) {
                long start = System.nanoTime();
                collector.backward(target);
                nanoseconds += System.nanoTime() - start;
            }

            @Override
            public void zeroGradients() {
                collector.zeroGradients();
            }

            @Override
            public void close() {
                collector.close();
            }
        };
    }
}
