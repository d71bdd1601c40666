package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.initializer.NormalInitializer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.Batchifier;
import ai.djl.util.PairList;
import dev.tram.core.Ascent;
import dev.tram.core.Noise;
import dev.tram.core.TrustRegion;
import dev.tram.core.TrustRegionPenalty;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Distances that cost less than a forward pass over the whole batch. */
class FewerPassesTest {

    private static final int SIZE = 8;

    private int forwards;

    private static Offset<Double> rounding(int classes) {
        return within(Rounding.ofDistance(classes));
    }

    @Test
    void cachedPretrainedOutputsGiveTheSameDistanceWithoutThePass() {
        List<TramStep> exact = train("tram-pretrained", b -> {}, 0f, true);
        int exactForwards = forwards;
        List<TramStep> cached = train("tram-pretrained-cached", b -> {}, 0f, true);
        for (int i = 0; i < exact.size(); i++) {
            assertThat(cached.get(i).distance()).isCloseTo(exact.get(i).distance(), rounding(3));
        }
        // Two batches alternate over eight steps; the first is at θ_0 itself, so that two of seven
        // target passes are left; four passes find out that there is no dropout.
        assertThat(exactForwards - forwards).isEqualTo(7 - 2 - 4);
    }

    /** A bound that 16 examples' features (6 floats) fit in, and not their logits. */
    private static final long ROOM_FOR_FEATURES = 16 * 6 * Float.BYTES;

