package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.nn.Parameter;
import ai.djl.training.EasyTrain;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.util.Pair;
import dev.tram.core.Ascent;
import dev.tram.core.Divergences;
import dev.tram.core.Neighborhood;
import dev.tram.core.Noise;
import dev.tram.core.Radius;
import dev.tram.core.TrustRegion;
import dev.tram.core.TrustRegionPenalty;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The radii, the fraction of the batch for d, clipping, and where logits and positions are. */
class StepOptionsTest {

    private static final int STEPS = 5;

    private static Training training(Radius radius) {
        return new Training(
                TestModel.MLP,
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.sgd())
                        .optAscent(Ascent.of(Neighborhood.euclidean(), radius))
                        .build());
    }

    @ParameterizedTest
    @ValueSource(floats = {0.5f, 20f})
    void aScaledRadiusIsAMultipleOfTheDistance(float factor) {
        try (Training training =
                training(Radius.distance(TrustRegion.pretrained()).scaledBy(factor))) {
            training.step(0);
            for (int number = 1; number < STEPS; number++) {
                TramStep step = training.step(number);
                assertThat(step.radius()).isEqualTo(factor * step.distance());
                assertThat(step.perturbationNorm())
                        .isCloseTo(step.radius(), within(1e-6 * step.radius()));
                assertThat(step.realisedNorm())
                        .isCloseTo(step.radius(), within(1e-2 * step.radius()));
            }
        }
    }

    @Test
    void aRelativeRadiusIsMeasuredInRunningMeans() {
        float rho = 0.2f;
        try (Training training = training(Radius.relative(TrustRegion.previousStep(), rho))) {
            assertThat(training.step(0).radius()).isZero();
            double sum = 0;
            double weight = 0;
            for (int number = 1; number < STEPS; number++) {
                TramStep step = training.step(number);
                sum = 0.99 * sum + 0.01 * step.distance();
                weight = 0.99 * weight + 0.01;
                double expected = rho * step.distance() / (sum / weight);
                assertThat(step.radius()).isCloseTo(expected, within(1e-9));
                assertThat(step.perturbationNorm()).isCloseTo(expected, within(1e-6));
            }
        }
    }

    @Test
    void aBoundedRadiusIsNeverMoreThanItsBound() {
        float bound = 1e-3f;
        Radius scaled = Radius.distance(TrustRegion.pretrained()).scaledBy(1f);
        boolean free = false;
        boolean bounded = false;
        try (Training training = training(scaled.atMost(bound))) {
            for (int number = 0; number < 12; number++) {
                TramStep step = training.step(number);
                assertThat(step.radius()).isEqualTo(Math.min(bound, step.distance()));
                free |= step.distance() > 0 && step.distance() < bound;
                bounded |= step.distance() > bound;
            }
        }
        assertThat(free).isTrue();
        assertThat(bounded).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"0.25, 2", "0.3, 3", "0.5, 4", "0.01, 1"})
    void theDistanceIsThatOfTheFirstPartOfTheBatch(float fraction, int rows) {
        TrustRegion region = TrustRegion.previousStep().withDivergence(Divergences.reverseKl());
        TramOptimizer tram =
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.sgd())
                        .optAscent(Ascent.tram(region))
                        .optSelfCheck(false)
                        .optTrustRegionFraction(fraction)
                        .build();
        try (Training training = new Training(TestModel.DROPOUT, tram);
                Training plain = Training.plain(TestModel.DROPOUT, Training.sgd())) {
            training.steps(0, 2);
            for (int number = 2; number < 6; number += 2) {
                Map<String, float[]> previous = training.weights();
                training.step(number);
                Map<String, float[]> theta = training.weights();
                training.hook.resetPasses();
                TramStep step = training.step(number + 1);
                assertThat(training.hook.passes()).isEqualTo(4);
                try (Batch batch = plain.batch(number + 1)) {
                    NDList part = new NDList(batch.getData().head().get(":" + rows));
                    plain.setWeights(previous);
                    NDArray target = plain.trainer.evaluate(part).head();
                    plain.setWeights(theta);
                    NDArray estimate = plain.trainer.evaluate(part).head();
                    double expected = Divergences.reverseKl().between(target, estimate).getFloat();
                    assertThat(step.distance())
                            .isPositive()
                            .isCloseTo(expected, within(Rounding.ofDistance(TestModel.CLASSES)));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TestModel.class,
            names = {"MLP", "TOKENS"})
    void thePartOfTheBatchHasItsPartOfTheNoise(TestModel kind) {
        Noise noise = Noise.gaussian(0.5f);
        Radius radius = Radius.distance(TrustRegion.noisyInput(noise));
        TramOptimizer.Builder penalized =
                TramOptimizer.builder()
                        .optAscent(Ascent.of(Neighborhood.euclidean(), radius))
                        .optPenalty(new TrustRegionPenalty(TrustRegion.noisyInput(noise), 0));
        TramOptimizer.Builder fisher =
                TramOptimizer.builder()
                        .optAscent(Ascent.of(Neighborhood.fisherShared(0.1f, noise), radius));
        for (TramOptimizer.Builder builder : List.of(penalized, fisher)) {
            TramOptimizer part =
                    builder.setBaseOptimizer(Training.sgd()).optTrustRegionFraction(0.25f).build();
            TramOptimizer whole = builder.optTrustRegionFraction(1).build();
            try (Training a = new Training(kind, part);
                    Training b = new Training(kind, whole)) {
                assertThat(a.step(0).distance()).isPositive().isNotEqualTo(b.step(0).distance());
                assertThat(a.step(1).radius()).isEqualTo(part.lastStep().distance());
            }
        }
    }

    @Test
    void theFirstRowsOfTheNoiseAreThoseOfThePenalty() {
        Noise fixed = (manager, shape) -> manager.arange((float) shape.size()).reshape(shape);
        TrustRegion region = TrustRegion.noisyInput(fixed);
        TramOptimizer tram =
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.sgd())
                        .optAscent(Ascent.of(Neighborhood.euclidean(), Radius.distance(region)))
                        .optPenalty(new TrustRegionPenalty(region, 0))
                        .optTrustRegionFraction(0.25f)
                        .build();
        try (Training training = new Training(TestModel.MLP, tram);
                Training plain = Training.plain(TestModel.MLP, Training.sgd());
                Batch batch = plain.batch(0)) {
            NDArray x = batch.getData().head().get(":2");
            NDArray z = x.getManager().arange(10f).reshape(2, 5);
            NDArray target = plain.trainer.evaluate(new NDList(x.add(z))).head();
            NDArray estimate = plain.trainer.evaluate(new NDList(x)).head();
            double expected = Divergences.forwardKl().between(target, estimate).getFloat();
            assertThat(training.step(0).distance()).isCloseTo(expected, within(1e-6));
        }
    }

    private static double gradientNorm(Training training) {
        Map<String, float[]> gradients = training.gradients();
        Map<String, float[]> zero = new LinkedHashMap<>();
        gradients.forEach((name, values) -> zero.put(name, new float[values.length]));
        return Training.distance(gradients, zero);
    }

    @Test
    void clippingBoundsTheDescentGradientAlone() {
        float limit = 0.05f;
        TramOptimizer clipped = Training.method("sam").optMaxGradNorm(limit).build();
        TramOptimizer loose = Training.method("sam").optMaxGradNorm(1e6f).build();
        TramOptimizer free = Training.method("sam").build();
        try (Training a = new Training(TestModel.MLP, clipped);
                Training b = new Training(TestModel.MLP, loose);
                Training c = new Training(TestModel.MLP, free)) {
            a.trainBatch(0);
            b.trainBatch(0);
            c.trainBatch(0);
            assertThat(clipped.lastStep()).isEqualTo(free.lastStep());
            Training.assertSameBits(b.gradients(), c.gradients());
            double norm = gradientNorm(c);
            assertThat(norm).isGreaterThan(2 * limit);
            assertThat(gradientNorm(a)).isCloseTo(limit, within(1e-7));
            a.gradients()
                    .forEach(
                            (name, values) -> {
                                float[] whole = c.gradients().get(name);
                                for (int i = 0; i < values.length; i++) {
                                    assertThat((double) values[i])
                                            .isCloseTo(whole[i] * limit / norm, within(1e-7));
                                }
                            });
        }
    }

    @Test
    void accumulatedGradientsAreClippedAsAWhole() {
        float limit = 0.05f;
        TramOptimizer tram =
                Training.method("sam").optMaxGradNorm(limit).optAccumulationSteps(2).build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            training.step(0);
            training.trainBatch(1);
            assertThat(gradientNorm(training)).isCloseTo(limit, within(1e-7));
        }
    }

    @Test
    void theDistanceAndThePenaltyCoverTheValidPositionsOnly() {
        for (String method : new String[] {"tram-pretrained", "trpo"}) {
            TramOptimizer tram =
                    Training.method(method)
                            .optValidPositions((inputs, labels) -> PositionLoss.valid(labels))
                            .build();
            try (Training training =
                            Training.of(
                                    TestModel.TOKENS, TestModel.tokensWithoutInputNoise(), tram);
                    Training plain =
                            Training.plain(
                                    TestModel.TOKENS,
                                    TestModel.tokensWithoutInputNoise(),
                                    Training.sgd(),
                                    new PositionLoss())) {
                Map<String, float[]> start = training.weights();
                masked(training, 0);
                Map<String, float[]> theta = training.weights();
                TramStep step = masked(training, 1);
                try (Batch batch = plain.batch(1)) {
                    NDList part = new NDList(batch.getData().head().get(":3"));
                    plain.setWeights(start);
                    NDArray target = plain.trainer.evaluate(part).head();
                    plain.setWeights(theta);
                    NDArray estimate = plain.trainer.evaluate(part).head();
                    double expected = Divergences.forwardKl().between(target, estimate).getFloat();
                    assertThat(step.distance())
                            .as(method)
                            .isPositive()
                            .isCloseTo(expected, within(Rounding.ofDistance(TestModel.CLASSES)));
                }
            }
        }
    }

    /** A step in which the first three examples count. */
    private static TramStep masked(Training training, int number) {
        try (Batch batch = training.batch(number)) {
            NDArray labels = batch.getLabels().head();
            labels.set(new NDIndex("3:"), -1);
            EasyTrain.trainBatch(training.trainer, batch);
            training.trainer.step();
        }
        return training.tram.lastStep();
    }

    @Test
    void logitsMayBeAnywhereInTheOutput() {
        TramOptimizer second =
                Training.method("tram-pretrained").optLogits(outputs -> outputs.get(1)).build();
        Loss loss = new SecondOutputLoss();
        Map<String, float[]> expected;
        try (Training training =
                new Training(TestModel.MLP, Training.method("tram-pretrained").build())) {
            training.steps(0, STEPS);
            expected = training.weights();
        }
        try (Training training = new Training(TestModel.MLP, second, loss, config -> {})) {
            training.hook.setHook(
                    (pass, outputs) -> new NDList(outputs.head().zerosLike(), outputs.head()));
            training.steps(0, STEPS);
            Training.assertSameBits(training.weights(), expected);
        }
    }

    @Test
    void theAuthorsAdaptiveFormScalesWeightsOnly() {
        TramOptimizer tram =
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.sgd())
                        .optAscent(
                                Ascent.of(
                                        Neighborhood.adaptive(0.01f).onWeightsOnly(),
                                        Radius.fixed(0.5f)))
                        .build();
        try (Training training = new Training(TestModel.MLP, tram);
                Training plain = Training.plain(TestModel.MLP, Training.sgd())) {
            plain.trainBatch(0);
            Map<String, float[]> g = plain.gradients();
            Map<String, float[]> theta = training.weights();
            Map<String, float[]> there = new LinkedHashMap<>();
            training.hook.setHook(
                    (pass, outputs) -> {
                        there.putAll(training.weights());
                        return outputs;
                    });
            training.trainBatch(0);
            Map<String, float[]> metric = new LinkedHashMap<>();
            double sum = 0;
            for (Pair<String, Parameter> pair : training.hook.getParameters()) {
                float[] d = new float[g.get(pair.getKey()).length];
                for (int i = 0; i < d.length; i++) {
                    boolean weight = pair.getValue().getType() == Parameter.Type.WEIGHT;
                    double t = weight ? Math.abs(theta.get(pair.getKey())[i]) + 0.01 : 1;
                    d[i] = (float) (t * t * g.get(pair.getKey())[i]);
                    sum += d[i] * g.get(pair.getKey())[i];
                }
                metric.put(pair.getKey(), d);
            }
            double scale = 0.5 / Math.sqrt(sum);
            metric.forEach(
                    (name, d) -> {
                        for (int i = 0; i < d.length; i++) {
                            assertThat((double) there.get(name)[i])
                                    .isCloseTo(theta.get(name)[i] + scale * d[i], within(1e-6));
                        }
                    });
        }
    }

    /** The task loss of a model whose logits are its second output. */
    private static final class SecondOutputLoss extends Loss {

        SecondOutputLoss() {
            super("SecondOutputLoss");
        }

        @Override
        public NDArray evaluate(NDList labels, NDList predictions) {
            return new PositionLoss().evaluate(labels, new NDList(predictions.get(1)));
        }
    }
}
