package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.tram.core.AscentArrays;
import dev.tram.core.Divergence;
import dev.tram.core.Divergences;
import dev.tram.core.MultiTensor;
import dev.tram.core.Neighborhood;
import dev.tram.djl.internal.pytorch.StreamedDivergence;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * How often a step makes the host wait for a GPU. It reads (loss, d, ‖g‖, ‖ε‖) and, after an
 * ascent, (perturbed loss, ‖g′‖); each number that it hands to the engine as such is a copy.
 */
class HostReadsTest {

    /** The loss and the batches of these tests have numbers of their own. */
    private static final Set<String> NOT_THE_STEP = Set.of("PositionLoss.java", "TestModel.java");

    private static HostTraffic traffic;

    @BeforeAll
    static void count() {
        traffic = new HostTraffic();
    }

    @AfterAll
    static void countNoMore() {
        traffic.close();
    }

    @BeforeEach
    void reset() {
        traffic.reset();
    }

    static List<String> methods() {
        return Methods.names();
    }

    private static void step(TramOptimizer tram) {
        try (Training training = new Training(TestModel.MLP, tram)) {
            // The first distance is 0; whether a model has dropout is looked at ever more rarely.
            training.steps(0, 5);
            traffic.reset();
            training.step(5);
        }
    }

    @Test
    void aReadCounts() {
        try (NDManager manager = NDManager.newBaseManager();
                NDArray array = manager.ones(new Shape(2))) {
            assertThat(array.toFloatArray()).containsExactly(1, 1);
            assertThat(HostTraffic.sum(traffic.reads())).isEqualTo(1);
            assertThat(array.sum().getFloat()).isEqualTo(2);
            assertThat(HostTraffic.sum(traffic.reads())).isEqualTo(2);
        }
    }

    @Test
    void whatAskedAnArrayForItsOwnShapeCounts() {
        try (NDManager manager = NDManager.newBaseManager();
                NDArray array = manager.ones(new Shape(2))) {
            NDArray mask = array.gt(array.zerosLike());
            mask.nonzero();
            array.booleanMask(mask);
            assertThat(HostTraffic.sum(traffic.reads())).isEqualTo(2);
        }
    }

    static List<Divergence> divergences() {
        return Divergences.names().stream().map(Divergences::named).toList();
    }

    /** But for the discrepancy of whole batches, which is no mean over positions. */
    @ParameterizedTest
    @MethodSource("divergences")
    void noHostAsksWhichPositionsAreValid(Divergence portable) {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray target = manager.randomNormal(new Shape(4, 3));
            NDArray estimate = manager.randomNormal(new Shape(4, 3));
            NDArray valid = manager.ones(new Shape(4));
            for (Divergence divergence :
                    List.of(portable, StreamedDivergence.of(portable, manager))) {
                traffic.reset();
                divergence.between(target, estimate, valid);
                int asked = portable.toString().equals("mmd") ? 1 : 0;
                assertThat(HostTraffic.sum(traffic.reads())).isEqualTo(asked);
            }
        }
    }

    @Test
    void aNumberIsACopyAndAFilledArrayIsNone() {
        try (NDManager manager = NDManager.newBaseManager();
                NDArray array = manager.full(new Shape(2), 3f)) {
            assertThat(traffic.copies()).isEmpty();
            array.muli(2f);
            array.addi(manager.create(1f));
            assertThat(HostTraffic.sum(traffic.copies())).isEqualTo(2);
        }
    }

    /**
     * One read without an ascent, two with one; the cache looks at the inputs, a schedule at ‖g‖
     * before, and what LookSAM keeps is measured.
     */
    private static int expectedReads(String method) {
        TramSettings settings = Training.settings(method);
        int keys = Training.keepsPretrained(method) ? 1 : 0;
        int byNorm = settings.ascent().schedule().readsGradient() ? 1 : 0;
        int ofMeans = settings.descent().buffers().isEmpty() ? 0 : 3;
        return Training.ascends(method) ? 2 + keys + byNorm + ofMeans : 1;
    }

    /** The reads of a step, but for its seed, which is drawn on the host. */
    private static int deviceReads() {
        Map<String, Integer> reads = new HashMap<>(traffic.reads());
        reads.keySet().removeIf(line -> line.startsWith("StepSeeds"));
        return HostTraffic.sum(reads);
    }

    @ParameterizedTest
    @MethodSource("methods")
    void aStepReadsAtMostTwice(String method) {
        step(Training.method(method).build());
        assertThat(deviceReads()).as("%s", traffic.reads()).isEqualTo(expectedReads(method));
    }

    @ParameterizedTest
    @MethodSource("methods")
    void clippingReadsNothingMore(String method) {
        step(Training.method(method).optMaxGradNorm(0.1f).build());
        // But for the norm of what a descent made of g and g′.
        int made = Training.settings(method).descent().readsCleanGradient() ? 1 : 0;
        assertThat(deviceReads()).as("%s", traffic.reads()).isEqualTo(expectedReads(method) + made);
    }

    @ParameterizedTest
    @MethodSource("methods")
    void aStepCopiesNoNumberToTheDevice(String method) {
        step(Training.method(method, Training.adam()).optMaxGradNorm(0.1f).build());
        Map<String, Integer> copies = traffic.copies();
        copies.keySet().removeIf(site -> NOT_THE_STEP.stream().anyMatch(site::startsWith));
        assertThat(copies).isEmpty();
    }

    @Test
    void portableKernelsFillTheirNumbersInOnTheDevice() {
        MultiTensor portable = MultiTensor.portable();
        try (NDManager manager = NDManager.newBaseManager()) {
            NDList a = new NDList(manager.ones(new Shape(3)), manager.ones(new Shape(2)));
            NDList b = new NDList(manager.ones(new Shape(3)), manager.ones(new Shape(2)));
            traffic.reset();
            portable.copy(a, b);
            portable.zero(a);
            portable.scale(b, 0.5);
            portable.addScaled(a, b, 2);
            portable.average(a, b, 0.9);
            portable.squaredDistance(a, b, manager);
            for (Neighborhood shape :
                    List.of(
                            Neighborhood.euclidean(),
                            Neighborhood.adaptive(0.01f),
                            Neighborhood.fisher(0.1f))) {
                AscentArrays arrays = AscentArrays.of(a, b, List.of(true, true));
                portable.ascentMoments(shape, arrays, manager);
                portable.ascend(shape, arrays, 0.1);
            }
            assertThat(traffic.copies()).isEmpty();
        }
    }
}
