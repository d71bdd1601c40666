package dev.tram.examples.bench;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.metric.Metric;
import ai.djl.metric.Metrics;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.tram.djl.Method;
import dev.tram.djl.Methods;
import dev.tram.djl.TramOptimizer;
import dev.tram.djl.pytorch.Kernels;
import dev.tram.djl.transformers.model.PositionLoss;
import dev.tram.experiments.MethodSettings;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** A method on a model of its own, ready to make steps. */
final class Contender implements AutoCloseable {

    /** Adam as DJL has it, without TRAM. */
    static final String DJL_ADAM = "djl-adam";

    /** The same on the model written with plain array operations. */
    static final String PLAIN_ADAM = "plain-adam";

    /** What follows a method's name to run it with plain array operations, attention included. */
    static final String PORTABLE = "-portable";

    private static final int BATCHES = 4;
    private static final long SEED = 1;

    /** Large enough that the model moves, so that no distance is 0. */
    private static final float LEARNING_RATE = 1e-4f;

    private final String name;
    private final BenchModel spec;
    private final Model model;
    private final TimedBlock block;
    private final TimedTrainer trainer;
    private final List<NDList> data = new ArrayList<>();
    private final List<NDList> labels = new ArrayList<>();
    private int steps;

    /**
     * Prepares a method: one of {@link Methods}, perhaps portable, {@link #DJL_ADAM} or {@link
     * #PLAIN_ADAM}.
     */
    Contender(String name, BenchModel spec, Device device) {
        this.name = name;
        this.spec = spec;
        model = Model.newInstance(name, device);
        NDManager manager = model.getNDManager();
        manager.getEngine().setRandomSeed((int) SEED);
        block = TimedBlock.of(name.equals(PLAIN_ADAM) ? spec.plainBlock() : spec.block());
        model.setBlock(block);
        trainer = new TimedTrainer(model, config(device));
        trainer.setMetrics(new Metrics());
        trainer.initialize(spec.inputShape());
        for (int i = 0; i < BATCHES; i++) {
            data.add(spec.data(manager));
            labels.add(spec.labels(manager));
        }
    }

    /** Fails for a name that is not a method's, or not one of this model's. */
    static void check(String name, BenchModel spec) {
        if (name.equals(PLAIN_ADAM)) {
            spec.checkPlain();
        } else if (!isDjl(name)) {
            named(name);
        }
    }

    private static boolean isDjl(String name) {
        return name.equals(DJL_ADAM) || name.equals(PLAIN_ADAM);
    }

    /** A method by its name, perhaps with hyper-parameters: NAME@KEY=VALUE. */
    private static Method named(String name) {
        return MethodSettings.PAPER.method(name.replaceFirst(PORTABLE + "$", ""));
    }

    /** Whether a method runs with {@link Kernels#PORTABLE}, which the process is to select. */
    static boolean isPortable(String name) {
        return name.endsWith(PORTABLE);
    }

    private DefaultTrainingConfig config(Device device) {
        Loss loss = new PositionLoss();
        Optimizer adam =
                Optimizer.adam().optLearningRateTracker(Tracker.fixed(LEARNING_RATE)).build();
        if (isDjl(name)) {
            return new DefaultTrainingConfig(loss)
                    .optDevices(new Device[] {device})
                    .optOptimizer(adam);
        }
        Method method = named(name);
        TramOptimizer tram =
                method.builder()
                        .setBaseOptimizer(adam)
                        .optLogits(NDList::head)
                        .optSelfCheck(false)
                        .build();
        return new DefaultTrainingConfig(tram.loss(loss))
                .optDevices(new Device[] {device})
                .optOptimizer(tram)
                .addTrainingListeners(tram.listener());
    }

    /**
     * Makes a step and returns the nanoseconds of each phase. Closing the batch is part of it, as
     * there a program without this library frees what the step made.
     */
    Map<Phase, Long> step() {
        int number = steps++ % BATCHES;
        long start = System.nanoTime();
        long trained;
        long stepped;
        try (Batch batch = spec.batch(model, data.get(number), labels.get(number))) {
            EasyTrain.trainBatch(trainer, batch);
            trained = System.nanoTime();
            trainer.step();
            wait(batch);
            stepped = System.nanoTime();
        }
        long end = System.nanoTime();
        return phases(end - start, stepped - trained);
    }

    /** On a GPU, waits until the weights are there. */
    private void wait(Batch batch) {
        if (batch.getManager().getDevice().isGpu()) {
            NDArray weight = model.getBlock().getParameters().valueAt(0).getArray();
            try (NDArray first = weight.flatten().get("0:1")) {
                first.toArray();
            }
        }
    }

    private Map<Phase, Long> phases(long whole, long baseStep) {
        Map<Phase, Long> phases = new EnumMap<>(Phase.class);
        phases.put(Phase.FORWARD, block.take());
        phases.put(Phase.BACKWARD, trainer.take());
        phases.put(Phase.DISTANCE, metric("tram_distance_time"));
        phases.put(Phase.ASCENT, metric("tram_ascent_time"));
        phases.put(Phase.RESTORE, metric("tram_restore_time"));
        phases.put(Phase.BASE_STEP, baseStep);
        long known = phases.values().stream().mapToLong(Long::longValue).sum();
        phases.put(Phase.OTHER, whole - known);
        trainer.setMetrics(new Metrics());
        return phases;
    }

    private long metric(String metric) {
        return trainer.getMetrics().getMetric(metric).stream()
                .map(Metric::getValue)
                .mapToLong(Number::longValue)
                .sum();
    }

    static Method.Passes passes(String name) {
        return (isDjl(name) ? Methods.named("adam") : named(name)).passes();
    }

    long parameters() {
        return model.getBlock().getParameters().values().stream()
                .mapToLong(parameter -> parameter.getArray().size())
                .sum();
    }

    @Override
    public void close() {
        trainer.close();
        model.close();
    }
}
