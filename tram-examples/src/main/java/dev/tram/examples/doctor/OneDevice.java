package dev.tram.examples.doctor;

import ai.djl.Device;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.tram.djl.HyperParameter;
import dev.tram.djl.Method;
import dev.tram.djl.Methods;
import dev.tram.djl.TramOptimizer;
import dev.tram.djl.TramStep.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * What one device must do, whose arrays and random numbers are not the CPU's: the same steps by
 * every method, the same dropout in each pass, weights that come back bit for bit, and runs that
 * resume.
 */
record OneDevice(Device device) {

    private static final int STEPS = 4;
    private static final int SAVED_AFTER = 2;
    private static final double TOLERANCE = 1e-4;
    private static final double RESUMED = 1e-6;
    private static final double SAME_MODEL = 1e-9;
    private static final float RATE = 0.01f;

    private static TramOptimizer tram(String name, float rate) {
        Method method = Methods.named(name);
        if (method.hyperParameters().contains(HyperParameter.SIGMA)) {
            // Each device draws noise by a generator of its own.
            method = method.with(HyperParameter.SIGMA, 0f);
        }
        Optimizer adam = Optimizer.adam().optLearningRateTracker(Tracker.fixed(rate)).build();
        return method.builder()
                .setBaseOptimizer(adam)
                .optParameterFilter(parameter -> true)
                .build();
    }

    private static void steps(Exercise exercise, int from, int to) {
        for (int number = from; number < to; number++) {
            step(exercise, number);
        }
    }

    private static Kind step(Exercise exercise, int number) {
        Random random = new Random(number);
        float[] x = new float[Exercise.ROWS * Exercise.FEATURES];
        float[] y = new float[Exercise.ROWS];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        for (int i = 0; i < y.length; i++) {
            y[i] = random.nextInt(Exercise.CLASSES);
        }
        return exercise.step(x, y).kind();
    }

    /** Returns the largest difference of a weight from the CPU's after some steps. */
    double error(String method) {
        try (Exercise there = new Exercise(tram(method, RATE), device, 0);
                Exercise here = new Exercise(tram(method, RATE), Device.cpu(), 0)) {
            here.setWeights(there.weights());
            steps(there, 0, STEPS);
            steps(here, 0, STEPS);
            return Exercise.difference(there.weights(), here.weights());
        }
    }

    /** Whether a model that does not move stays the same model in all passes, dropout included. */
    boolean replaysDropout() {
        try (Exercise still = new Exercise(tram("tram-previous", 0), device, 0.5f)) {
            double largest = 0;
            for (int number = 0; number < STEPS; number++) {
                step(still, number);
                largest = Math.max(largest, still.tram().lastStep().distance());
            }
            return largest < SAME_MODEL;
        }
    }

    /**
     * Whether the weights after an ascent and a step of rate 0 are those before, to the last bit.
     */
    boolean restores() {
        try (Exercise still = new Exercise(tram("asam", 0), device, 0)) {
            List<float[]> before = still.weights();
            return step(still, 0) == Kind.ASCENDED
                    && Exercise.difference(before, still.weights()) == 0;
        }
    }

    /** Whether a saved run goes on as one that never stopped. */
    boolean resumes() throws IOException {
        Path folder = Files.createTempDirectory("tram-doctor");
        Path file = folder.resolve("run");
        try (Exercise whole = new Exercise(tram("asam+mesa", RATE), device, 0);
                Exercise resumed = new Exercise(tram("asam+mesa", RATE), device, 0)) {
            steps(whole, 0, SAVED_AFTER);
            whole.tram().save(file);
            steps(whole, SAVED_AFTER, STEPS);
            resumed.tram().load(file);
            steps(resumed, SAVED_AFTER, STEPS);
            return Exercise.difference(whole.weights(), resumed.weights()) <= RESUMED;
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(folder);
        }
    }

    Finding find() throws IOException {
        List<String> wrong = new ArrayList<>();
        double largest = 0;
        for (String method : Methods.names()) {
            double error = error(method);
            largest = Math.max(largest, error);
            if (!(error <= TOLERANCE)) {
                wrong.add(String.format(Locale.ROOT, "%s %.1e from the CPU's", method, error));
            }
        }
        if (!replaysDropout()) {
            wrong.add("dropout is another in each pass");
        }
        if (!restores()) {
            wrong.add("weights are not restored bit for bit");
        }
        if (!resumes()) {
            wrong.add("a saved run goes on differently");
        }
        return wrong.isEmpty()
                ? Finding.pass(
                        String.format(
                                Locale.ROOT,
                                "%d methods at most %.1e from the CPU's; dropout replayed, weights"
                                        + " restored, resumed",
                                Methods.names().size(),
                                largest))
                : Finding.fail(String.join("; ", wrong), "report this with the whole output");
    }
}
