package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.model.VitConfig;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** An ascent on a subset of the parameters, as SAM-ON's on normalisation layers only. */
class ParameterFilterTest {

    private static boolean inNormLayer(Parameter parameter) {
        return parameter.getType() == Parameter.Type.GAMMA
                || parameter.getType() == Parameter.Type.BETA;
    }

    private static boolean isNoBias(Parameter parameter) {
        return parameter.getType() != Parameter.Type.BIAS;
    }

    static Stream<Arguments> methodsAndFilters() {
        return Methods.names().stream()
                .filter(Training::ascends)
                .flatMap(
                        name ->
                                Stream.of(
                                        filtered(
                                                name,
                                                "norm layers",
                                                ParameterFilterTest::inNormLayer),
                                        filtered(
                                                name, "no biases", ParameterFilterTest::isNoBias)));
    }

    private static Arguments filtered(String method, String which, Predicate<Parameter> filter) {
        return Arguments.of(method, which, filter);
    }

    private static Map<String, float[]> matching(
            Training training, Map<String, float[]> all, Predicate<Parameter> filter) {
        Map<String, float[]> some = new LinkedHashMap<>();
        for (Pair<String, Parameter> pair : training.hook.getParameters()) {
            if (all.containsKey(pair.getKey()) && filter.test(pair.getValue())) {
                some.put(pair.getKey(), all.get(pair.getKey()));
            }
        }
        return some;
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("methodsAndFilters")
    void onlyTheSubsetAscends(String method, String which, Predicate<Parameter> filter) {
        TramOptimizer tram = Training.method(method).optParameterFilter(filter).build();
        try (Training training = new Training(TestModel.BATCH_NORM, tram)) {
            training.steps(0, 3);
            Map<String, float[]> before = training.weights();
            Set<String> moved = new HashSet<>();
            double[] squaredMove = {0};
            training.hook.setHook(
                    (pass, outputs) -> {
                        Map<String, float[]> now = training.weights();
                        now.forEach(
                                (name, values) -> {
                                    if (!Training.sameBits(
                                            Map.of(name, values), Map.of(name, before.get(name)))) {
                                        moved.add(name);
                                    }
                                });
                        squaredMove[0] =
                                Math.max(
                                        squaredMove[0],
                                        Math.pow(Training.distance(now, before), 2));
                        return outputs;
                    });
            training.trainBatch(3);
            Set<String> subset = matching(training, before, filter).keySet();
            assertThat(moved).isNotEmpty().isSubsetOf(subset);
            Training.assertSameBits(training.weights(), before);
            assertThat(Math.sqrt(squaredMove[0]))
                    .isCloseTo(tram.lastStep().realisedNorm(), within(1e-6));
            training.trainer.step();
            Predicate<Parameter> others = filter.negate();
            assertThat(
                            Training.distance(
                                    matching(training, training.weights(), others),
                                    matching(training, before, others)))
                    .as("the rest is trained all the same")
                    .isPositive();
        }
    }

    /** SAM-ON's own: scales and shifts, of DJL's normalisations and of the transformers'. */
    @Test
    void samOnMovesNormalisationAlone() {
        TramOptimizer tram = samOn();
        try (Training training = new Training(TestModel.BATCH_NORM, tram)) {
            Map<String, float[]> before = training.weights();
            Set<String> moved = new HashSet<>();
            training.hook.setHook(
                    (pass, outputs) -> {
                        training.weights()
                                .forEach(
                                        (name, values) -> {
                                            if (!Arrays.equals(values, before.get(name))) {
                                                moved.add(name);
                                            }
                                        });
                        return outputs;
                    });
            training.trainBatch(0);
            assertThat(moved)
                    .isNotEmpty()
                    .isEqualTo(
                            matching(training, before, ParameterFilterTest::inNormLayer).keySet());
            assertThat(tram.lastStep().perturbationNorm()).isCloseTo(0.5, within(1e-5));
        }
    }

    @Test
    void samOnNeedsANormalisation() {
        try (Training training = new Training(TestModel.MLP, samOn())) {
            assertThatThrownBy(() -> training.step(0))
                    .hasMessageContaining("optParameterFilter must leave a parameter");
        }
    }

    private static TramOptimizer samOn() {
        return Methods.named("sam-on").builder().setBaseOptimizer(Training.sgd()).build();
    }

    @Test
    void samOnKnowsTheTransformersNormalisations() {
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel vit = VitConfig.of(16, 8, 16, 1, 2, List.of("a", "b")).newBlock();
            vit.initialize(manager);
            Predicate<Parameter> filter =
                    Methods.named("sam-on").builder().settings().parameterFilter();
            List<String> ascending =
                    vit.getParameters().stream()
                            .filter(pair -> filter.test(pair.getValue()))
                            .map(Pair::getKey)
                            .toList();
            // Two normalisations of the layer and one after it, a scale and a shift each.
            assertThat(ascending).hasSize(6).allMatch(name -> name.contains("layernorm"));
        }
    }

    @Test
    void normsAreThoseOfTheSubset() {
        float rho = 0.3f;
        for (Predicate<Parameter> filter :
                List.<Predicate<Parameter>>of(
                        ParameterFilterTest::inNormLayer, ParameterFilterTest::isNoBias)) {
            TramOptimizer tram =
                    Methods.named("sam")
                            .with(HyperParameter.RHO, rho)
                            .builder()
                            .setBaseOptimizer(Training.sgd())
                            .optParameterFilter(filter)
                            .build();
            try (Training training = new Training(TestModel.BATCH_NORM, tram);
                    Training plain = Training.plain(TestModel.BATCH_NORM, Training.sgd())) {
                plain.trainBatch(0);
                Map<String, float[]> g = matching(plain, plain.gradients(), filter);
                Map<String, float[]> zero = new LinkedHashMap<>();
                g.forEach((name, values) -> zero.put(name, new float[values.length]));
                TramStep step = training.step(0);
                assertThat(step.gradientNorm()).isCloseTo(Training.distance(g, zero), within(1e-6));
                assertThat(step.perturbationNorm()).isCloseTo(rho, within(1e-6));
                assertThat(step.realisedNorm()).isCloseTo(rho, within(1e-6));
            }
        }
    }

    @Test
    void aFilterThatLeavesNothingIsRefused() {
        TramOptimizer tram = Training.method("sam").optParameterFilter(parameter -> false).build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            Map<String, float[]> before = training.weights();
            assertThatThrownBy(() -> training.step(0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("optParameterFilter")
                    .hasMessageContaining("received: none of 4");
            Training.assertSameBits(training.weights(), before);
        }
    }
}
