package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.L1WeightDecay;
import ai.djl.training.loss.Loss;
import ai.djl.training.loss.SimpleCompositeLoss;
import dev.tram.core.Ascent;
import dev.tram.core.Divergence;
import dev.tram.core.Divergences;
import dev.tram.core.Noise;
import dev.tram.core.TrustRegion;
import dev.tram.core.TrustRegionPenalty;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a distance takes the model's first output for. */
class OutputCheckTest {

    private static final int OUTPUTS = 3;
    private static final TrustRegion NOISY = TrustRegion.noisyInput(Noise.gaussian(0.1f));

    static Stream<Arguments> lossesOfOtherOutputs() {
        return Stream.of(
                Arguments.of(Loss.sigmoidBinaryCrossEntropyLoss(), "bernoulliKl()"),
                Arguments.of(Loss.l1Loss(), "gaussianKl(sigma)"),
                Arguments.of(Loss.l2Loss(), "gaussianKl(sigma)"),
                Arguments.of(Loss.quantileL1Loss(0.5f), "gaussianKl(sigma)"),
                Arguments.of(
                        new SimpleCompositeLoss()
                                .addLoss(Loss.l2Loss())
                                .addLoss(new L1WeightDecay("decay", new NDList())),
                        "gaussianKl(sigma)"));
    }

    private static TramOptimizer.Builder tram(TrustRegion region) {
        return TramOptimizer.builder()
                .setBaseOptimizer(Training.sgd())
                .optAscent(Ascent.tram(region));
    }

    /** A model of 5 features and some outputs, in training. */
    private static final class Run implements AutoCloseable {

        final TramOptimizer tram;
        final Model model = Model.newInstance("outputs");
        final Trainer trainer;

        Run(TramOptimizer tram, Loss loss, Block head) {
            this.tram = tram;
            Engine.getInstance().setRandomSeed(1);
            model.setBlock(
                    new SequentialBlock()
                            .add(BatchNorm.builder().build())
                            .add(Linear.builder().setUnits(OUTPUTS).build())
                            .add(head));
            trainer = model.newTrainer(tram.trainingConfig(loss));
            trainer.initialize(new Shape(4, 5));
        }

        void step(boolean sparse) {
            try (Batch batch = batch(sparse)) {
                EasyTrain.trainBatch(trainer, batch);
                trainer.step();
            }
        }

        private Batch batch(boolean sparse) {
            NDManager manager = trainer.getManager().newSubManager();
            NDArray data = manager.arange(20f).sin().reshape(4, 5);
            NDArray labels = manager.arange(12f).gt(5).toType(data.getDataType(), false);
            return Training.batch(
                    manager, data, sparse ? manager.arange(4f).mod(3) : labels.reshape(4, 3));
        }

        @Override
        public void close() {
            trainer.close();
            tram.close();
            model.close();
        }
    }

    private static Block identity() {
        return new LambdaBlock(NDList::new);
    }

    @ParameterizedTest
    @MethodSource("lossesOfOtherOutputs")
    void refusesLossesOfOtherOutputsWithTheRecipe(Loss loss, String recipe) {
        try (Run run = new Run(tram(NOISY).build(), loss, identity())) {
            var before = Training.weights(run.model.getBlock());
            assertThatThrownBy(() -> run.step(false))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(recipe)
                    .hasMessageContaining("received: " + "ai.djl.training.loss.");
            Training.assertSameBits(Training.weights(run.model.getBlock()), before);
        }
    }

