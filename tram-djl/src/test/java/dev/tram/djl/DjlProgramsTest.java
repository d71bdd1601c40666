package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.translate.Batchifier;
import dev.tram.core.Ascent;
import dev.tram.core.Divergences;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

/** DJL's own training programs with the optimizer swapped. */
class DjlProgramsTest {

    private static final int STEPS = 24;
    private static final int BATCHES = 4;
    private static final int ATTEMPTS = 20;

    /** One program in training. */
    private static final class Run implements AutoCloseable {

        final DjlProgram program;
        final TramOptimizer tram;
        final Model model = Model.newInstance("program");
        final Trainer trainer;

        Run(DjlProgram program, TramOptimizer tram) {
            this(program, tram, tram.trainingConfig(program.loss()));
        }

        Run(DjlProgram program, TramOptimizer tram, DefaultTrainingConfig config) {
            this.program = program;
            this.tram = tram;
            Engine.getEngine("PyTorch").setRandomSeed(1);
            model.setBlock(program.newBlock());
            trainer = model.newTrainer(config);
            trainer.initialize(program.inputShapes());
        }

        void step(int number) {
            NDManager manager = trainer.getManager().newSubManager();
            try (Batch batch =
                    new Batch(
                            manager,
                            program.data(manager, number % BATCHES),
                            program.labels(manager, number % BATCHES),
                            8,
                            Batchifier.STACK,
                            Batchifier.STACK,
                            0,
                            0)) {
                EasyTrain.trainBatch(trainer, batch);
                trainer.step();
            }
        }

        Run batches() {
            for (int number = 0; number < BATCHES; number++) {
                step(number);
            }
            return this;
        }

        Map<String, float[]> weights() {
            Block block = model.getBlock();
            return Training.weights(block);
        }

        @Override
        public void close() {
            trainer.close();
            if (tram != null) {
                tram.close();
            }
            model.close();
        }
    }

    private static Optimizer adam() {
        return Training.adam();
    }

