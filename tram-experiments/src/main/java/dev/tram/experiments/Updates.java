package dev.tram.experiments;

import ai.djl.Model;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.tracker.Tracker;
import dev.tram.djl.HyperParameter;
import dev.tram.djl.Method;
import dev.tram.djl.TramOptimizer;
import dev.tram.djl.TramStep;
import dev.tram.experiments.data.Prefetch;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The updates of a model by one method with one seed, as a protocol says. */
final class Updates implements AutoCloseable {

    private final Protocol protocol;
    private final RunKey key;
    private final Tracker learningRate;
    private final Method.Passes most;
    private final TramOptimizer optimizer;
    private final Trainer trainer;
    private final Prefetch<Integer, Examples.Prepared> batches;

    Updates(Task task, ExperimentConfig config, RunKey key, Model model) {
        protocol = config.protocol();
        this.key = key;
        MethodVariant variant = MethodVariant.of(key.method());
        Float own = variant.learningRate();
        learningRate =
                protocol.schedule()
                        .tracker(
                                own == null ? protocol.learningRate() : own,
                                protocol.warmup(),
                                protocol.steps());
        optimizer = optimizer(config, variant);
        most = method(config, key).passes();
        trainer =
                model.newTrainer(
                        new DefaultTrainingConfig(optimizer.loss(task.loss()))
                                .optOptimizer(optimizer)
                                .optDevices(config.toDevices())
                                .addTrainingListeners(optimizer.listener()));
        batches =
                new Prefetch<>(number -> task.trainingBatch(key.seed(), number, protocol.batch()));
    }

    private TramOptimizer optimizer(ExperimentConfig config, MethodVariant variant) {
        TramOptimizer.Builder builder =
                method(config, key)
                        .builder()
                        .setBaseOptimizer(variant.base(protocol.base()).build(learningRate))
                        .optLogits(NDList::head)
                        .optAccumulationSteps(protocol.accumulation());
        variant.weights().average(protocol.steps()).ifPresent(builder::optWeightAverage);
        if (protocol.maxGradNorm() != null) {
            builder.optMaxGradNorm(protocol.maxGradNorm());
        }
        return builder.build();
    }

    /** The method of a run, which knows the length of its training, unless the key says another. */
    static Method method(ExperimentConfig config, RunKey key) {
        Method method = config.settings().method(key.method());
        boolean asks =
                method.hyperParameters().contains(HyperParameter.STEPS)
                        && !MethodVariant.of(key.method())
                                .given()
                                .containsKey(HyperParameter.STEPS);
        return asks ? method.with(HyperParameter.STEPS, config.protocol().steps()) : method;
    }

    TramOptimizer optimizer() {
        return optimizer;
    }

    /**
     * Seeds the engine after a step, so that a run that goes on from there draws what the
     * undisturbed one draws.
     */
    void seedEngine(int step) {
        trainer.getManager().getEngine().setRandomSeed(Objects.hash(key.seed(), step));
    }

    /** Makes an update, the first of which is number 1. */
    StepRecord step(int step) {
        return step(WorkerBatches.ALL, step);
    }

    /** Makes an update of one of several workers. */
    StepRecord step(WorkerBatches own, int step) {
        long begin = System.nanoTime();
        List<TramStep> taken = new ArrayList<>();
        for (int i = 1; i <= protocol.accumulation(); i++) {
            trainOn(own, (step - 1) * protocol.accumulation() + i);
            taken.add(optimizer.lastStep());
        }
        double milliseconds = (System.nanoTime() - begin) / 1e6;
        float rate = learningRate.getNewValue(step);
        return StepRecord.mean(
                taken.stream()
                        .map(each -> StepRecord.of(step, each, passes(each), rate, milliseconds))
                        .toList());
    }

    /** A batch without an ascent, by its schedule or since ε* was 0, has no second pass. */
    private Method.Passes passes(TramStep taken) {
        boolean ascended = most.backward() == 1 || Double.isFinite(taken.perturbedLoss());
        if (ascended || taken.kind() == TramStep.Kind.SKIPPED) {
            return most;
        }
        boolean measured = Double.isFinite(taken.distance());
        return new Method.Passes(measured ? 1 + most.forward() - most.backward() : 1, 1);
    }

    private void trainOn(WorkerBatches own, int number) {
        NDManager manager = trainer.getManager().newSubManager();
        try (Batch batch = batches.get(own.batch(number), own.batch(number + 1)).on(manager)) {
            EasyTrain.trainBatch(trainer, batch);
            trainer.step();
        }
    }

    @Override
    public void close() {
        batches.close();
        trainer.close();
        optimizer.close();
    }
}
