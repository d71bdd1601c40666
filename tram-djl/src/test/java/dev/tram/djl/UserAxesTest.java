package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import dev.tram.core.Ascent;
import dev.tram.core.Descent;
import dev.tram.core.Neighborhood;
import dev.tram.core.Radius;
import dev.tram.core.Schedule;
import dev.tram.djl.pytorch.Kernels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Choices of a user's own, which the library has never heard of, do what its own twins do. */
class UserAxesTest {

    private static final int STEPS = 8;

    @AfterEach
    void selectNoKernels() {
        System.clearProperty(Kernels.PROPERTY);
    }

    private static void assertTwins(Training own, Training library, double tolerance) {
        library.setWeights(own.weights());
        List<TramStep.Kind> kinds = new ArrayList<>();
        for (int number = 0; number < STEPS; number++) {
            TramStep step = own.step(number);
            assertThat(step.kind()).isEqualTo(library.step(number).kind());
            kinds.add(step.kind());
        }
        assertThat(kinds).contains(TramStep.Kind.PLAIN, TramStep.Kind.ASCENDED);
        assertThat(Training.distance(own.weights(), library.weights())).isLessThan(tolerance);
    }

    /** On fused kernels the neighborhood has none and runs array by array. */
    @ParameterizedTest
    @EnumSource(Kernels.class)
    void followTheLibrarysOwn(Kernels kernels) {
        System.setProperty(Kernels.PROPERTY, kernels.name().toLowerCase(Locale.ROOT));
        try (Training own = new Training(TestModel.MLP, UserAxes.own().build());
                Training library = new Training(TestModel.MLP, UserAxes.library().build())) {
            assertTwins(own, library, 1e-5);
        }
    }

    @Test
    void followThemUnderDropoutAndBatchNormalisation() {
        for (TestModel model : List.of(TestModel.DROPOUT, TestModel.BATCH_NORM, TestModel.TIED)) {
            try (Training own = new Training(model, UserAxes.own().build());
                    Training library = new Training(model, UserAxes.library().build())) {
                assertTwins(own, library, 1e-4);
            }
        }
    }

    @Test
    void followThemInFloat16() {
        try (Training own = float16(UserAxes.own().build());
                Training library = float16(UserAxes.library().build())) {
            library.setWeights(own.weights());
            for (int number = 0; number < STEPS; number++) {
                assertThat(own.step(number).kind()).isEqualTo(library.step(number).kind());
            }
            assertThat(Training.distance(own.weights(), library.weights())).isLessThan(2e-2);
        }
    }

    private static Training float16(TramOptimizer tram) {
        Block block =
                new SequentialBlock()
                        .addSingleton(x -> x.toType(DataType.FLOAT16, false))
                        .add(TestModel.MLP.newBlock());
        return Training.of(TestModel.MLP, block, DataType.FLOAT16, tram, new PositionLoss());
    }

    /** Those that docs/architecture.md lists, with the portable kernel of a D of the user's own. */
    @Test
    void fewClassesLieBetweenTheListenerAndTheAscent() {
        Set<String> between = new LinkedHashSet<>();
        Neighborhood watching =
                (v, point) -> {
                    Set<String> classes = classesBelowTheListener();
                    if (classes.contains("Ascension")) {
                        between.addAll(classes);
                    }
                    return v;
                };
        TramOptimizer.Builder builder =
                TramOptimizer.builder()
                        .setBaseOptimizer(Training.sgd())
                        .optAscent(Ascent.of(watching, Radius.fixed(0.05f)));
        try (Training training = new Training(TestModel.MLP, builder.build())) {
            training.step(0);
        }
        assertThat(between)
                .contains("Sessions", "TrainingSession", "TwoPassStep", "Ascension", "Replica")
                .hasSizeLessThanOrEqualTo(12);
    }

