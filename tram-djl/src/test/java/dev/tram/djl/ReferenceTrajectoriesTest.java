package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.Batchifier;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tram.core.Ascent;
import dev.tram.core.Divergences;
import dev.tram.core.Noise;
import dev.tram.core.TrustRegion;
import dev.tram.core.TrustRegionPenalty;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every method against the float64 reference: parameters after each step, d and ‖ε*‖. */
class ReferenceTrajectoriesTest {

    private static final JsonNode REFERENCE = load();
    private static final List<String> SHAPED = List.of("l2", "mmd_imq");
    private static final int CLASSES = 3;

    private static float[] noiseOfStep;

    private static JsonNode load() {
        try (InputStream in =
                ReferenceTrajectoriesTest.class.getResourceAsStream(
                        "/reference/trajectories.json")) {
            return new ObjectMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Stream<String[]> methods() {
        return Stream.of("sgd", "adam")
                .flatMap(
                        base ->
                                Stream.of(
                                                "base",
                                                "sam",
                                                "asam",
                                                "asam_eta",
                                                "fsam",
                                                "trpo",
                                                "r3f",
                                                "mesa",
                                                "mesa_0.9",
                                                "asam+trpo",
                                                "asam+r3f",
                                                "asam+mesa",
                                                "asam+mesa_0.9",
                                                "tram_previous",
                                                "tram_pretrained",
                                                "tram_ema",
                                                "tram_ema_0.9",
                                                "tram_x",
                                                "tram_fisher",
                                                "tram_fisher_shared")
                                        .map(method -> new String[] {base, method}));
    }

    static Stream<String> divergences() {
        List<String> names = new ArrayList<>();
        REFERENCE.get("tram_x_by_divergence").fieldNames().forEachRemaining(names::add);
        assertThat(names).hasSize(8);
        return names.stream();
    }

    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("methods")
    void followsTheReference(String base, String method) {
        JsonNode expected = REFERENCE.get("trajectories").get(base).get(method);
        follow(base, builder(method), expected, Rounding.ofDistance(CLASSES));
    }

    @ParameterizedTest
    @MethodSource("divergences")
    void followsTheReferenceUnderEachDivergence(String name) {
        TrustRegion region =
                TrustRegion.noisyInput(reference())
                        .withDivergence(
                                Divergences.named(name.replace("_imq", "").replace('_', '-')));
        double tolerance =
                SHAPED.contains(name) ? Rounding.of(16, 1) : Rounding.ofDistance(CLASSES);
        follow(
                "sgd",
                b -> b.optAscent(Ascent.tram(region)),
                REFERENCE.get("tram_x_by_divergence").get(name),
                tolerance);
    }

    private static Noise reference() {
        return (manager, shape) -> manager.create(noiseOfStep, shape);
    }

    private static Consumer<TramOptimizer.Builder> builder(String method) {
        TrustRegion noisy = TrustRegion.noisyInput(reference());
        return switch (method) {
            case "base" -> b -> b.optAscent(Ascent.none());
            case "sam" -> b -> b.optAscent(Ascent.sam(0.05f));
            case "asam" -> b -> b.optAscent(Ascent.asam(0.5f));
            case "asam_eta" -> b -> b.optAscent(Ascent.asam(0.5f, 0.01f));
            case "fsam" -> b -> b.optAscent(Ascent.fisher(0.1f, 0.1f));
            case "trpo" -> penalty(Ascent.none(), TrustRegion.previousStep());
            case "r3f" -> penalty(Ascent.none(), noisy);
            case "mesa" -> penalty(Ascent.none(), TrustRegion.movingAverage(0.999f));
            case "mesa_0.9" -> penalty(Ascent.none(), TrustRegion.movingAverage(0.9f));
            case "asam+trpo" -> penalty(Ascent.asam(0.5f), TrustRegion.previousStep());
            case "asam+r3f" -> penalty(Ascent.asam(0.5f), noisy);
            case "asam+mesa" -> penalty(Ascent.asam(0.5f), TrustRegion.movingAverage(0.999f));
            case "asam+mesa_0.9" -> penalty(Ascent.asam(0.5f), TrustRegion.movingAverage(0.9f));
            case "tram_previous" -> b -> b.optAscent(Ascent.tram(TrustRegion.previousStep()));
            case "tram_pretrained" -> b -> b.optAscent(Ascent.tram(TrustRegion.pretrained()));
            case "tram_ema" -> b -> b.optAscent(Ascent.tram(TrustRegion.movingAverage(0.999f)));
            case "tram_ema_0.9" -> b -> b.optAscent(Ascent.tram(TrustRegion.movingAverage(0.9f)));
            case "tram_x" -> b -> b.optAscent(Ascent.tram(noisy));
            case "tram_fisher" -> b -> b.optAscent(Ascent.tramFisher(0.1f, 0.1f, reference()));
            case "tram_fisher_shared" ->
                    b -> b.optAscent(Ascent.tramFisherShared(0.1f, 0.1f, reference()));
            default -> throw new IllegalArgumentException(method);
        };
    }

    private static Consumer<TramOptimizer.Builder> penalty(Ascent ascent, TrustRegion region) {
        return b -> b.optAscent(ascent).optPenalty(new TrustRegionPenalty(region, 0.1f));
    }

    private static Optimizer base(String name) {
        return name.equals("sgd")
                ? Optimizer.sgd().setLearningRateTracker(Tracker.fixed(0.1f)).build()
                : Optimizer.adam()
                        .optLearningRateTracker(Tracker.fixed(0.01f))
                        .optBeta1(0.9f)
                        .optBeta2(0.99f)
                        .optEpsilon(1e-8f)
                        .build();
    }

    private static void follow(
            String base,
            Consumer<TramOptimizer.Builder> method,
            JsonNode expected,
            double dTolerance) {
        TramOptimizer.Builder builder = TramOptimizer.builder().setBaseOptimizer(base(base));
        method.accept(builder);
        try (TramOptimizer tram = builder.build();
                Model model = Model.newInstance("reference", "PyTorch")) {
            model.setBlock(
                    new SequentialBlock()
                            .add(Linear.builder().setUnits(7).build())
                            .add(Activation::tanh)
                            .add(Linear.builder().setUnits(CLASSES).build()));
            DefaultTrainingConfig config =
                    new DefaultTrainingConfig(tram.loss(Loss.softmaxCrossEntropyLoss()))
                            .optOptimizer(tram)
                            .addTrainingListeners(tram.listener());
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(new Shape(8, 5));
                List<Parameter> parameters = model.getBlock().getParameters().values();
                for (int i = 0; i < parameters.size(); i++) {
                    float[] initial = floats(REFERENCE.get("initial_parameters").get(i));
                    parameters.get(i).getArray().set(initial);
                }
                for (int t = 0; t < expected.size(); t++) {
                    step(trainer, t);
                    check(tram.lastStep(), parameters, expected.get(t), dTolerance, "step " + t);
                }
            }
        }
    }

    private static void step(Trainer trainer, int t) {
        JsonNode batch = REFERENCE.get("batches").get(t);
        noiseOfStep = floats(batch.get("noise"));
        NDManager manager = trainer.getManager().newSubManager();
        NDArray x = manager.create(floats(batch.get("x")), new Shape(8, 5));
        NDArray y = manager.create(floats(batch.get("y")), new Shape(8));
        try (Batch data =
                new Batch(
                        manager,
                        new NDList(x),
                        new NDList(y),
                        8,
                        Batchifier.STACK,
                        Batchifier.STACK,
                        0,
                        0)) {
            EasyTrain.trainBatch(trainer, data);
            trainer.step();
        }
    }

    private static void check(
            TramStep step,
            List<Parameter> parameters,
            JsonNode expected,
            double dTolerance,
            String where) {
        double loss = number(expected, "loss");
        assertThat(step.loss()).as(where).isCloseTo(loss, within(Rounding.of(16, loss)));
        double norm = number(expected, "perturbation_norm");
        double d = number(expected, "distance");
        assertThat(Double.isNaN(step.distance())).as(where).isEqualTo(Double.isNaN(d));
        double expectedNorm = norm;
        if (!Double.isNaN(d)) {
            assertThat(step.distance())
                    .as("d, %s", where)
                    .isCloseTo(d, within(dTolerance * Math.max(1, d)));
            if (step.radius() == step.distance() && d > 0) {
                expectedNorm = norm / d * step.distance();
            }
        }
        assertThat(step.perturbationNorm())
                .as("norm of ε, %s", where)
                .isCloseTo(expectedNorm, within(1e-5 * Math.abs(norm)));
        for (int i = 0; i < parameters.size(); i++) {
            float[] actual = parameters.get(i).getArray().toFloatArray();
            float[] wanted = floats(expected.get("parameters").get(i));
            assertThat(actual)
                    .as("parameter %d, %s", i, where)
                    .containsExactly(wanted, within(1e-6f));
        }
    }

    private static double number(JsonNode node, String field) {
        return node.get(field).isNull() ? Double.NaN : node.get(field).doubleValue();
    }

    private static float[] floats(JsonNode values) {
        float[] array = new float[values.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = values.get(i).floatValue();
        }
        return array;
    }
}
