package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import java.lang.instrument.Instrumentation;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import net.bytebuddy.agent.ByteBuddyAgent;
import net.bytebuddy.agent.builder.AgentBuilder;
import net.bytebuddy.agent.builder.AgentBuilder.RedefinitionStrategy;
import net.bytebuddy.agent.builder.ResettableClassFileTransformer;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.matcher.ElementMatchers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * How often a step reads arrays: each time the host waits for a GPU. It does so for (loss, d, ‖g‖,
 * ‖ε‖) and, after an ascent, for (perturbed loss, ‖g′‖). Public, since a DJL class is made to refer
 * to it.
 */
public class HostReadsTest {

    public static final AtomicInteger READS = new AtomicInteger();

    private static Instrumentation instrumentation;
    private static ResettableClassFileTransformer transformer;

    /** What {@code toByteBuffer}, which all reads go through, does first. */
    static final class Count {

        private Count() {}

        @Advice.OnMethodEnter
        static void enter() {
            READS.incrementAndGet();
        }
    }

    @BeforeAll
    static void countReads() {
        instrumentation = ByteBuddyAgent.install();
        transformer =
                new AgentBuilder.Default()
                        .disableClassFormatChanges()
                        .with(RedefinitionStrategy.RETRANSFORMATION)
                        .type(ElementMatchers.is(PtNDArray.class))
                        .transform(
                                (builder, type, loader, module, domain) ->
                                        builder.visit(
                                                Advice.to(Count.class)
                                                        .on(ElementMatchers.named("toByteBuffer"))))
                        .installOn(instrumentation);
    }

    @AfterAll
    static void countNoMore() {
        transformer.reset(instrumentation, RedefinitionStrategy.RETRANSFORMATION);
    }

    static List<String> methods() {
        return Methods.names();
    }

    private static int readsOfAStep(TramOptimizer tram) {
        try (Training training = new Training(TestModel.MLP, tram)) {
            // The first distance is 0; whether a model has dropout is looked at ever more rarely.
            training.steps(0, 5);
            READS.set(0);
            training.step(5);
            return READS.get();
        }
    }

    @Test
    void aReadCounts() {
        try (NDManager manager = NDManager.newBaseManager();
                NDArray array = manager.ones(new Shape(2))) {
            READS.set(0);
            assertThat(array.toFloatArray()).containsExactly(1, 1);
            assertThat(READS).hasValue(1);
            assertThat(array.sum().getFloat()).isEqualTo(2);
            assertThat(READS).hasValue(2);
        }
    }

    /** One read without an ascent, two with one; the cache looks at the inputs, too. */
    private static int expectedReads(String method) {
        int keys = method.equals("tram-pretrained-cached") ? 1 : 0;
        return Methods.named(method).passes().backward() == 1 ? 1 : 2 + keys;
    }

    @ParameterizedTest
    @MethodSource("methods")
    void aStepReadsAtMostTwice(String method) {
        assertThat(readsOfAStep(Training.method(method).build())).isEqualTo(expectedReads(method));
    }

    @ParameterizedTest
    @MethodSource("methods")
    void clippingReadsNothingMore(String method) {
        assertThat(readsOfAStep(Training.method(method).optMaxGradNorm(0.1f).build()))
                .isEqualTo(expectedReads(method));
    }
}