    @Test
    void refusesThemForPenaltiesToo() {
        TramOptimizer mesa =
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.sgd())
                        .optAscent(Ascent.none())
                        .optPenalty(TrustRegionPenalty.of(TrustRegion.movingAverage(0.9f)))
                        .build();
        try (Run run = new Run(mesa, Loss.l2Loss(), identity())) {
            assertThatThrownBy(() -> run.step(false)).hasMessageContaining("gaussianKl(sigma)");
        }
    }

    static Stream<Arguments> recipes() {
        return Stream.of(
                Arguments.of(Loss.sigmoidBinaryCrossEntropyLoss(), Divergences.bernoulliKl()),
                Arguments.of(Loss.l2Loss(), Divergences.gaussianKl(0.5f)),
                Arguments.of(Loss.l1Loss(), Divergences.l2()));
    }

    @ParameterizedTest
    @MethodSource("recipes")
    void takesTheRecipes(Loss loss, Divergence divergence) {
        try (Run run = new Run(tram(NOISY.withDivergence(divergence)).build(), loss, identity())) {
            run.step(false);
            assertThat(run.tram.lastStep().distance()).isGreaterThan(1e-4);
            assertThat(run.tram.lastStep().kind()).isEqualTo(TramStep.Kind.ASCENDED);
        }
        TramOptimizer chosen = tram(NOISY).optLogits(NDList::head).build();
        try (Run run = new Run(chosen, loss, identity())) {
            run.step(false);
            assertThat(run.tram.lastStep().distance()).isPositive();
        }
    }

    @Test
    void methodsWithoutDistanceTakeAnyLoss() {
        TramOptimizer sam = Training.method("sam").build();
        try (Run run = new Run(sam, Loss.l2Loss(), identity())) {
            assertThat(Logged.by(() -> run.step(false))).isEmpty();
            assertThat(run.tram.lastStep().kind()).isEqualTo(TramStep.Kind.ASCENDED);
        }
    }

    @Test
    void softmaxCrossEntropyIsLogits() {
        try (Run run = new Run(tram(NOISY).build(), Loss.softmaxCrossEntropyLoss(), identity())) {
            assertThat(Logged.by(() -> run.step(true))).isEmpty();
            assertThat(run.tram.lastStep().distance()).isPositive();
        }
    }

    /** Counts how often it is evaluated. */
    private static final class CountedLoss extends Loss {

        private final Loss loss = Loss.softmaxCrossEntropyLoss();
        private int evaluations;

        CountedLoss() {
            super("counted");
        }

        @Override
        public NDArray evaluate(NDList labels, NDList predictions) {
            evaluations++;
            return loss.evaluate(labels, new NDList(predictions.head()));
        }
    }

    @Test
    void refusesSeveralOutputsBeforeTheyAreUsedUnlessOneIsChosen() {
        Block two = new LambdaBlock(x -> new NDList(x.head(), x.head().mul(2)));
        CountedLoss first = new CountedLoss();
        try (Run run = new Run(tram(NOISY).build(), first, two)) {
            var statistics = run.model.getBlock().getParameters().get(2).getValue().getArray();
            float[] before = statistics.toFloatArray();
            for (int attempt = 0; attempt < 2; attempt++) {
                assertThatThrownBy(() -> run.step(true))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("optLogits(outputs -> outputs.get(0))")
                        .hasMessageEndingWith("received: a model of 2 outputs");
            }
            assertThat(first.evaluations).isZero();
            assertThat(statistics.toFloatArray()).containsExactly(before);
            assertThat(run.tram.batches()).isZero();
        }
        TramOptimizer chosen = tram(NOISY).optLogits(outputs -> outputs.get(1)).build();
        try (Run run = new Run(chosen, first, two)) {
            run.step(true);
            assertThat(run.tram.lastStep().distance()).isPositive();
        }
    }

    @Test
    void refusesOneLogitAtTheFirstBatchWithTheRecipe() {
        Block one = new LambdaBlock(x -> new NDList(x.head().get(":, :1")));
        TramOptimizer previous = tram(TrustRegion.previousStep()).build();
        try (Run run = new Run(previous, Loss.softmaxCrossEntropyLoss(), one)) {
            assertThatThrownBy(() -> run.step(true))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("withDivergence(Divergences.bernoulliKl())")
                    .hasMessageEndingWith("received: outputs of shape (4, 1)");
        }
    }

    /** A softmax of probabilities is nearly uniform; their logarithms are logits. */
    @Test
    void saysOnceThatOutputsLookLikeProbabilities() {
        Loss loss = Loss.softmaxCrossEntropyLoss();
        Block softmax = new LambdaBlock(x -> new NDList(x.head().softmax(-1)));
        double mistaken;
        try (Run run = new Run(tram(NOISY).build(), loss, softmax)) {
            assertThat(Logged.by(() -> run.step(true))).contains("looks like probabilities");
            mistaken = run.tram.lastStep().distance();
            assertThat(Logged.by(() -> run.step(true))).isEmpty();
        }
        TramOptimizer logarithms =
                tram(NOISY).optLogits(outputs -> outputs.head().maximum(1e-12).log()).build();
        try (Run run = new Run(logarithms, loss, softmax)) {
            assertThat(Logged.by(() -> run.step(true))).isEmpty();
            assertThat(run.tram.lastStep().distance()).isGreaterThan(3 * mistaken);
        }
    }

    @Test
    void saysOnceThatALossIsUnknown() {
        try (Run run = new Run(tram(NOISY).build(), new PositionLoss(), identity())) {
            assertThat(Logged.by(() -> run.step(true)))
                    .contains("optLogits(NDList::head)")
                    .contains("received: dev.tram.djl.PositionLoss");
            assertThat(Logged.by(() -> run.step(true))).isEmpty();
        }
    }

    /** In a closure the configuration's loss need not be the one in use. */
    @Test
    void warnsOnlyInClosures() {
        try (Run run = new Run(tram(NOISY).build(), Loss.l2Loss(), identity());
                Batch batch = run.batch(true)) {
            Runnable step =
                    () ->
                            run.tram.step(
                                    run.trainer,
                                    () -> {
                                        NDList outputs = run.trainer.forward(batch.getData());
                                        return Loss.softmaxCrossEntropyLoss()
                                                .evaluate(batch.getLabels(), outputs);
                                    });
            assertThat(Logged.by(step)).contains("gaussianKl(sigma)");
            assertThat(Logged.by(step)).isEmpty();
            assertThat(run.tram.lastStep().kind()).isEqualTo(TramStep.Kind.ASCENDED);
        }
    }

    @Test
    void saysOnceThatTheDistanceStaysZero() {
        TramOptimizer inert =
                tram(TrustRegion.previousStep())
                        .optLogits(outputs -> outputs.head().mul(0))
                        .build();
        try (Run run = new Run(inert, Loss.softmaxCrossEntropyLoss(), identity())) {
            String first =
                    Logged.by(
                            () -> {
                                for (int step = 0; step < 100; step++) {
                                    run.step(true);
                                }
                            });
            assertThat(first).isEmpty();
            assertThat(Logged.by(() -> run.step(true))).contains("exactly 0 for 100 steps");
            String later =
                    Logged.by(
                            () -> {
                                for (int step = 0; step < 110; step++) {
                                    run.step(true);
                                }
                            });
            assertThat(later).isEmpty();
        }
    }
}
