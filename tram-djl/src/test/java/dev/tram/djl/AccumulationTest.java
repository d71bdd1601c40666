package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.dataset.Batch;
import ai.djl.training.listener.TrainingListenerAdapter;
import dev.tram.core.Ascent;
import dev.tram.core.Divergences;
import dev.tram.core.Schedule;
import dev.tram.djl.TramStep.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several batches make one update: each ascends by itself, descent gradients are averaged. */
class AccumulationTest {

    private static final int[] SIZES = {3, 5, 8};
    private static final float RATE = 0.5f;

    private static Training training(TestModel kind, TramOptimizer.Builder builder) {
        TramOptimizer tram = builder.optAccumulationSteps(SIZES.length).build();
        return Training.of(kind, block(kind), tram);
    }

    /** A model without dropout, whose masks would differ between batches. */
    private static Block block(TestModel kind) {
        return kind == TestModel.TOKENS ? TestModel.tokensWithoutInputNoise() : kind.newBlock();
    }

    /** The examples of micro-batch i of a group are a part of those of one large batch. */
    private static Batch part(Training training, int group, int from, int to) {
        NDManager manager = training.trainer.getManager().newSubManager();
        NDArray data = training.kind.data(manager, group, 16);
        NDArray labels = training.kind.labels(manager, group, 16);
        if (training.kind == TestModel.TOKENS) {
            // Padding: every example has another number of valid positions.
            NDArray position = manager.arange(4f).reshape(1, 4);
            NDArray length = manager.arange(16f).mod(4).add(1).reshape(16, 1);
            NDArray padded = position.gte(length).toType(DataType.FLOAT32, false);
            labels = labels.mul(padded.neg().add(1)).sub(padded);
        }
        String rows = from + ":" + to;
        return Training.batch(manager, data.get(rows), labels.get(rows));
    }

    private static void group(Training training, int group) {
        int from = 0;
        for (int size : SIZES) {
            try (Batch batch = part(training, group, from, from + size)) {
                EasyTrain.trainBatch(training.trainer, batch);
                training.trainer.step();
            }
            from += size;
        }
    }

    private static Map<String, float[]> step(
            Map<String, float[]> weights, Map<String, float[]> gradient) {
        Map<String, float[]> next = new LinkedHashMap<>();
        weights.forEach((name, values) -> next.put(name, sum(values, gradient.get(name), -RATE)));
        return next;
    }

    private static float[] sum(float[] a, float[] b, double factor) {
        float[] sum = new float[a.length];
        for (int i = 0; i < sum.length; i++) {
            sum[i] = (float) (a[i] + factor * b[i]);
        }
        return sum;
    }

