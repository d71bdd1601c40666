package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tram.core.Ascent;
import dev.tram.core.Descent;
import dev.tram.core.Direction;
import dev.tram.core.Neighborhood;
import dev.tram.core.Noise;
import dev.tram.core.Radius;
import dev.tram.core.Schedule;
import dev.tram.core.TrustRegion;
import dev.tram.djl.pytorch.Kernels;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The methods beyond the paper against the float64 reference, after every step. */
class ZooTest {

    private static final JsonNode REFERENCE = load();
    private static final int CLASSES = 3;
    private static final Shape BATCH = new Shape(8, 5);

    private float[] noiseOfStep;

    private enum Way {
        LISTENER,
        CLOSURE
    }

    private static JsonNode load() {
        try (InputStream in = ZooTest.class.getResourceAsStream("/reference/zoo.json")) {
            return new ObjectMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<String> names(String field) {
        Iterable<String> names = () -> REFERENCE.get(field).fieldNames();
        return StreamSupport.stream(names.spliterator(), false);
    }

    static Stream<Arguments> settings() {
        assertThat(names("methods")).hasSize(25);
        return names("methods")
                .flatMap(
                        method ->
                                names("base_optimizers")
                                        .filter(base -> takes(method, base))
                                        .map(base -> List.of(method, base)))
                .flatMap(
                        pair ->
                                Stream.of(Kernels.values())
                                        .flatMap(
                                                kernels ->
                                                        Stream.of(Way.values())
                                                                .map(
                                                                        way ->
                                                                                Arguments.of(
                                                                                        pair.get(0),
                                                                                        pair.get(1),
                                                                                        kernels,
                                                                                        way))));
    }

    /** What a base optimizer lacks is refused when the optimizer is built. */
    private static boolean takes(String method, String base) {
        return REFERENCE.get("trajectories").get(base).has(method);
    }

    @AfterEach
    void selectNoKernels() {
        System.clearProperty(Kernels.PROPERTY);
    }

    @ParameterizedTest(name = "{0} on {1}, {2}, {3}")
    @MethodSource("settings")
    void followsTheReference(String method, String base, Kernels kernels, Way way) {
        System.setProperty(Kernels.PROPERTY, kernels.name().toLowerCase(Locale.ROOT));
        JsonNode expected = REFERENCE.get("trajectories").get(base).get(method);
        assertThat(expected).hasSize(8);
        double tolerance = tolerance(method, base);
        try (NDManager manager = NDManager.newBaseManager("PyTorch");
                TramOptimizer tram = optimizer(method, base, manager);
                Model model = Model.newInstance("zoo", "PyTorch")) {
            model.setBlock(
                    new SequentialBlock()
                            .add(Linear.builder().setUnits(7).build())
                            .add(Activation::tanh)
                            .add(Linear.builder().setUnits(CLASSES).build()));
            try (Trainer trainer =
                    model.newTrainer(tram.trainingConfig(Loss.softmaxCrossEntropyLoss()))) {
                trainer.initialize(BATCH);
                List<Parameter> parameters = model.getBlock().getParameters().values();
                for (int i = 0; i < parameters.size(); i++) {
                    parameters.get(i).getArray().set(floats("initial_parameters", i));
                }
                for (int t = 0; t < expected.size(); t++) {
                    step(tram, trainer, t, way);
                    check(tram.lastStep(), parameters, expected.get(t), tolerance, "step " + t);
                }
            }
        }
    }

    /**
     * LookSAM's part of g′ beside g is the difference of two nearly equal gradients, at weights
     * that float32 holds to 1e-3 of ε, lengthened to α‖g‖ and, by Adam, divided by small √v̂. Exact
     * gradients at weights in float32 are up to 2e-6 from the reference (Adam: 1e-5), gradients in
     * float32 up to 7e-6 (Adam: 5e-5).
     */
    private static double tolerance(String method, String base) {
        JsonNode descent = REFERENCE.get("methods").get(method).path("descent");
        if (!descent.path(0).asText().equals("reuse")) {
            return 1e-6;
        }
        return base.equals("adam") ? 1e-4 : 3e-5;
    }

    private void step(TramOptimizer tram, Trainer trainer, int t, Way way) {
        JsonNode batch = REFERENCE.get("batches").get(t);
        noiseOfStep = floats(batch.get("noise"));
        NDManager manager = trainer.getManager().newSubManager();
        NDArray x = manager.create(floats(batch.get("x")), BATCH);
        NDArray y = manager.create(floats(batch.get("y")), new Shape(BATCH.get(0)));
        try (Batch data = Training.batch(manager, x, y)) {
            if (way == Way.LISTENER) {
                EasyTrain.trainBatch(trainer, data);
                trainer.step();
            } else {
                NDList labels = data.getLabels();
                tram.step(
                        trainer,
                        data,
                        () -> {
                            NDList outputs = trainer.forward(data.getData(), labels);
                            return trainer.getLoss().evaluate(labels, outputs);
                        });
            }
        }
    }

    private TramOptimizer optimizer(String method, String base, NDManager manager) {
        JsonNode axes = REFERENCE.get("methods").get(method);
        boolean decays = axes.path("decay_rate").asBoolean();
        TramOptimizer.Builder builder =
                TramOptimizer.builder()
                        .setBaseOptimizer(base(base, decays))
                        .optAscent(
                                new Ascent(
                                        direction(axes.path("direction")),
                                        neighborhood(axes.path("neighborhood").asText()),
                                        radius(axes.path("radius"), manager),
                                        schedule(axes.path("schedule"))))
                        .optDescent(descent(axes.path("descent")));
        if (axes.has("only")) {
            builder.optParameterFilter(parameter -> parameter.getType() == Parameter.Type.BIAS);
        }
        return builder.build();
    }

    private static Optimizer base(String name, boolean decays) {
        JsonNode values = REFERENCE.get("base_optimizers").get(name);
        double rate = values.get("lr").doubleValue();
        int steps = REFERENCE.get("batches").size();
        Tracker tracker =
                update -> (float) (decays ? rate * (1 - 0.5 * (update - 1) / steps) : rate);
        return switch (name) {
            case "sgd" -> Optimizer.sgd().setLearningRateTracker(tracker).build();
            case "momentum" ->
                    Optimizer.sgd()
                            .setLearningRateTracker(tracker)
                            .optMomentum(values.get("momentum").floatValue())
                            .build();
            case "adam" ->
                    Optimizer.adam()
                            .optLearningRateTracker(tracker)
                            .optBeta1(values.get("beta1").floatValue())
                            .optBeta2(values.get("beta2").floatValue())
                            .optEpsilon(values.get("epsilon").floatValue())
                            .build();
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static Direction direction(JsonNode axis) {
        return switch (axis.path(0).asText()) {
            case "" -> Direction.gradient();
            case "friendly" -> Direction.friendly(number(axis, 1), number(axis, 2));
            case "averaged" -> Direction.averaged(number(axis, 1));
            case "momentum" -> Direction.momentum();
            default -> throw new IllegalArgumentException(axis.toString());
        };
    }

    private static Neighborhood neighborhood(String axis) {
        return switch (axis) {
            case "" -> Neighborhood.euclidean();
            case "adaptive" -> Neighborhood.adaptive();
            case "preconditioned" -> Neighborhood.preconditioned();
            default -> throw new IllegalArgumentException(axis);
        };
    }

    private Radius radius(JsonNode axis, NDManager manager) {
        return switch (axis.path(0).asText()) {
            case "" -> Radius.fixed(REFERENCE.get("default_radius").floatValue());
            case "fixed" -> Radius.fixed(number(axis, 1));
            case "unnormalised" -> Radius.unnormalised(number(axis, 1));
            case "by_rate" -> Radius.byLearningRate(number(axis, 1), number(axis, 2));
            case "distance" -> Radius.distance(region(axis.get(1).asText(), manager));
            case "lagged" ->
                    Radius.distance(region(axis.get(1).asText(), manager))
                            .lagged()
                            .atMost(number(axis, 2));
            default -> throw new IllegalArgumentException(axis.toString());
        };
    }

    private TrustRegion region(String name, NDManager manager) {
        Noise noise = (owner, shape) -> owner.create(noiseOfStep, shape);
        return switch (name) {
            case "previous" -> TrustRegion.previousStep();
            case "pretrained" -> TrustRegion.pretrained();
            case "x" -> TrustRegion.noisyInput(noise);
            case "teacher" -> teacher(manager);
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static TrustRegion teacher(NDManager manager) {
        List<NDArray> p = new ArrayList<>();
        Shape[] shapes = {new Shape(7, 5), new Shape(7), new Shape(3, 7), new Shape(3)};
        for (int i = 0; i < shapes.length; i++) {
            p.add(manager.create(floats("teacher_parameters", i), shapes[i]));
        }
        return TrustRegion.teacher(
                "perceptron",
                inputs -> {
                    NDArray hidden =
                            inputs.head().matMul(p.get(0).transpose()).add(p.get(1)).tanh();
                    return hidden.matMul(p.get(2).transpose()).add(p.get(3));
                });
    }

    private static Schedule schedule(JsonNode axis) {
        return switch (axis.path(0).asText()) {
            case "" -> Schedule.always();
            case "from" -> Schedule.from(axis.get(1).asLong());
            case "until" -> Schedule.until(axis.get(1).asLong());
            case "every" -> Schedule.every(axis.get(1).asInt());
            case "adaptive" ->
                    Schedule.adaptive(
                            number(axis, 1),
                            number(axis, 2),
                            number(axis, 3),
                            REFERENCE.get("batches").size());
            default -> throw new IllegalArgumentException(axis.toString());
        };
    }

    private static Descent descent(JsonNode axis) {
        return switch (axis.path(0).asText()) {
            case "" -> Descent.ascended();
            case "gap" -> Descent.gap(number(axis, 1));
            case "reuse" -> Descent.reused(axis.get(1).asInt(), number(axis, 2));
            case "weighted" -> Descent.weighted(number(axis, 1));
            case "weighted_decoupled" -> Descent.weighted(number(axis, 1)).decoupled();
            case "functional" -> Descent.functional();
            default -> throw new IllegalArgumentException(axis.toString());
        };
    }

    private static void check(
            TramStep step,
            List<Parameter> parameters,
            JsonNode expected,
            double tolerance,
            String where) {
        double loss = expected.get("loss").doubleValue();
        assertThat(step.loss()).as("loss, %s", where).isCloseTo(loss, within(tolerance * loss));
        assertThat(step.kind().name())
                .as("kind, %s", where)
                .isEqualToIgnoringCase(expected.get("kind").asText());
        if (expected.get("distance").isNull()) {
            assertThat(step.distance()).as("d, %s", where).isNaN();
        } else {
            double d = expected.get("distance").doubleValue();
            assertThat(step.distance())
                    .as("d, %s", where)
                    .isCloseTo(
                            d,
                            within(
                                    Rounding.ofDistance(CLASSES) * Math.max(1, d)
                                            + tolerance
                                            - 1e-6));
        }
        double norm = expected.get("perturbation_norm").doubleValue();
        double error = Rounding.ofDistance(CLASSES) + tolerance - 1e-6 + 1e-5 * norm;
        assertThat(step.perturbationNorm())
                .as("norm of ε, %s", where)
                .isCloseTo(norm, within(error));
        for (int i = 0; i < parameters.size(); i++) {
            assertThat(doubles(parameters.get(i).getArray()))
                    .as("parameter %d, %s", i, where)
                    .containsExactly(doubles(expected.get("parameters").get(i)), within(tolerance));
        }
    }

    private static float number(JsonNode axis, int index) {
        return axis.get(index).floatValue();
    }

    private static float[] floats(String field, int index) {
        return floats(REFERENCE.get(field).get(index));
    }

    private static double[] doubles(NDArray array) {
        return array.toType(DataType.FLOAT64, true).toDoubleArray();
    }

    private static double[] doubles(JsonNode values) {
        return StreamSupport.stream(values.spliterator(), false)
                .mapToDouble(JsonNode::doubleValue)
                .toArray();
    }

    private static float[] floats(JsonNode values) {
        float[] array = new float[values.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = values.get(i).floatValue();
        }
        return array;
    }
}
