package dev.tram.experiments;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import ai.djl.training.dataset.Batch;
import dev.tram.djl.HyperParameter;
import dev.tram.djl.Method;
import dev.tram.djl.TramOptimizer;
import dev.tram.djl.analysis.RadiusSearch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A search for a method's radius, or another number of it, on held-out training data of a task.
 * Every value goes on from one warm-up, which is trained once without the method. What is trained
 * lies in the experiment's directory, so that an interrupted search goes on.
 */
public final class Tuning {

    /** How many skipped batches a run may have. */
    private static final int SKIPPED = 8;

    /** How many examples that are held out of training are judged at most, spread evenly. */
    private static final int HELD_OUT = 256;

    private static final int SEED = 0;

    private final Task task;
    private final ExperimentConfig config;
    private final ExperimentDirectory directory;
    private final String method;
    private final Progress progress;
    private final HyperParameter key;
    private final RadiusSearch search;

    private TuneRecord record;

    /** Describes a search; refuses a method that has nothing to look for. */
    public Tuning(
            Task task,
            ExperimentConfig config,
            TuneSettings settings,
            ExperimentDirectory directory,
            String method,
            Progress progress) {
        this.task = MethodVariant.of(method).taskOf(task, SEED);
        this.config = config;
        this.directory = directory;
        this.method = method;
        this.progress = progress;
        Method described = config.settings().method(method);
        key = settings.keyOf(described);
        search = settings.search(described, config.protocol().steps() - warmUp());
    }

    /** Returns how many updates a search makes at most, the warm-up included. */
    public static int updates(ExperimentConfig config, TuneSettings settings) {
        int warmUp = config.protocol().warmup();
        return warmUp + settings.updatesOf(config.protocol().steps() - warmUp);
    }

    private int warmUp() {
        return config.protocol().warmup();
    }

    private Path file() {
        return directory.root().resolve("tune-" + method + ".json");
    }

    /**
     * Runs what is not done yet.
     *
     * @throws IllegalStateException if no value's loss is finite
     */
    public TuneRecord run() throws IOException {
        Files.createDirectories(directory.root());
        record =
                Files.exists(file())
                        ? Json.read(file(), TuneRecord.class)
                        : new TuneRecord(task.name(), method, key.toString(), List.of(), null);
        try {
            warmedUp();
            RadiusSearch.Result result = search.run(value -> new Trial((float) value));
            record = record.with(result.best());
            Json.write(file(), record);
            for (float value : search.grid()) {
                new Savepoints(directory.checkpoint(variant(value))).delete();
            }
            new Savepoints(directory.checkpoint(plain())).delete();
            return record;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private RunKey variant(float value) {
        return new RunKey(TuneRecord.variant(method, key.toString(), value), SEED);
    }

    /** The base optimizer alone, at the method's learning rate. */
    private RunKey plain() {
        MethodVariant variant = MethodVariant.of(method);
        String rate = variant.learningRate() == null ? "" : "@lr=" + variant.learningRate();
        return new RunKey(variant.base(config.protocol().base()) + rate, SEED);
    }

    /** Trains the warm-up, if there is one and a value is still to be tried. */
    private void warmedUp() throws IOException {
        Savepoints saved = new Savepoints(directory.checkpoint(plain()));
        if (warmUp() == 0 || record.best() != null || saved.latest().isPresent()) {
            progress.skip(warmUp());
            return;
        }
        train(plain(), 0, warmUp());
    }

    /**
     * Trains on from the latest savepoint. Returns the loss on held-out data; NaN as soon as a
     * step's is not finite, or many batches were skipped.
     */
    private double train(RunKey run, int from, int to) throws IOException {
        try (Model model = TrainedWeights.open(task, config, run);
                Updates updates = new Updates(task, config, run, model)) {
            Savepoints saved = new Savepoints(directory.checkpoint(run));
            int begun = begin(updates.optimizer(), saved, from);
            updates.seedEngine(begun);
            for (int step = begun + 1; step <= to; step++) {
                StepRecord taken = updates.step(step);
                progress.step(task.name() + " " + run.method(), taken);
                boolean isStuck = updates.optimizer().skippedSteps() > SKIPPED;
                if (isStuck || !Double.isFinite(taken.loss())) {
                    progress.skip(to - step);
                    return Double.NaN;
                }
            }
            if (begun < to) {
                saved.save(to, updates.optimizer()::save);
            }
            return heldOutLoss(model);
        }
    }

    /** Returns after which update the run goes on: the end, if it was killed just after that. */
    private int begin(TramOptimizer optimizer, Savepoints own, int from) throws IOException {
        if (own.latest().isPresent()) {
            int step = own.load(optimizer);
            progress.skip(step - from);
            return step;
        }
        if (from > 0) {
            Optional<Path> warm = new Savepoints(directory.checkpoint(plain())).latest();
            optimizer.startFrom(warm.orElseThrow());
        }
        return from;
    }

    private double heldOutLoss(Model model) {
        int size = config.protocol().batch();
        int[] chosen = task.validation().spread(HELD_OUT);
        double sum = 0;
        for (int from = 0; from < chosen.length; from += size) {
            int[] items = Arrays.copyOfRange(chosen, from, Math.min(from + size, chosen.length));
            NDManager scope = model.getNDManager().newSubManager();
            try (Batch batch = task.validation().prepare(items).on(scope)) {
                ParameterStore store = new ParameterStore(scope, false);
                NDList outputs = model.getBlock().forward(store, batch.getData(), false);
                NDArray loss = task.loss().evaluate(batch.getLabels(), outputs);
                sum += items.length * (double) loss.getFloat();
            }
        }
        return sum / chosen.length;
    }

    /** A run of one value. */
    private final class Trial implements RadiusSearch.Trial {

        private final float value;
        private int done;

        Trial(float value) {
            this.value = value;
            done = warmUp();
        }

        @Override
        public double train(int steps) {
            int from = done;
            done += steps;
            Optional<RadiusSearch.Point> known = record.point(value, done - warmUp());
            if (known.isPresent()) {
                progress.skip(steps);
                return known.get().loss();
            }
            try {
                double loss = Tuning.this.train(variant(value), from, done);
                record = record.with(new RadiusSearch.Point(value, done - warmUp(), loss));
                Json.write(file(), record);
                return loss;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