    private static double norm(Map<String, float[]> gradient) {
        Map<String, float[]> zero = new LinkedHashMap<>();
        gradient.forEach((name, values) -> zero.put(name, new float[values.length]));
        return Training.distance(gradient, zero);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theBaseMethodsGradientIsThatOfTheLargeBatch(boolean padded) {
        TestModel kind = padded ? TestModel.TOKENS : TestModel.MLP;
        TramOptimizer.Builder builder = Training.method("sgd", Training.sgd(RATE));
        if (padded) {
            builder.optValidPositions((inputs, labels) -> PositionLoss.valid(labels));
        }
        try (Training training = training(kind, builder);
                Training large =
                        Training.plain(kind, block(kind), Training.sgd(), new PositionLoss())) {
            Map<String, float[]> before = training.weights();
            int from = 0;
            for (int size : SIZES) {
                Training.assertSameBits(training.weights(), before);
                try (Batch batch = part(training, 0, from, from + size)) {
                    EasyTrain.trainBatch(training.trainer, batch);
                }
                from += size;
                if (from < 16) {
                    training.trainer.step();
                    assertThat(training.tram.lastStep().kind()).isEqualTo(Kind.ACCUMULATED);
                }
            }
            assertThat(training.tram.lastStep().kind()).isEqualTo(Kind.PLAIN);
            Map<String, float[]> expected = new Reference(large).gradient(before, 0, 0, 16);
            assertThat(Training.distance(training.gradients(), expected) / norm(expected))
                    .isLessThan(1e-6);
            training.trainer.step();
            assertThat(Training.distance(training.weights(), step(before, expected)))
                    .isLessThan(1e-6);
        }
    }

    @Test
    void eachBatchAscendsOnItsOwnGradient() {
        float rho = 0.5f;
        TramOptimizer.Builder builder =
                Methods.named("sam")
                        .with(HyperParameter.RHO, rho)
                        .builder()
                        .setBaseOptimizer(Training.sgd(RATE));
        try (Training training = training(TestModel.MLP, builder);
                Training plain = Training.plain(TestModel.MLP, Training.sgd())) {
            Reference reference = new Reference(plain);
            Map<String, float[]> theta = training.weights();
            for (int group = 0; group < 3; group++) {
                theta = step(theta, reference.descent(theta, group, (g, from, to) -> rho, false));
                group(training, group);
                assertThat(training.tram.lastStep().kind()).isEqualTo(Kind.ASCENDED);
                assertThat(Training.distance(training.weights(), theta)).isLessThan(1e-6);
            }
        }
    }

    /** A group of equal batches is one batch: m and e move once a group. */
    @ParameterizedTest
    @ValueSource(strings = {"friendly-sam", "vasso"})
    void aDirectionMovesOnceAGroup(String method) {
        TramOptimizer.Builder builder = Training.method(method, Training.sgd(0.5f));
        try (Training whole = new Training(TestModel.MLP, builder.build());
                Training groups =
                        new Training(TestModel.MLP, builder.optAccumulationSteps(2).build())) {
            groups.setWeights(whole.weights());
            for (int number = 0; number < 6; number++) {
                whole.step(number);
                groups.step(number);
                groups.step(number);
            }
            assertThat(Training.distance(groups.weights(), whole.weights())).isLessThan(1e-5);
        }
    }

    @Test
    void thePreviousStepIsThatBeforeTheWholeGroup() {
        float scale = 40f;
        TramOptimizer.Builder builder =
                Methods.named("tram-previous")
                        .with(HyperParameter.SCALE, scale)
                        .builder()
                        .setBaseOptimizer(Training.sgd(RATE));
        try (Training training = training(TestModel.MLP, builder);
                Training plain = Training.plain(TestModel.MLP, Training.sgd())) {
            Reference reference = new Reference(plain);
            Map<String, float[]> previous = training.weights();
            Map<String, float[]> theta = previous;
            // of four updates whose radii are multiples of d; the loss's curvature is about 1
            double rounding = 4 * RATE * scale * Rounding.ofDistance(TestModel.CLASSES);
            for (int group = 0; group < 4; group++) {
                Map<String, float[]> old = previous;
                Map<String, float[]> present = theta;
                Map<String, float[]> gradient =
                        reference.descent(
                                theta,
                                group,
                                (g, from, to) ->
                                        scale * reference.divergence(old, present, g, from, to),
                                true);
                previous = theta;
                theta = step(theta, gradient);
                group(training, group);
                assertThat(Training.distance(training.weights(), theta)).isLessThan(rounding);
            }
            assertThat(training.tram.lastStep().radius()).isGreaterThan(0.1);
        }
    }

    @Test
    void everySecondUpdateAscendsWithAllOfItsBatches() {
        TramOptimizer tram =
                Training.method("sam")
                        .optAscent(Ascent.sam(0.05f).withSchedule(Schedule.every(2)))
                        .optAccumulationSteps(3)
                        .build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            for (int batch = 0; batch < 12; batch++) {
                boolean ascends = batch / 3 % 2 == 0;
                assertThat(training.step(batch).perturbationNorm() > 0)
                        .as("batch %d", batch)
                        .isEqualTo(ascends);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sam", "tram-previous", "tram-pretrained", "asam+mesa"})
    void anIncompleteGroupGoesOnInTheNextEpoch(String method) throws Exception {
        List<Kind> kinds = new ArrayList<>();
        Map<String, float[]> fitted;
        TramOptimizer tram = Training.method(method).optAccumulationSteps(4).build();
        try (Training training =
                        new Training(
                                TestModel.MLP,
                                tram,
                                new PositionLoss(),
                                config ->
                                        config.addTrainingListeners(
                                                new TrainingListenerAdapter() {
                                                    @Override
                                                    public void onTrainingBatch(
                                                            Trainer trainer, BatchData data) {
                                                        kinds.add(tram.lastStep().kind());
                                                    }
                                                }));
                NDManager manager = NDManager.newBaseManager("PyTorch")) {
            ArrayDataset dataset =
                    new ArrayDataset.Builder()
                            .setData(TestModel.MLP.data(manager, 1, 20))
                            .optLabels(TestModel.MLP.labels(manager, 1, 20))
                            .setSampling(8, false)
                            .build();
            EasyTrain.fit(training.trainer, 4, dataset, dataset);
            fitted = training.weights();
        }
        for (int batch = 1; batch <= 12; batch++) {
            assertThat(kinds.get(batch - 1) != Kind.ACCUMULATED)
                    .as("batch %d of %s updates", batch, kinds)
                    .isEqualTo(batch % 4 == 0);
        }
        TramOptimizer other = Training.method(method).optAccumulationSteps(4).build();
        try (Training training = new Training(TestModel.MLP, other)) {
            for (int batch = 0; batch < 12; batch++) {
                int from = 8 * (batch % 3);
                NDManager manager = training.trainer.getManager().newSubManager();
                String rows = from + ":" + Math.min(20, from + 8);
                NDArray data = TestModel.MLP.data(manager, 1, 20).get(rows);
                NDArray labels = TestModel.MLP.labels(manager, 1, 20).get(rows);
                try (Batch part = Training.batch(manager, data, labels)) {
                    EasyTrain.trainBatch(training.trainer, part);
                    training.trainer.step();
                }
            }
            Training.assertSameBits(training.weights(), fitted);
        }
    }

    /** Computes by a plain trainer what the optimizer should, from weights given by value. */
    private record Reference(Training plain) {

        Map<String, float[]> gradient(Map<String, float[]> theta, int group, int from, int to) {
            plain.setWeights(theta);
            plain.zeroGradients();
            try (Batch batch = part(plain, group, from, to);
                    var collector = plain.trainer.newGradientCollector()) {
                NDList outputs = plain.trainer.forward(batch.getData(), batch.getLabels());
                collector.backward(new PositionLoss().evaluate(batch.getLabels(), outputs));
            }
            return plain.gradients();
        }

        /** KL of the predictions at the previous weights and at these. */
        double divergence(
                Map<String, float[]> previous,
                Map<String, float[]> theta,
                int group,
                int from,
                int to) {
            try (Batch batch = part(plain, group, from, to)) {
                plain.setWeights(previous);
                NDArray target = plain.trainer.evaluate(batch.getData()).head();
                plain.setWeights(theta);
                NDArray estimate = plain.trainer.evaluate(batch.getData()).head();
                return Divergences.forwardKl().between(target, estimate).getFloat();
            }
        }

        /** Σ nᵢ ∇Lᵢ(θ + εᵢ) / Σ nᵢ, with εᵢ from the gradient of micro-batch i alone. */
        Map<String, float[]> descent(
                Map<String, float[]> theta, int group, RadiusOfPart radius, boolean adaptive) {
            Map<String, float[]> mean = new LinkedHashMap<>();
            theta.forEach((name, values) -> mean.put(name, new float[values.length]));
            int from = 0;
            for (int size : SIZES) {
                Map<String, float[]> g = gradient(theta, group, from, from + size);
                double r = radius.of(group, from, from + size);
                Map<String, float[]> there = ascend(theta, g, r, adaptive);
                Map<String, float[]> descent = gradient(there, group, from, from + size);
                double share = size / 16.0;
                mean.replaceAll((name, values) -> sum(values, descent.get(name), share));
                from += size;
            }
            return mean;
        }

        private static Map<String, float[]> ascend(
                Map<String, float[]> theta,
                Map<String, float[]> g,
                double radius,
                boolean adaptive) {
            Map<String, float[]> scaled = new LinkedHashMap<>();
            g.forEach((name, values) -> scaled.put(name, times(values, theta.get(name), adaptive)));
            double norm = norm(scaled);
            Map<String, float[]> there = new LinkedHashMap<>();
            theta.forEach(
                    (name, values) ->
                            there.put(
                                    name,
                                    sum(
                                            values,
                                            times(scaled.get(name), values, adaptive),
                                            radius / norm)));
            return there;
        }

        /** T g with T = |θ| or 1. */
        private static float[] times(float[] g, float[] theta, boolean adaptive) {
            float[] product = g.clone();
            for (int i = 0; i < g.length && adaptive; i++) {
                product[i] *= Math.abs(theta[i]);
            }
            return product;
        }
    }

    @FunctionalInterface
    private interface RadiusOfPart {

        double of(int group, int from, int to);
    }
}