    @Test
    void aHeadMuchWiderThanItsFeaturesRunsOnCachedFeatures() {
        HeadedModel plain = new HeadedModel(200);
        List<TramStep> exact = train("tram-pretrained", b -> {}, plain, true);
        HeadedModel model = new HeadedModel(200);
        List<TramStep> cached =
                train(
                        "tram-pretrained-cached",
                        b -> b.optPretrainedCache(ROOM_FOR_FEATURES),
                        model,
                        true);
        for (int i = 0; i < exact.size(); i++) {
            assertThat(cached.get(i).distance()).isCloseTo(exact.get(i).distance(), rounding(200));
        }
        assertThat(exact.get(7).distance()).isPositive();
        // As above, the target passes saved are five, and four are made to find out.
        assertThat(plain.bodies - model.bodies).isEqualTo(7 - 2 - 4);
        assertThat(model.heads).isEqualTo(plain.heads + 4);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 190})
    void aHeadThatIsNotMuchWiderDoesNotRunAgain(int classes) {
        HeadedModel plain = new HeadedModel(classes);
        List<TramStep> exact = train("tram-pretrained", b -> {}, plain, true);
        HeadedModel model = new HeadedModel(classes);
        List<TramStep> cached = train("tram-pretrained-cached", b -> {}, model, true);
        assertThat(cached.get(7).distance()).isCloseTo(exact.get(7).distance(), rounding(classes));
        assertThat(plain.heads - model.heads).isEqualTo(7 - 2 - 4);
    }

    @Test
    void aPenaltyOnKeptOutputsMakesNoPassButToFindOut() {
        Consumer<TramOptimizer.Builder> penalty =
                b ->
                        b.optAscent(Ascent.none())
                                .optPenalty(new TrustRegionPenalty(TrustRegion.pretrained(), 0.5f));
        HeadedModel plain = new HeadedModel(200);
        train("sgd", penalty, plain, true);
        HeadedModel model = new HeadedModel(200);
        train("sgd", penalty.andThen(b -> b.optPretrainedCache(1000)), model, true);
        // Of seven target passes two are left; one after the first pass and three times two before
        // it find out that there is no dropout.
        assertThat(plain.bodies - model.bodies).isEqualTo(7 - 2 - 7);
    }

    /** A hit draws no mask, but must not change those of the passes behind it. */
    @Test
    void masksAreTheSameWithTheCacheAndWithout() {
        Consumer<TramOptimizer.Builder> own = b -> b.optReplayDropout(false);
        List<TramStep> exact = train("tram-pretrained", own, 0.5f, true);
        List<TramStep> cached = train("tram-pretrained-cached", own, 0.5f, true);
        for (int i = 0; i < exact.size(); i++) {
            assertThat(cached.get(i).distance()).isCloseTo(exact.get(i).distance(), rounding(3));
        }
    }

    @Test
    void examplesBeyondTheBoundAreComputed() {
        List<TramStep> exact = train("tram-pretrained", b -> {}, 0f, true);
        List<TramStep> cached =
                train("tram-pretrained-cached", b -> b.optPretrainedCache(20), 0f, true);
        assertThat(cached.get(7).distance()).isCloseTo(exact.get(7).distance(), rounding(3));
    }

    @Test
    void cacheUnderReplayedDropoutIsRefused() {
        assertThatThrownBy(() -> train("tram-pretrained-cached", b -> {}, 0.5f, true))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("optReplayDropout(false)");
        assertThat(train("tram-pretrained-cached", b -> b.optReplayDropout(false), 0.5f, true))
                .hasSize(8);
    }

    @Test
    void aFractionOfTheBatchCostsAFractionOfThePass() {
        List<TramStep> part = train("tram-previous-quarter", b -> {}, 0f, false);
        // Per step two passes of 8 and, from the second step on, one of 2; in steps 2, 4 and 8 one
        // to find out.
        assertThat(rows).isEqualTo(8 * (SIZE + SIZE) + 7 * 2 + 3 * 2);
        List<TramStep> whole = train("tram-previous", b -> {}, 0f, false);
        assertThat(part.get(3).distance()).isPositive().isNotEqualTo(whole.get(3).distance());
    }

    @Test
    void aFractionUnderDropoutIsMeasuredInEvaluationMode() {
        train("tram-previous-quarter", b -> {}, 0.5f, false);
        assertThat(rows).isEqualTo(8 * (SIZE + SIZE) + 7 * (2 + 2) + 2);
        List<TramStep> still =
                train("tram-previous-quarter", b -> b.setBaseOptimizer(sgd(0f)), 0.5f, false);
        assertThat(still.get(7).distance()).isZero();
    }

    /** In a new head of zeros dropout has no effect before the first update. */
    @Test
    void aHeadOfZerosDoesNotHideDropout() {
        TramOptimizer tram =
                TramOptimizer.builder()
                        .setBaseOptimizer(sgd(0.5f))
                        .optAscent(Ascent.tram(TrustRegion.noisyInput(Noise.gaussian(0))))
                        .optTrustRegionFraction(0.25f)
                        .optAccumulationSteps(2)
                        .build();
        try (Training training = new Training(TestModel.DROPOUT, tram)) {
            Map<String, float[]> weights = training.weights();
            List<String> names = List.copyOf(weights.keySet());
            for (String name : names.subList(names.size() - 2, names.size())) {
                Arrays.fill(weights.get(name), 0);
            }
            training.setWeights(weights);
            for (int batch = 0; batch < 8; batch++) {
                // Target and estimate are one model in evaluation mode.
                assertThat(training.step(batch).distance()).isZero();
            }
            assertThat(Training.sameBits(training.weights(), weights)).isFalse();
        }
    }

    private long rows;

    private static Optimizer sgd(float rate) {
        return Optimizer.sgd().setLearningRateTracker(Tracker.fixed(rate)).build();
    }

    private List<TramStep> train(
            String method,
            Consumer<TramOptimizer.Builder> change,
            float dropout,
            boolean alternate) {
        forwards = 0;
        rows = 0;
        SequentialBlock block =
                new SequentialBlock()
                        .add(
                                x -> {
                                    forwards++;
                                    rows += x.head().getShape().get(0);
                                    return new NDList(x);
                                })
                        .add(Linear.builder().setUnits(6).build())
                        .add(Activation::tanh)
                        .add(Dropout.builder().optRate(dropout).build())
                        .add(Linear.builder().setUnits(3).build());
        return train(method, change, block, alternate);
    }

    private static List<TramStep> train(
            String method, Consumer<TramOptimizer.Builder> change, Block block, boolean alternate) {
        TramOptimizer.Builder builder =
                Methods.named(method).builder().setBaseOptimizer(sgd(0.1f)).optSelfCheck(false);
        change.accept(builder);
        List<TramStep> steps = new ArrayList<>();
        try (TramOptimizer tram = builder.build();
                Model model = Model.newInstance("fewer", "PyTorch")) {
            model.setBlock(block);
            model.getBlock().setInitializer(new NormalInitializer(0.5f), Parameter.Type.WEIGHT);
            DefaultTrainingConfig config =
                    new DefaultTrainingConfig(tram.loss(Loss.softmaxCrossEntropyLoss()))
                            .optOptimizer(tram)
                            .addTrainingListeners(tram.listener());
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.getManager().getEngine().setRandomSeed(5);
                trainer.initialize(new Shape(SIZE, 4));
                for (int t = 0; t < 8; t++) {
                    try (Batch batch = batch(trainer.getManager(), alternate ? t % 2 : t)) {
                        EasyTrain.trainBatch(trainer, batch);
                        trainer.step();
                    }
                    steps.add(tram.lastStep());
                }
            }
        }
        return steps;
    }

    private static Batch batch(NDManager parent, int seed) {
        NDManager manager = parent.newSubManager();
        float[] x = new float[SIZE * 4];
        float[] y = new float[SIZE];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) Math.sin(1 + i * (seed + 1.3));
            y[i / 4] = i / 4 % 3;
        }
        return new Batch(
                manager,
                new NDList(manager.create(x, new Shape(SIZE, 4))),
                new NDList(manager.create(y)),
                SIZE,
                Batchifier.STACK,
                Batchifier.STACK,
                0,
                0);
    }

    /** A body of six features and a head, which count their passes. */
    private static final class HeadedModel extends AbstractBlock implements HeadedBlock {

        private final Block body =
                addChildBlock(
                        "body",
                        new SequentialBlock()
                                .add(Linear.builder().setUnits(6).build())
                                .add(Activation::tanh));
        private final Block head;
        private int bodies;
        private int heads;

        HeadedModel(int classes) {
            head = addChildBlock("head", Linear.builder().setUnits(classes).build());
        }

        @Override
        public NDArray features(ParameterStore store, NDList inputs, boolean training) {
            bodies++;
            return body.forward(store, inputs, training).head();
        }

        @Override
        public NDArray head(ParameterStore store, NDArray features, boolean training) {
            heads++;
            return head.forward(store, new NDList(features), training).head();
        }

        @Override
        protected NDList forwardInternal(
                ParameterStore store,
                NDList inputs,
                boolean training,
                PairList<String, Object> params) {
            return new NDList(head(store, features(store, inputs, training), training));
        }

        @Override
        protected void initializeChildBlocks(NDManager manager, DataType type, Shape... shapes) {
            body.initialize(manager, type, shapes);
            head.initialize(manager, type, body.getOutputShapes(shapes));
        }

        @Override
        public Shape[] getOutputShapes(Shape[] shapes) {
            return head.getOutputShapes(body.getOutputShapes(shapes));
        }
    }
}
