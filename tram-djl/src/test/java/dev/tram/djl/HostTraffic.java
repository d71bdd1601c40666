package dev.tram.djl;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.lang.instrument.Instrumentation;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import net.bytebuddy.agent.ByteBuddyAgent;
import net.bytebuddy.agent.builder.AgentBuilder;
import net.bytebuddy.agent.builder.AgentBuilder.RedefinitionStrategy;
import net.bytebuddy.agent.builder.ResettableClassFileTransformer;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.description.NamedElement;
import net.bytebuddy.matcher.ElementMatcher;
import net.bytebuddy.matcher.ElementMatchers;

/**
 * Counts, by line of this project, the calls of DJL for which the host and a GPU wait for each
 * other: reads of an array, results whose shape depends on an array's numbers, and copies of
 * numbers from the host. Public, since DJL's classes are made to refer to it.
 */
public final class HostTraffic implements AutoCloseable {

    private static final Map<String, Integer> READS = new ConcurrentHashMap<>();
    private static final Map<String, Integer> COPIES = new ConcurrentHashMap<>();
    private static final StackWalker WALKER = StackWalker.getInstance();

    /** What of {@code JniUtils} makes arrays whose shape is known when the numbers are. */
    private static final ElementMatcher<NamedElement> SHAPED =
            ElementMatchers.namedOneOf("nonZeros", "booleanMask", "booleanMaskSet", "unique");

    private final Instrumentation instrumentation = ByteBuddyAgent.install();
    private final ResettableClassFileTransformer transformer;

    /**
     * What is done first by {@code toByteBuffer}, which all reads go through, and {@link #SHAPED}.
     */
    static final class Read {

        private Read() {}

        @Advice.OnMethodEnter
        static void enter() {
            countRead();
        }
    }

    /** What {@code createNdFromByteBuffer} does first, which each number of the host comes by. */
    static final class Copy {

        private Copy() {}

        @Advice.OnMethodEnter
        static void enter() {
            countCopy();
        }
    }

    /** Counts until it is closed. */
    public HostTraffic() {
        transformer =
                new AgentBuilder.Default()
                        .disableClassFormatChanges()
                        .with(RedefinitionStrategy.RETRANSFORMATION)
                        .type(ElementMatchers.is(PtNDArray.class))
                        .transform(
                                (builder, type, loader, module, domain) ->
                                        builder.visit(
                                                Advice.to(Read.class)
                                                        .on(ElementMatchers.named("toByteBuffer"))))
                        .type(ElementMatchers.is(JniUtils.class))
                        .transform(
                                (builder, type, loader, module, domain) ->
                                        builder.visit(Advice.to(Read.class).on(SHAPED))
                                                .visit(
                                                        Advice.to(Copy.class)
                                                                .on(
                                                                        ElementMatchers.named(
                                                                                "createNdFromByteBuffer"))))
                        .installOn(instrumentation);
    }

    public static void countRead() {
        READS.merge(site(), 1, Integer::sum);
    }

    public static void countCopy() {
        COPIES.merge(site(), 1, Integer::sum);
    }

    private static String site() {
        return WALKER.walk(
                frames ->
                        frames.filter(frame -> frame.getClassName().startsWith("dev.tram."))
                                .filter(frame -> !frame.getClassName().contains("HostTraffic"))
                                .findFirst()
                                .map(frame -> frame.getFileName() + ":" + frame.getLineNumber())
                                .orElse("?"));
    }

    public void reset() {
        READS.clear();
        COPIES.clear();
    }

    /** How many reads there were since the last {@link #reset}, by line. */
    public Map<String, Integer> reads() {
        return new TreeMap<>(READS);
    }

    /** How many copies from the host there were since the last {@link #reset}, by line. */
    public Map<String, Integer> copies() {
        return new TreeMap<>(COPIES);
    }

    public static int sum(Map<String, Integer> counts) {
        return counts.values().stream().mapToInt(Integer::intValue).sum();
    }

    @Override
    public void close() {
        transformer.reset(instrumentation, RedefinitionStrategy.RETRANSFORMATION);
    }
}
