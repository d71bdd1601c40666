package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.initializer.NormalInitializer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.Batchifier;
import dev.tram.core.Ascent;
import dev.tram.core.Descent;
import dev.tram.core.Divergence;
import dev.tram.core.Noise;
import dev.tram.core.Schedule;
import dev.tram.core.TrustRegion;
import dev.tram.core.TrustRegionPenalty;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A run saved and resumed in a new trainer and optimizer ends with the bits of one never stopped.
 */
class ResumeTest {

    private static final int STEPS = 7;

    @TempDir Path folder;

    static List<String> methods() {
        return Methods.names();
    }

    @ParameterizedTest
    @MethodSource("methods")
    void resumesBitForBit(String method) throws IOException {
        for (int stop : new int[] {1, 4}) {
            assertThat(interrupted(method, stop, 1)).isDeepEqualTo(run(method, 1));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"adam", "tram-previous", "tram-x", "asam+mesa"})
    void resumesWithinAnAccumulatedGroup(String method) throws IOException {
        assertThat(interrupted(method, 4, 3)).isDeepEqualTo(run(method, 3));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sgd", "adamw", "sgd-momentum"})
    void resumesEachBaseOptimizer(String base) throws IOException {
        float[][] whole;
        try (Run run = new Run("tram-previous", base, 1, 3)) {
            run.steps(0, STEPS);
            whole = run.parameters();
        }
        Path file = folder.resolve("base");
        try (Run run = new Run("tram-previous", base, 1, 3)) {
            run.steps(0, 3);
            run.tram.save(file);
        }
        try (Run run = new Run("tram-previous", base, 1, 99)) {
            run.tram.load(file);
            run.steps(3, STEPS);
            assertThat(run.parameters()).isDeepEqualTo(whole);
        }
    }

    @Test
    void refusesWhatDoesNotFitAndChangesNothing() throws IOException {
        Path file = folder.resolve("good");
        try (Run run = new Run("tram-previous", "adam", 1, 3)) {
            assertThatThrownBy(() -> run.tram.save(file))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("no batch yet");
            run.steps(0, 2);
            run.tram.save(file);
        }
        byte[] bytes = Files.readAllBytes(file);
        Path truncated =
                Files.write(folder.resolve("cut"), Arrays.copyOf(bytes, bytes.length - 50));
        byte[] flipped = bytes.clone();
        flipped[bytes.length - 100] ^= 1;
        Path damaged = Files.write(folder.resolve("damaged"), flipped);
        byte[] counted = bytes.clone();
        counted[indexOf(bytes, "\"batch\":\"2\"") + 9] ^= 1;
        Path header = Files.write(folder.resolve("header"), counted);
        Path version = folder.resolve("version");
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        byte[] other =
                text.replace("\"version\":\"3\"", "\"version\":\"9\"")
                        .getBytes(StandardCharsets.ISO_8859_1);
        Files.write(version, withChecksum(other));
        try (Run run = new Run("tram-previous", "adam", 1, 99)) {
            float[][] before = run.parameters();
            refused(run, truncated, IOException.class, "bytes instead of");
            refused(run, damaged, IOException.class, "checksum");
            refused(run, header, IOException.class, "checksum");
            refused(run, Files.write(folder.resolve("x"), new byte[5]), IOException.class, "end");
            refused(run, Files.write(folder.resolve("x"), new byte[99]), IOException.class, "of 0");
            refused(run, version, IllegalArgumentException.class, "version 3, received: 9");
            refused(run, folder.resolve("none"), IOException.class, "received: no such file");
            refused(run, folder, IOException.class, "received: no file but a folder");
            assertThat(run.parameters()).isDeepEqualTo(before);
        }
        try (Run run = new Run("tram-previous", "adam", 2, 99)) {
            refused(run, file, IllegalArgumentException.class, "accumulation_steps 2, received: 1");
        }
        try (Run run = new Run("tram-previous", "sgd", 1, 99)) {
            refused(run, file, IllegalArgumentException.class, "Sgd, received");
        }
        try (Run run = new Run("tram-previous", "adam", 1, 99, 6)) {
            float[][] before = run.parameters();
            refused(run, file, IllegalArgumentException.class, "another model");
            assertThat(run.parameters()).isDeepEqualTo(before);
        }
    }

    private static byte[] withChecksum(byte[] file) {
        CRC32 checksum = new CRC32();
        int end = file.length - Long.BYTES;
        checksum.update(file, Long.BYTES, end - Long.BYTES);
        ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(end, checksum.getValue());
        return file;
    }

    @Test
    void saysWhereACheckpointCannotBeSaved() throws IOException {
        try (Run run = new Run("sam", "sgd", 1, 3)) {
            run.steps(0, 1);
            Path none = folder.resolve("none").resolve("file");
            assertThatThrownBy(() -> run.tram.save(none))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(
                            "existing folder, received: no folder " + none.getParent());
            assertThatThrownBy(() -> run.tram.save(folder))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("received: a folder");
            try (var files = Files.list(folder)) {
                assertThat(files).isEmpty();
            }
        }
    }

    /** A builder and what it changes of the one that saved. */
    static Stream<Arguments> otherMethods() {
        TrustRegion noisy = TrustRegion.noisyInput(Noise.gaussian(0.1f));
        return Stream.<UnaryOperator<TramOptimizer.Builder>>of(
                        b -> b.optAscent(Ascent.asam(0.6f)),
                        b -> b.optAscent(Ascent.sam(0.5f)),
                        b -> b.optAscent(Ascent.tram(TrustRegion.previousStep())),
                        b -> b.optPenalty(penalty(TrustRegion.pretrained(), 0.2f)),
                        b -> b.optPenalty(penalty(noisy, 0.1f)),
                        b -> b.optDescent(Descent.gap(0.1f)),
                        b -> b.optReplayDropout(false),
                        b -> b.optAscent(Ascent.asam(0.5f).withSchedule(Schedule.every(2))),
                        b -> b.optTrustRegionFraction(0.5f),
                        b -> b.optMaxGradNorm(1),
                        b -> b.optSyncedAscent(true),
                        b -> b.optAccumulationSteps(2),
                        b -> b.optParameterFilter(p -> p.getType() == Parameter.Type.WEIGHT),
                        b -> b.setBaseOptimizer(Training.adam()),
                        b -> b.setBaseOptimizer(momentum()))
                .map(Arguments::of);
    }

    private static Optimizer momentum() {
        return Optimizer.sgd()
                .setLearningRateTracker(Tracker.fixed(0.1f))
                .optMomentum(0.5f)
                .build();
    }

    private static TrustRegionPenalty penalty(TrustRegion region, float weight) {
        return new TrustRegionPenalty(region, weight);
    }

    private static TramOptimizer.Builder asamAndPenalty() {
        return TramOptimizer.builder()
                .setBaseOptimizer(Training.sgd())
                .optAscent(Ascent.asam(0.5f))
                .optPenalty(penalty(TrustRegion.pretrained(), 0.1f));
    }

    @ParameterizedTest
    @MethodSource("otherMethods")
    void refusesTheCheckpointOfAnotherMethodAndNamesBoth(UnaryOperator<TramOptimizer.Builder> other)
            throws IOException {
        Path file = folder.resolve("asam");
        try (Training training = new Training(TestModel.MLP, asamAndPenalty().build())) {
            training.step(0);
            training.tram.save(file);
        }
        try (Training same = new Training(TestModel.MLP, asamAndPenalty().build())) {
            same.tram.load(file);
        }
        TramOptimizer tram = other.apply(asamAndPenalty()).build();
        try (Training training = new Training(TestModel.MLP, tram)) {
            Map<String, float[]> before = training.weights();
            assertThatThrownBy(() -> tram.load(file))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageMatching("Checkpoint .* must have (\\S+) .+, received: .+")
                    .hasMessageNotContaining("null");
            Training.assertSameBits(training.weights(), before);
        }
    }

    @Test
    void namesTheAscentOfBoth() throws IOException {
        Path file = folder.resolve("asam");
        try (Run run = new Run("asam", "sgd", 1, 3)) {
            run.steps(0, 1);
            run.tram.save(file);
        }
        try (Run run = new Run("tram-pretrained", "sgd", 1, 3)) {
            refused(run, file, IllegalArgumentException.class, "must have ascent Ascent[");
            refused(run, file, IllegalArgumentException.class, "Pretrained[divergence=forward-kl]");
            refused(run, file, IllegalArgumentException.class, "received: Ascent[");
            refused(run, file, IllegalArgumentException.class, "Fixed[rho=0.5]");
        }
    }

    @Test
    void aDivergenceAndANoiseOfOnesOwnAreResumed() throws IOException {
        Path file = folder.resolve("own");
        for (boolean saving : new boolean[] {true, false}) {
            Divergence divergence = saving ? (p, q) -> p.sub(q).abs().sum() : own();
            TrustRegion region = TrustRegion.pretrained().withDivergence(divergence);
            TramOptimizer tram =
                    TramOptimizer.builder()
                            .setBaseOptimizer(Training.sgd())
                            .optAscent(Ascent.tram(region))
                            .build();
            try (Training training = new Training(TestModel.MLP, tram)) {
                if (saving) {
                    training.step(0);
                    tram.save(file);
                } else {
                    tram.load(file);
                    assertThat(training.step(1).kind()).isEqualTo(TramStep.Kind.ASCENDED);
                }
            }
        }
    }

    private static Divergence own() {
        return (p, q) -> p.sub(q).abs().sum();
    }

    @Test
    void resumesFrozenParametersOfAnotherInitialisation() throws IOException {
        Path file = folder.resolve("frozen");
        Map<String, float[]> saved;
        Map<String, float[]> whole;
        try (Training training = frozen()) {
            training.steps(0, 2);
            saved = training.weights();
            training.tram.save(file);
            training.steps(2, 4);
            whole = training.weights();
        }
        try (Training training = frozen()) {
            Map<String, float[]> others = training.weights();
            others.values().forEach(values -> values[0] += 1);
            training.setWeights(others);
            training.tram.load(file);
            Training.assertSameBits(training.weights(), saved);
            training.steps(2, 4);
            Training.assertSameBits(training.weights(), whole);
        }
        TramOptimizer trained = Training.method("tram-previous").build();
        try (Training training = new Training(TestModel.MLP, trained)) {
            assertThatThrownBy(() -> trained.load(file))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("another model");
        }
    }

    /** The number of the step is behind the interval, and behind the learning rate. */
    @Test
    void resumesIntervalsAndUnfrozenLayers() throws IOException {
        Path file = folder.resolve("unfrozen");
        Map<String, float[]> whole;
        try (Training training = everyThird()) {
            training.steps(0, 4);
            exchangeFrozen(training);
            training.step(4);
            training.tram.save(file);
            training.steps(5, 9);
            whole = training.weights();
        }
        try (Training training = everyThird()) {
            exchangeFrozen(training);
            training.tram.load(file);
            training.steps(5, 9);
            Training.assertSameBits(training.weights(), whole);
        }
    }

    /** The learning rate falls with the number of the step. */
    private static Training everyThird() {
        Tracker rate = Tracker.factor().setBaseValue(0.5f).setFactor(0.7f).build();
        Optimizer base = Optimizer.sgd().setLearningRateTracker(rate).build();
        TramOptimizer tram =
                Training.method("sam", base)
                        .optAscent(Ascent.sam(0.05f).withSchedule(Schedule.every(3)))
                        .build();
        Training training = new Training(TestModel.MLP, tram);
        training.parameter(0).freeze(true);
        training.parameter(1).freeze(true);
        return training;
    }

    /** Trains the other layer from now on. */
    private static void exchangeFrozen(Training training) {
        for (int i = 0; i < 4; i++) {
            training.parameter(i).freeze(i > 1);
        }
    }

    @Test
    void doesNotFindOutAgainThatThereIsNoDropout() throws IOException {
        Path file = folder.resolve("quarter");
        int steps = 5;
        for (boolean saving : new boolean[] {true, false}) {
            TramOptimizer tram = Training.method("tram-previous-quarter").build();
            try (Training training = new Training(TestModel.MLP, tram)) {
                if (saving) {
                    training.steps(0, steps);
                    tram.save(file);
                } else {
                    tram.load(file);
                }
                training.hook.resetPasses();
                training.step(steps);
                assertThat(training.hook.passes()).isEqualTo(3);
            }
        }
    }

    private static Training frozen() {
        return new Training(TestModel.FROZEN, Training.method("tram-previous").build());
    }

    @Test
    void eachChangedByteIsFound() throws IOException {
        assertChangesAreFound(i -> IntStream.of(1 << i % Byte.SIZE));
    }

    @Tag("slow")
    @Test
    void eachChangedBitIsFound() throws IOException {
        assertChangesAreFound(i -> IntStream.range(0, Byte.SIZE).map(bit -> 1 << bit));
    }

    /** Changes every byte of the header and some of the data by some masks. */
    private void assertChangesAreFound(IntFunction<IntStream> masks) throws IOException {
        Path file = folder.resolve("small");
        try (Training training = frozen()) {
            training.step(0);
            training.tram.save(file);
            byte[] bytes = Files.readAllBytes(file);
            int header = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
            Path damaged = folder.resolve("damaged");
            for (int i = 0; i < bytes.length; i += i < Long.BYTES + header ? 1 : 37) {
                for (int mask : masks.apply(i).toArray()) {
                    byte[] changed = bytes.clone();
                    changed[i] ^= (byte) mask;
                    Files.write(damaged, changed);
                    assertThatThrownBy(() -> training.tram.load(damaged))
                            .as("mask %d of byte %d", mask, i)
                            .isInstanceOf(IOException.class)
                            .hasMessageContaining("must be a whole checkpoint of TramOptimizer");
                }
            }
        }
    }

    @Test
    void refusesToSaveBetweenBatchAndStep() throws IOException {
        try (Run run = new Run("sam", "adam", 1, 3)) {
            run.steps(0, 1);
            run.batch(1);
            assertThatThrownBy(() -> run.tram.save(folder.resolve("x")))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("a batch without step()");
        }
        try (var files = Files.list(folder)) {
            assertThat(files).isEmpty();
        }
    }

    private static int indexOf(byte[] bytes, String text) {
        return new String(bytes, StandardCharsets.ISO_8859_1).indexOf(text);
    }

    private static void refused(
            Run run, Path file, Class<? extends Throwable> type, String message) {
        assertThatThrownBy(() -> run.tram.load(file))
                .isInstanceOf(type)
                .hasMessageContaining(message);
    }

    private static float[][] run(String method, int group) {
        try (Run run = new Run(method, "adam", group, 3)) {
            run.steps(0, STEPS);
            return run.parameters();
        }
    }

    private float[][] interrupted(String method, int stop, int group) throws IOException {
        Path file = folder.resolve(method + stop);
        try (Run run = new Run(method, "adam", group, 3)) {
            run.steps(0, stop);
            run.tram.save(file);
        }
        try (Run run = new Run(method, "adam", group, 99)) {
            run.tram.load(file);
            Files.delete(file);
            run.steps(stop, STEPS);
            return run.parameters();
        }
    }

    /** A small model with batch normalisation and dropout, trained on batches fixed by number. */
    private static final class Run implements AutoCloseable {

        private final TramOptimizer tram;
        private final Model model = Model.newInstance("resume", "PyTorch");
        private final Trainer trainer;

        Run(String method, String base, int group, int initialSeed) {
            this(method, base, group, initialSeed, 5);
        }

        Run(String method, String base, int group, int initialSeed, int width) {
            Tracker rate = Tracker.factor().setBaseValue(0.05f).setFactor(0.9f).build();
            Optimizer optimizer =
                    switch (base) {
                        case "adam" -> Optimizer.adam().optLearningRateTracker(rate).build();
                        case "adamw" -> Optimizer.adamW().optLearningRateTracker(rate).build();
                        case "sgd" -> Optimizer.sgd().setLearningRateTracker(rate).build();
                        default ->
                                Optimizer.sgd()
                                        .setLearningRateTracker(rate)
                                        .optMomentum(0.9f)
                                        .build();
                    };
            tram =
                    Methods.named(method)
                            .builder()
                            .setBaseOptimizer(optimizer)
                            .optAccumulationSteps(group)
                            .optReplayDropout(!Training.keepsPretrained(method))
                            .optParameterFilter(parameter -> true)
                            .build();
            model.setBlock(
                    new SequentialBlock()
                            .add(Linear.builder().setUnits(width).build())
                            .add(BatchNorm.builder().build())
                            .add(Activation::tanh)
                            .add(Dropout.builder().optRate(0.2f).build())
                            .add(Linear.builder().setUnits(3).build()));
            model.getBlock().setInitializer(new NormalInitializer(0.5f), Parameter.Type.WEIGHT);
            trainer =
                    model.newTrainer(
                            new DefaultTrainingConfig(tram.loss(Loss.softmaxCrossEntropyLoss()))
                                    .optOptimizer(tram)
                                    .addTrainingListeners(tram.listener()));
            trainer.getManager().getEngine().setRandomSeed(initialSeed);
            trainer.initialize(new Shape(6, 4));
            drawsNothing =
                    Training.settings(method).regions().isEmpty()
                            && !Training.hasSecondPass(method);
            JniUtils.setSeed(1);
        }

        /** Without an ascent the masks are the engine's, which no checkpoint holds. */
        private final boolean drawsNothing;

        void steps(int from, int to) {
            for (int t = from; t < to; t++) {
                batch(t);
                trainer.step();
            }
        }

        void batch(int t) {
            if (drawsNothing) {
                JniUtils.setSeed(t);
            }
            Random random = new Random(t);
            NDManager manager = trainer.getManager().newSubManager();
            float[] x = new float[24];
            for (int i = 0; i < x.length; i++) {
                x[i] = (float) random.nextGaussian();
            }
            NDArray data = manager.create(x, new Shape(6, 4));
            NDArray labels = manager.arange(6).toType(DataType.FLOAT32, true).mod(3);
            try (Batch batch =
                    new Batch(
                            manager,
                            new NDList(data),
                            new NDList(labels),
                            6,
                            Batchifier.STACK,
                            Batchifier.STACK,
                            0,
                            0)) {
                EasyTrain.trainBatch(trainer, batch);
            }
        }

        float[][] parameters() {
            return model.getBlock().getParameters().values().stream()
                    .map(parameter -> parameter.getArray().toFloatArray())
                    .toArray(float[][]::new);
        }

        @Override
        public void close() {
            trainer.close();
            tram.close();
            model.close();
        }
    }
}
