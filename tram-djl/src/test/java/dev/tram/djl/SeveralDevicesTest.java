package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.util.Pair;
import dev.tram.core.Ascent;
import dev.tram.core.Noise;
import dev.tram.core.Schedule;
import dev.tram.core.StepContext;
import dev.tram.djl.TramStep.Kind;
import dev.tram.djl.internal.engine.BaseState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A batch of 9 split 5 + 4 over two devices: replicas of the CPU, or GPUs where the engine has two.
 */
class SeveralDevicesTest {

    private static final Engine PY_TORCH = Engine.getEngine("PyTorch");
    private static final boolean HAS_TWO_GPUS = PY_TORCH.getGpuCount() > 1;
    private static final int SIZE = 9;
    private static final int STEPS = 4;

    static List<String> methods() {
        return Methods.names();
    }

    private static TramOptimizer.Builder sgd(String method) {
        return Training.method(method, Training.sgd(0.5f));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sgd", "trpo", "mesa"})
    void withoutAscentTwoDevicesEqualOne(String method) {
        assertClose(weights(TestModel.MLP, 2, sgd(method)), weights(TestModel.MLP, 1, sgd(method)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sam", "asam", "fisher-sam", "tram-pretrained", "tram-previous"})
    void underSyncedAscentTwoDevicesEqualOne(String method) {
        Map<String, float[]> two = weights(TestModel.MLP, 2, sgd(method).optSyncedAscent(true));
        assertClose(two, weights(TestModel.MLP, 1, sgd(method)));
    }

    /** Without noise, which each device draws for its own part, TRAM-Fisher must agree, too. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theGradientOfFishersMetricIsSyncedToo(boolean shared) {
        Noise none = Noise.gaussian(0);
        Ascent ascent =
                shared
                        ? Ascent.tramFisherShared(0.5f, 1f, none)
                        : Ascent.tramFisher(0.5f, 1f, none);
        TramOptimizer.Builder builder =
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.sgd(0.5f))
                        .optAscent(ascent)
                        .optSyncedAscent(true);
        assertClose(weights(TestModel.MLP, 2, builder), weights(TestModel.MLP, 1, builder));
    }

    /** Choices of a user's own keep all devices the same, as the library's do. */
    @Test
    void aUsersOwnChoicesRunOnSeveralDevices() {
        Map<String, float[]> own = weights(TestModel.MLP, 2, UserAxes.own());
        assertClose(own, weights(TestModel.MLP, 2, UserAxes.library()));
    }

    /** What outlives a step of a user's descent changes once an update, however many devices. */
    @Test
    void aUsersDescentWithStateIsThatOfOneDevice(@TempDir Path folder) throws IOException {
        Map<String, float[]> two;
        Path file = folder.resolve("run");
        try (Replicas replicas = new Replicas(TestModel.MLP, 2, counting())) {
            replicas.step(0);
            replicas.step(1);
            replicas.tram.save(file);
            replicas.step(2);
            replicas.step(3);
            two = replicas.weights(1);
        }
        assertClose(two, weights(TestModel.MLP, 1, counting()));
        try (Replicas replicas = new Replicas(TestModel.MLP, 2, counting())) {
            replicas.tram.load(file);
            replicas.step(2);
            replicas.step(3);
            Training.assertSameBits(replicas.weights(1), two);
        }
    }

    private static TramOptimizer.Builder counting() {
        return TramOptimizer.builder()
                .setBaseOptimizer(Training.sgd(0.5f))
                .optAscent(Ascent.sam(0.5f).withSchedule(Schedule.every(2)))
                .optDescent(new UserAxes.Remembering())
                .optSyncedAscent(true);
    }

    /** ‖g‖ is that of the mean over devices, as one device has it. */
    @Test
    void aScheduleThatReadsTheGradientDecidesAsOnOneDevice() {
        List<List<Double>> seen = new ArrayList<>();
        for (int devices = 1; devices <= 2; devices++) {
            List<Double> norms = new ArrayList<>();
            TramOptimizer.Builder builder =
                    TramOptimizer.builder()
                            .setBaseOptimizer(Training.sgd(0.5f))
                            .optAscent(Ascent.sam(0.5f).withSchedule(new Noting(norms)))
                            .optValidPositions((inputs, labels) -> PositionLoss.valid(labels));
            try (Replicas replicas = new Replicas(TestModel.MLP, devices, builder)) {
                replicas.step(0);
                replicas.masked(0, 6);
            }
            seen.add(norms);
        }
        assertThat(seen.get(0)).hasSize(2).allMatch(norm -> norm > 0);
        for (int i = 0; i < 2; i++) {
            assertThat(seen.get(1).get(i)).isCloseTo(seen.get(0).get(i), within(1e-5));
        }
    }

    /** Never ascends; notes ‖g‖. */
    private record Noting(List<Double> norms) implements Schedule {

        @Override
        public boolean readsGradient() {
            return true;
        }

        @Override
        public boolean ascends(StepContext step, double[] state) {
            norms.add(step.gradientNorm());
            return false;
        }

        @Override
        public String toString() {
            return "noting";
        }
    }

    /** A direction's memory follows the mean gradient. */
    @ParameterizedTest
    @ValueSource(strings = {"friendly-sam", "vasso"})
    void aDirectionWithMemoryIsThatOfOneDevice(String method) {
        Map<String, float[]> two = weights(TestModel.MLP, 2, sgd(method).optSyncedAscent(true));
        assertClose(two, weights(TestModel.MLP, 1, sgd(method)));
    }

    /** ε of a momentum ascent is taken on one device and is the same on all. */
    @ParameterizedTest
    @ValueSource(strings = {"msam", "momentum-tram-pretrained", "momentum-tram-previous"})
    void underAMomentumAscentTwoDevicesEqualOne(String method) {
        assertClose(weights(TestModel.MLP, 2, sgd(method)), weights(TestModel.MLP, 1, sgd(method)));
    }

    @Test
    void eachDeviceAscendsOnItsOwnPart() {
        TramOptimizer.Builder wide =
                Methods.named("sam")
                        .with(HyperParameter.RHO, 0.5f)
                        .builder()
                        .setBaseOptimizer(Training.sgd(0.5f));
        Map<String, float[]> two = weights(TestModel.MLP, 2, wide);
        Map<String, float[]> parts;
        try (Replicas one = new Replicas(TestModel.MLP, 1, wide.optAccumulationSteps(2))) {
            for (int number = 0; number < STEPS; number++) {
                one.step(number, 0, 5);
                one.step(number, 5, SIZE);
            }
            parts = one.weights(0);
        }
        assertClose(two, parts);
        wide.optAccumulationSteps(1);
        Map<String, float[]> synced = weights(TestModel.MLP, 2, wide.optSyncedAscent(true));
        assertThat(Training.distance(two, synced)).isGreaterThan(1e-3);
    }

    /** The last batch of an epoch may be smaller than the number of devices. */
    @ParameterizedTest
    @ValueSource(strings = {"sgd", "sam", "tram-previous", "asam+mesa"})
    void aBatchOfOneExampleGoesToOneDevice(String method) {
        List<Map<String, float[]>> weights = new ArrayList<>();
        for (int devices = 1; devices <= 2; devices++) {
            TramOptimizer.Builder builder = sgd(method).optSyncedAscent(true);
            try (Replicas replicas = new Replicas(TestModel.MLP, devices, builder)) {
                replicas.step(0);
                replicas.step(1);
                replicas.step(1, 0, 1);
                replicas.step(2);
                replicas.step(3, 4, 5);
                replicas.step(4);
                weights.add(replicas.weights(0));
                Training.assertSameBits(replicas.weights(devices - 1), replicas.weights(0));
            }
        }
        assertClose(weights.get(1), weights.get(0));
    }

    /** Padding may fill one device's part of a batch. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPartWithoutAValidPositionDoesNotCount(boolean synced) {
        List<Map<String, float[]>> weights = new ArrayList<>();
        for (int devices = 1; devices <= 2; devices++) {
            TramOptimizer.Builder builder =
                    sgd("asam")
                            .optSyncedAscent(synced)
                            .optValidPositions((inputs, labels) -> PositionLoss.valid(labels));
            try (Replicas replicas = new Replicas(TestModel.MLP, devices, builder)) {
                replicas.step(0);
                Map<String, float[]> before = replicas.weights(0);
                replicas.masked(1, 5);
                assertThat(replicas.tram.lastStep().kind()).isEqualTo(Kind.ASCENDED);
                assertThat(replicas.tram.lastStep().loss()).isFinite();
                assertThat(Training.sameBits(replicas.weights(0), before)).isFalse();
                weights.add(replicas.weights(0));
            }
        }
        if (synced) {
            assertClose(weights.get(1), weights.get(0));
        }
    }

    /** Examples of 1 to 4 valid positions. */
    @ParameterizedTest
    @ValueSource(strings = {"sgd", "sam", "tram-pretrained"})
    void devicesCountByTheirValidPositions(String method) {
        List<Map<String, float[]>> weights = new ArrayList<>();
        for (int devices = 1; devices <= 2; devices++) {
            TramOptimizer.Builder builder =
                    sgd(method)
                            .optSyncedAscent(true)
                            .optValidPositions((inputs, labels) -> PositionLoss.valid(labels));
            weights.add(weights(TestModel.TOKENS, devices, builder));
        }
        assertClose(weights.get(1), weights.get(0));
    }

    @ParameterizedTest
    @MethodSource("methods")
    void allDevicesHoldTheSameWeights(String method) {
        Optimizer adam = Training.adam();
        TramOptimizer.Builder builder = Training.method(method, adam).optMaxGradNorm(0.1f);
        try (Replicas replicas = new Replicas(TestModel.MLP, 2, builder)) {
            Map<String, float[]> before = replicas.weights(0);
            for (int number = 0; number < STEPS; number++) {
                replicas.step(number);
                assertThat(replicas.tram.lastStep().kind()).isNotEqualTo(Kind.SKIPPED);
                Training.assertSameBits(replicas.weights(1), replicas.weights(0));
            }
            assertThat(Training.sameBits(replicas.weights(0), before)).isFalse();
            BaseState state = new BaseState(adam);
            assertThat(state.updateCounts().values()).containsOnly(STEPS);
            for (Map<String, Map<Device, NDArray>> moments : state.arrays().values()) {
                assertThat(moments.values())
                        .isNotEmpty()
                        .allSatisfy(
                                byDevice ->
                                        assertThat(byDevice).containsOnlyKeys(replicas.devices[0]));
            }
        }
    }

    @Test
    void theMastersOfLowPrecisionAreTheSameToo() {
        TramOptimizer.Builder builder = Training.method("asam", Training.adam());
        try (Replicas replicas = new Replicas(TestModel.MLP, 2, DataType.FLOAT16, builder)) {
            for (int number = 0; number < STEPS; number++) {
                replicas.step(number);
                assertThat(replicas.tram.lastStep().kind()).isEqualTo(Kind.ASCENDED);
                Training.assertSameBits(replicas.weights(1), replicas.weights(0));
            }
        }
    }

    @Test
    void aNumberThatIsNotFiniteOnOneDeviceSkipsTheStepOnBoth() {
        try (Replicas replicas = new Replicas(TestModel.BATCH_NORM, 2, sgd("tram-previous"))) {
            replicas.step(0);
            Map<String, float[]> before = replicas.weights(0);
            replicas.hook.multiplyAt(2, Float.NaN);
            replicas.step(1);
            assertThat(replicas.tram.lastStep().kind()).isEqualTo(Kind.SKIPPED);
            Training.assertSameBits(replicas.weights(0), before);
            Training.assertSameBits(replicas.weights(1), before);
            replicas.step(2);
            assertThat(replicas.tram.lastStep().kind()).isEqualTo(Kind.ASCENDED);
            assertThat(Training.sameBits(replicas.weights(0), before)).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tram-previous",
                "asam+mesa",
                "msam",
                "momentum-tram-previous",
                "momentum-tram-x",
                "friendly-sam",
                "looksam",
                "ae-sam"
            })
    void resumesBitForBit(String method, @TempDir Path folder) throws IOException {
        Map<String, float[]> whole;
        Path file = folder.resolve("run");
        try (Replicas replicas =
                new Replicas(TestModel.DROPOUT, 2, Training.method(method, Training.adam()))) {
            replicas.step(0);
            replicas.step(1);
            replicas.tram.save(file);
            replicas.step(2);
            replicas.step(3);
            whole = replicas.weights(0);
        }
        try (Replicas replicas =
                new Replicas(TestModel.DROPOUT, 2, Training.method(method, Training.adam()))) {
            replicas.tram.load(file);
            replicas.step(2);
            replicas.step(3);
            Training.assertSameBits(replicas.weights(0), whole);
            Training.assertSameBits(replicas.weights(1), whole);
        }
    }

    /** The validation before the loading has shown the first weights to both devices. */
    @Test
    void aLoadReachesTheFrozenParametersOfAllDevices(@TempDir Path folder) throws IOException {
        Map<String, float[]> whole;
        Path file = folder.resolve("run");
        try (Replicas replicas = new Replicas(TestModel.FROZEN, 2, sgd("sam"))) {
            replicas.step(0);
            replicas.tram.save(file);
            replicas.step(1);
            whole = replicas.weights(1);
        }
        try (Replicas replicas = new Replicas(TestModel.FROZEN, 2, sgd("sam"))) {
            NDArray frozen = replicas.hook.getParameters().get(0).getValue().getArray();
            frozen.set(new float[(int) frozen.size()]);
            replicas.evaluate();
            replicas.tram.load(file);
            replicas.step(1);
            Training.assertSameBits(replicas.weights(1), whole);
        }
    }

    @Test
    void outputsOfAllDevicesSurvive() {
        List<Shape> shapes = new ArrayList<>();
        Consumer<DefaultTrainingConfig> more =
                config ->
                        config.addTrainingListeners(
                                new TrainingListenerAdapter() {
                                    @Override
                                    public void onTrainingBatch(Trainer trainer, BatchData data) {
                                        for (Device device : trainer.getDevices()) {
                                            NDList outputs = data.getPredictions().get(device);
                                            assertThat(outputs.head().toFloatArray()).isNotEmpty();
                                            shapes.add(outputs.head().getShape());
                                        }
                                    }
                                });
        try (Replicas replicas =
                new Replicas(TestModel.MLP, 2, DataType.FLOAT32, sgd("sam"), more)) {
            replicas.step(0);
        }
        assertThat(shapes).containsExactly(new Shape(5, 3), new Shape(4, 3));
    }

    @Test
    void anExecutorServiceIsRefusedAtTheFirstBatch() {
        ExecutorService executor = Executors.newFixedThreadPool(1);
        try (Replicas replicas =
                new Replicas(
                        TestModel.MLP,
                        2,
                        DataType.FLOAT32,
                        sgd("sam"),
                        config -> config.optExecutorService(executor))) {
            Map<String, float[]> before = replicas.weights(0);
            assertThatThrownBy(() -> replicas.step(0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("ExecutorService with several devices is refused")
                    .hasMessageContaining("received: 2 devices");
            Training.assertSameBits(replicas.weights(0), before);
        } finally {
            executor.shutdown();
        }
    }

    /** DJL's own update leaves a manager per parameter and step, and nothing else stays. */
    @ParameterizedTest
    @Tag("gpu")
    @ValueSource(booleans = {true, false})
    void nothingGrowsOnTwoGpus(boolean synced) throws ReflectiveOperationException {
        TramOptimizer.Builder builder =
                Training.method("asam+mesa", Training.adam()).optSyncedAscent(synced);
        try (Replicas gpus = new Replicas(TestModel.MLP, 2, builder)) {
            for (int number = 0; number < STEPS; number++) {
                gpus.step(number);
            }
            int early = Handles.count();
            for (int number = 0; number < STEPS; number++) {
                gpus.step(number);
            }
            int ofDjl = STEPS * gpus.hook.getParameters().size();
            assertThat(Handles.count()).isEqualTo(early + ofDjl);
        }
    }

    @Test
    @Tag("gpu")
    void twoGpusEqualTheCpu() {
        assertThat(HAS_TWO_GPUS).as("two GPUs").isTrue();
        for (String method : List.of("sgd", "sam", "tram-pretrained", "tram-previous")) {
            TramOptimizer.Builder builder = sgd(method).optSyncedAscent(true);
            try (Training cpu = new Training(TestModel.MLP, sgd(method).build(), Device.cpu());
                    Replicas gpus = new Replicas(TestModel.MLP, 2, builder)) {
                cpu.setBatchSize(SIZE);
                cpu.setWeights(gpus.weights(0));
                for (int number = 0; number < STEPS; number++) {
                    gpus.step(number);
                    cpu.step(number);
                }
                Training.assertSameBits(gpus.weights(1), gpus.weights(0));
                assertThat(Training.distance(gpus.weights(0), cpu.weights())).isLessThan(1e-4);
            }
        }
    }

    private static Map<String, float[]> weights(
            TestModel kind, int devices, TramOptimizer.Builder builder) {
        try (Replicas replicas = new Replicas(kind, devices, builder)) {
            for (int number = 0; number < STEPS; number++) {
                replicas.step(number);
                assertThat(replicas.tram.lastStep().kind()).isNotEqualTo(Kind.SKIPPED);
            }
            return replicas.weights(0);
        }
    }

    private static void assertClose(Map<String, float[]> actual, Map<String, float[]> expected) {
        assertThat(Training.distance(actual, expected)).isLessThan(2e-6);
    }

    /** A model in training on some devices, with fixed initial weights. */
    private static final class Replicas implements AutoCloseable {

        final TramOptimizer tram;
        final HookBlock hook;
        final Device[] devices;
        private final TestModel kind;
        private final Model model;
        private final Trainer trainer;

        Replicas(TestModel kind, int devices, TramOptimizer.Builder builder) {
            this(kind, devices, DataType.FLOAT32, builder);
        }

        Replicas(TestModel kind, int devices, DataType type, TramOptimizer.Builder builder) {
            this(kind, devices, type, builder, config -> {});
        }

        Replicas(
                TestModel kind,
                int devices,
                DataType type,
                TramOptimizer.Builder builder,
                Consumer<DefaultTrainingConfig> more) {
            this(kind, HAS_TWO_GPUS ? PY_TORCH : new ReplicaEngine(), devices, type, builder, more);
        }

        private Replicas(
                TestModel kind,
                Engine engine,
                int count,
                DataType type,
                TramOptimizer.Builder builder,
                Consumer<DefaultTrainingConfig> more) {
            this.kind = kind;
            devices = HAS_TWO_GPUS ? engine.getDevices(count) : ReplicaEngine.devices(count);
            tram = builder.build();
            model = engine.newModel("replicas", devices[0]);
            model.setDataType(type);
            // TOKENS without dropout, whose masks differ between devices.
            Block block =
                    kind == TestModel.TOKENS
                            ? TestModel.tokensWithoutInputNoise()
                            : kind.newBlock();
            hook = new HookBlock(block);
            model.setBlock(hook);
            DefaultTrainingConfig config =
                    new DefaultTrainingConfig(tram.loss(new PositionLoss()))
                            .optOptimizer(tram)
                            .optDevices(devices)
                            .addTrainingListeners(tram.listener());
            more.accept(config);
            trainer = model.newTrainer(config);
            engine.setRandomSeed(5);
            trainer.initialize(kind.inputShape(SIZE));
            kind.prepare(hook);
        }

        void evaluate() {
            try (NDManager manager = trainer.getManager().newSubManager()) {
                trainer.evaluate(new NDList(kind.data(manager, 0, SIZE)));
            }
        }

        void step(int number) {
            step(number, 0, SIZE);
        }

        /** A part of a batch and its step. */
        void step(int number, int from, int to) {
            NDManager manager = trainer.getManager().newSubManager();
            String rows = from + ":" + to;
            NDArray data = kind.data(manager, number, SIZE).get(rows);
            if (model.getDataType() != DataType.FLOAT32) {
                data = data.toType(model.getDataType(), false);
            }
            NDArray labels = kind.labels(manager, number, SIZE);
            if (kind == TestModel.TOKENS) {
                NDArray position = manager.arange(4f).reshape(1, 4);
                NDArray length = manager.arange((float) SIZE).mod(4).add(1).reshape(SIZE, 1);
                NDArray padded = position.gte(length).toType(DataType.FLOAT32, false);
                labels = labels.mul(padded.neg().add(1)).sub(padded);
            }
            try (Batch batch = Training.batch(manager, data, labels.get(rows))) {
                EasyTrain.trainBatch(trainer, batch);
                trainer.step();
            }
        }

        /** A batch whose examples count up to some number. */
        void masked(int number, int examples) {
            NDManager manager = trainer.getManager().newSubManager();
            NDArray labels = kind.labels(manager, number, SIZE);
            labels.set(new NDIndex(examples + ":"), -1);
            try (Batch batch = Training.batch(manager, kind.data(manager, number, SIZE), labels)) {
                EasyTrain.trainBatch(trainer, batch);
                trainer.step();
            }
        }

        /** The weights that a device computes with. */
        Map<String, float[]> weights(int device) {
            Device wanted = trainer.getDevices()[device];
            Map<String, float[]> weights = new LinkedHashMap<>();
            for (Pair<String, Parameter> pair : hook.getParameters()) {
                if (pair.getValue().requiresGradient()) {
                    NDArray live =
                            Training.replicas(tram).all().stream()
                                    .filter(replica -> replica.device().equals(wanted))
                                    .map(replica -> replica.live(pair.getValue()))
                                    .findFirst()
                                    .orElse(pair.getValue().getArray());
                    try (NDArray wide = live.toType(DataType.FLOAT32, true)) {
                        weights.put(pair.getKey(), wide.toFloatArray());
                    }
                }
            }
            return weights;
        }

        @Override
        public void close() {
            trainer.close();
            tram.close();
            model.close();
        }
    }
}