    private static Set<String> classesBelowTheListener() {
        List<String> names =
                StackWalker.getInstance()
                        .walk(frames -> frames.map(StackWalker.StackFrame::getClassName).toList());
        return names.stream()
                .skip(2)
                .limit(names.lastIndexOf(Sessions.class.getName() + "$Listener") - 1L)
                .filter(name -> name.startsWith("dev.tram."))
                .map(name -> name.replaceAll(".*\\.|\\$.*", ""))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** It changes gradients without reading g, also where nothing ascends. */
    @Test
    void clipAsTheLibraryDoes() {
        float norm = 0.05f;
        try (Training own =
                        new Training(TestModel.MLP, clipping().optDescent(clipped(norm)).build());
                Training library =
                        new Training(TestModel.MLP, clipping().optMaxGradNorm(norm).build())) {
            assertTwins(own, library, 1e-6);
        }
    }

    /** The library's limit is for what the descent left, which is shorter than g. */
    @Test
    void areClippedByTheLibraryAfterwards() {
        try (Training own =
                        new Training(
                                TestModel.MLP,
                                clipping()
                                        .optDescent(clipped(0.05f))
                                        .optMaxGradNorm(0.1f)
                                        .build());
                Training library =
                        new Training(TestModel.MLP, clipping().optMaxGradNorm(0.05f).build())) {
            assertTwins(own, library, 1e-6);
        }
    }

    private static Descent clipped(float norm) {
        return new UserAxes.Clipped(norm);
    }

    private static TramOptimizer.Builder clipping() {
        return TramOptimizer.builder()
                .setBaseOptimizer(Training.sgd())
                .optAscent(Ascent.sam(0.05f).withSchedule(Schedule.every(2)));
    }

    @Test
    void takeAccumulatedBatches() {
        try (Training own =
                new Training(TestModel.MLP, UserAxes.own().optAccumulationSteps(2).build())) {
            Map<String, float[]> before = own.weights();
            own.step(0);
            Training.assertSameBits(own.weights(), before);
            own.step(1);
            assertThat(Training.sameBits(own.weights(), before)).isFalse();
            own.steps(2, STEPS);
            assertThat(own.tram.skippedSteps()).isZero();
        }
    }

    /** A group of equal batches is one batch: h and the count change once a group. */
    @Test
    void aDescentWithStateChangesOnceAGroup() {
        try (Training whole = new Training(TestModel.MLP, remembering().build());
                Training groups =
                        new Training(
                                TestModel.MLP, remembering().optAccumulationSteps(2).build())) {
            groups.setWeights(whole.weights());
            for (int number = 0; number < STEPS; number++) {
                whole.step(number);
                groups.step(number);
                groups.step(number);
            }
            assertThat(Training.distance(groups.weights(), whole.weights())).isLessThan(1e-5);
        }
    }

    private static TramOptimizer.Builder remembering() {
        return TramOptimizer.builder()
                .setBaseOptimizer(Training.sgd())
                .optAscent(Ascent.sam(0.5f).withSchedule(Schedule.every(2)))
                .optDescent(new UserAxes.Remembering());
    }

    /** Per part, each device would have a memory of its own and count for itself. */
    @Test
    void aDescentWithStateThatIsAskedForPartsIsRefused() {
        Descent perPart =
                new Descent() {
                    @Override
                    public void combine(NDList ascended, NDList clean, State state) {}

                    @Override
                    public List<String> numbers() {
                        return List.of("count");
                    }

                    @Override
                    public boolean combinesMeans() {
                        return false;
                    }

                    @Override
                    public String toString() {
                        return "per part";
                    }
                };
        assertThatIllegalStateException()
                .isThrownBy(() -> UserAxes.own().optDescent(perPart).build())
                .withMessageContaining("combinesMeans()")
                .withMessageEndingWith("received: per part");
    }

    static Stream<Arguments> impossible() {
        return Stream.of(
                Arguments.of(
                        Ascent.of((v, point) -> v.neg(), Radius.fixed(0.05f)),
                        "A neighborhood's D must be positive, received: vᵀDv = -"),
                Arguments.of(
                        Ascent.of(Neighborhood.euclidean(), step -> Double.NaN),
                        "A radius must be a finite number >= 0"),
                Arguments.of(
                        Ascent.of(Neighborhood.euclidean(), step -> -1),
                        "A radius must be a finite number >= 0"));
    }

    @ParameterizedTest
    @MethodSource("impossible")
    void thatCannotBeAreRefusedBeforeAnythingChanges(Ascent ascent, String message) {
        TramOptimizer tram =
                TramOptimizer.builder().setBaseOptimizer(Training.sgd()).optAscent(ascent).build();
        try (Training training = new Training(TestModel.BATCH_NORM, tram)) {
            Map<String, float[]> before = training.weights();
            assertThatIllegalStateException()
                    .isThrownBy(() -> training.step(0))
                    .withMessageStartingWith(message);
            Training.assertSameBits(training.weights(), before);
        }
    }

    /** Buffers, the schedule's state and the texts of all choices are in the file. */
    @Test
    void resumeBitForBit(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("state");
        Map<String, float[]> whole;
        try (Training training = new Training(TestModel.MLP, UserAxes.own().build())) {
            training.steps(0, 3);
            training.tram.save(file);
            training.steps(3, STEPS);
            whole = training.weights();
        }
        try (Training training = new Training(TestModel.MLP, UserAxes.own().build())) {
            training.tram.load(file);
            training.steps(3, STEPS);
            Training.assertSameBits(training.weights(), whole);
        }
    }
}