    /**
     * The outcome of a run during which nothing was collected. DJL's {@code mul(Number)} lends
     * autograd a buffer of Java's: one that is freed before backward has read it spoils a gradient.
     */
    private static <T> T withoutCollection(Supplier<T> run) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            System.gc();
            long before = collections();
            T outcome = run.get();
            if (collections() == before) {
                return outcome;
            }
        }
        throw new AssertionError("collections in each of " + ATTEMPTS + " runs");
    }

    private static long collections() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(GarbageCollectorMXBean::getCollectionCount)
                .sum();
    }

    private static void checkZeroRadius(DjlProgram program) {
        Map<String, float[]> plain =
                withoutCollection(
                        () -> {
                            Loss loss = program.loss();
                            DefaultTrainingConfig config =
                                    new DefaultTrainingConfig(loss).optOptimizer(adam());
                            try (Run run = new Run(program, null, config)) {
                                return run.batches().weights();
                            }
                        });
        Map<String, float[]> swapped =
                withoutCollection(
                        () -> {
                            TramOptimizer tram =
                                    TramOptimizer.builder()
                                            .setBaseOptimizer(adam())
                                            .optAscent(Ascent.sam(0))
                                            .build();
                            try (Run run = new Run(program, tram)) {
                                run.batches();
                                assertThat(tram.skippedSteps()).isZero();
                                return run.weights();
                            }
                        });
        Training.assertSameBits(swapped, plain);
    }

    private static void checkLoss(DjlProgram program) {
        TramOptimizer tram = program.tram().setBaseOptimizer(adam()).build();
        try (Run run = new Run(program, tram)) {
            double first = 0;
            double last = 0;
            for (int step = 0; step < STEPS; step++) {
                run.step(step);
                double loss = tram.lastStep().loss();
                first += step < BATCHES ? loss : 0;
                last += step >= STEPS - BATCHES ? loss : 0;
            }
            assertThat(tram.skippedSteps()).isZero();
            assertThat(last).isLessThan(first);
            assertThat(tram.lastStep().kind()).isEqualTo(TramStep.Kind.ASCENDED);
            assertThat(tram.lastStep().distance()).isPositive();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DjlProgram.class,
            names = {"MNIST_MLP", "CAPTCHA", "TRANSFER", "LSTM_CLASSIFIER"})
    void aZeroRadiusIsTheBaseOptimizer(DjlProgram program) {
        checkZeroRadius(program);
    }

    @ParameterizedTest
    @EnumSource(
            value = DjlProgram.class,
            names = {"MNIST_MLP", "CAPTCHA", "TRANSFER", "LSTM_CLASSIFIER"})
    void theLossFalls(DjlProgram program) {
        checkLoss(program);
    }

    /** They embed their inputs inside, where no InputNoise block can stand. */
    @ParameterizedTest
    @CsvSource({
        "BERT, tram-x, BertBlock",
        "BERT, asam+r3f, BertBlock",
        "BERT, tram-fisher, BertBlock",
        "DEEP_AR, tram-fisher, DeepARTrainingNetwork",
        "DEEP_AR_COUNTS, tram-fisher-shared, DeepARTrainingNetwork"
    })
    void saysWhatIsPossibleWhereNoNoiseCanBeAdded(DjlProgram program, String method, String block) {
        TramOptimizer tram =
                Methods.named(method)
                        .builder()
                        .setBaseOptimizer(adam())
                        .optLogits(NDList::head)
                        .build();
        try (Run run = new Run(program, tram)) {
            Map<String, float[]> before = run.weights();
            assertThatThrownBy(() -> run.step(0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(block + " embeds its input inside")
                    .hasMessageContaining("TrustRegion.previousStep()")
                    .hasMessageContaining("received: input of type int64");
            Training.assertSameBits(run.weights(), before);
        }
    }

    /** DJL's loss on a list of its own. */
    private static final class OnACopy extends Loss {

        private final Loss loss;

        OnACopy(Loss loss) {
            super(loss.getName());
            this.loss = loss;
        }

        @Override
        public NDArray evaluate(NDList labels, NDList predictions) {
            return loss.evaluate(labels, new NDList(predictions));
        }
    }

    /** DJL's distribution loss moves the logits to the end of the list that it is given. */
    @ParameterizedTest
    @ValueSource(strings = {"tram-previous-relative", "trpo", "mesa", "asam+trpo"})
    void logitsByIndexAreTheModelsOwnWhereTheLossReordersThem(String method) {
        Outcome direct = countsBy(method, UnaryOperator.identity());
        Outcome onACopy = countsBy(method, OnACopy::new);
        assertThat(direct.distance()).isPositive().isEqualTo(onACopy.distance());
        Training.assertSameBits(direct.weights(), onACopy.weights());
    }

    private record Outcome(double distance, Map<String, float[]> weights) {}

    private static Outcome countsBy(String method, UnaryOperator<Loss> how) {
        DjlProgram program = DjlProgram.DEEP_AR_COUNTS;
        return withoutCollection(
                () -> {
                    TramOptimizer tram =
                            Methods.named(method)
                                    .with(HyperParameter.DIVERGENCE, Divergences.gaussianKl(1))
                                    .builder()
                                    .setBaseOptimizer(adam())
                                    .optLogits(outputs -> outputs.get(1).expandDims(-1))
                                    .build();
                    Loss loss = how.apply(program.loss());
                    try (Run run = new Run(program, tram, tram.trainingConfig(loss))) {
                        run.batches();
                        assertThat(tram.skippedSteps()).isZero();
                        return new Outcome(tram.lastStep().distance(), run.weights());
                    }
                });
    }

    @Tag("slow")
    @ParameterizedTest
    @EnumSource(
            value = DjlProgram.class,
            mode = Mode.EXCLUDE,
            names = {"MNIST_MLP", "CAPTCHA", "TRANSFER", "LSTM_CLASSIFIER"})
    void aZeroRadiusIsTheBaseOptimizerOfLargerPrograms(DjlProgram program) {
        checkZeroRadius(program);
    }

    @Tag("slow")
    @ParameterizedTest
    @EnumSource(
            value = DjlProgram.class,
            mode = Mode.EXCLUDE,
            names = {"MNIST_MLP", "CAPTCHA", "TRANSFER", "LSTM_CLASSIFIER"})
    void theLossOfLargerProgramsFalls(DjlProgram program) {
        checkLoss(program);
    }
}
