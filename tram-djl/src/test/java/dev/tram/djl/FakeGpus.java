package dev.tram.djl;

import static net.bytebuddy.matcher.ElementMatchers.any;
import static net.bytebuddy.matcher.ElementMatchers.is;
import static net.bytebuddy.matcher.ElementMatchers.isConstructor;
import static net.bytebuddy.matcher.ElementMatchers.named;
import static net.bytebuddy.matcher.ElementMatchers.namedOneOf;
import static net.bytebuddy.matcher.ElementMatchers.not;
import static net.bytebuddy.matcher.ElementMatchers.returns;
import static net.bytebuddy.matcher.ElementMatchers.takesArgument;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtEngine;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.util.cuda.CudaUtils;
import java.lang.ref.Reference;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Stream;
import net.bytebuddy.agent.ByteBuddyAgent;
import net.bytebuddy.agent.builder.AgentBuilder;
import net.bytebuddy.agent.builder.AgentBuilder.RedefinitionStrategy;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.AsmVisitorWrapper;
import net.bytebuddy.description.method.MethodDescription;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.Type;
import net.bytebuddy.matcher.ElementMatcher;
import net.bytebuddy.utility.OpenedClassReader;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Lets DJL see GPUs where there are none: arrays say that they lie on {@code gpu(0)} and further,
 * moving one copies it, an operation of DJL refuses arrays of two devices, the kernels of a GPU are
 * chosen, and all is computed on the CPU. It shows who owns what, where arrays are looked up, which
 * kernels run and what the host reads, and nothing of CUDA's numerics or streams.
 *
 * <p>A process that runs with the property {@value #PROPERTY} has them from the first test class
 * on: DJL keeps its default device. Public, since DJL's classes are made to refer to it.
 */
public final class FakeGpus implements BeforeAllCallback {

    /** How many GPUs there seem to be. */
    static final String PROPERTY = "tram.fake_gpus";

    private static boolean installed;

    @Override
    public void beforeAll(ExtensionContext context) {
        if (!installed && count() > 0) {
            install();
            installed = true;
        }
    }

    public static int count() {
        return Integer.getInteger(PROPERTY, 0);
    }

    /** The CPU's number among PyTorch's types of devices, and its only index. */
    public static int onCpu(@SuppressWarnings("unused") Device device) {
        return 0;
    }

    /** What lies on another device shares no memory with its source. */
    public static PtNDArray moved(PtNDArray source, Device device, PtNDArray alias) {
        return source.getDevice().equals(device) ? alias : copied(alias);
    }

    /** What lies on a GPU is no view of the host's buffer, which nobody keeps. */
    public static PtNDArray created(PtNDArray view, ByteBuffer buffer) {
        try {
            return view.getDevice().isGpu() ? copied(view) : view;
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    /** What is computed lies where its operand does, whoever owns it. */
    public static void place(Object operand, Object results) throws ReflectiveOperationException {
        PtNDArray first = operand instanceof PtNDArray[] several ? several[0] : (PtNDArray) operand;
        NDList placed = results instanceof NDList list ? list : new NDList((NDArray) results);
        Field device = PtNDArray.class.getDeclaredField("device");
        device.setAccessible(true);
        for (NDArray array : placed) {
            device.set(array, first.getDevice());
        }
    }

    private static PtNDArray copied(PtNDArray alias) {
        try (NDArray shared = alias) {
            return JniUtils.clone((PtNDArray) shared);
        }
    }

    /** An operation takes arrays of one device, and numbers of any. */
    public static void checkDevices(Object... operands) {
        List<Device> devices =
                Stream.of(operands)
                        .filter(PtNDArray.class::isInstance)
                        .map(PtNDArray.class::cast)
                        .filter(array -> array.getShape().dimension() > 0)
                        .map(PtNDArray::getDevice)
                        .distinct()
                        .toList();
        if (devices.size() > 1) {
            throw new EngineException("arrays must be on one device, received: " + devices);
        }
    }

    private static void install() {
        // PyTorch is loaded for the CPU that it will compute on.
        Engine.getEngine("PyTorch");
        AgentBuilder agent =
                new AgentBuilder.Default()
                        .disableClassFormatChanges()
                        .with(RedefinitionStrategy.RETRANSFORMATION);
        agent =
                change(
                        agent,
                        CudaUtils.class,
                        advice(GpuCount.class, named("getGpuCount")),
                        advice(
                                Version.class,
                                namedOneOf("getCudaVersionString", "getComputeCapability")));
        agent = change(agent, PtEngine.class, advice(Cuda.class, named("hasCapability")));
        agent = change(agent, PtNDArray.class, advice(Birthplace.class, isConstructor()));
        agent =
                change(
                        agent,
                        JniUtils.class,
                        advice(Move.class, named("to")),
                        advice(Creation.class, named("createNdFromByteBuffer")),
                        advice(Operation.class, operations()),
                        advice(Result.class, results()),
                        computeOnCpu());
        agent.installOn(ByteBuddyAgent.install());
    }

    private static AgentBuilder change(
            AgentBuilder agent, Class<?> what, AsmVisitorWrapper... changes) {
        return agent.type(is(what))
                .transform(
                        (builder, type, loader, module, domain) ->
                                builder.visit(new AsmVisitorWrapper.Compound(changes)));
    }

    private static ElementMatcher<MethodDescription> operations() {
        return takesArgument(0, PtNDArray.class).and(takesArgument(1, PtNDArray.class));
    }

    private static ElementMatcher<MethodDescription> results() {
        return not(named("to"))
                .and(returns(PtNDArray.class).or(returns(NDList.class)))
                .and(takesArgument(0, PtNDArray.class).or(takesArgument(0, PtNDArray[].class)));
    }

    private static AsmVisitorWrapper advice(
            Class<?> what, ElementMatcher<? super MethodDescription> methods) {
        return Advice.to(what).on(methods);
    }

    private static AsmVisitorWrapper computeOnCpu() {
        return new AsmVisitorWrapper.ForDeclaredMethods()
                .method(
                        any(),
                        (type, method, visitor, context, pool, writerFlags, readerFlags) ->
                                new DeviceCalls(visitor));
    }

    /** Asks {@link #onCpu} where a device's type or index is asked for. */
    private static final class DeviceCalls extends MethodVisitor {

        DeviceCalls(MethodVisitor next) {
            super(OpenedClassReader.ASM_API, next);
        }

        @Override
        public void visitMethodInsn(
                int opcode, String owner, String name, String descriptor, boolean isInterface) {
            if (name.equals("toDeviceType") || name.equals("getDeviceId")) {
                super.visitMethodInsn(
                        Opcodes.INVOKESTATIC,
                        Type.getInternalName(FakeGpus.class),
                        "onCpu",
                        Type.getMethodDescriptor(Type.INT_TYPE, Type.getType(Device.class)),
                        false);
            } else {
                super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
            }
        }
    }

    /** {@code CudaUtils.getGpuCount}, without a driver. */
    @SuppressWarnings("UnusedVariable")
    static final class GpuCount {

        private GpuCount() {}

        @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
        static boolean enter() {
            return true;
        }

        @Advice.OnMethodExit
        static void exit(@Advice.Return(readOnly = false) int count) {
            count = count();
        }
    }

    /** {@code CudaUtils.getCudaVersionString} and {@code getComputeCapability}. */
    @SuppressWarnings("UnusedVariable")
    static final class Version {

        private Version() {}

        @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
        static boolean enter() {
            return true;
        }

        @Advice.OnMethodExit
        static void exit(
                @Advice.Origin("#m") String method,
                @Advice.Return(readOnly = false) String version) {
            version = method.equals("getComputeCapability") ? "90" : "121";
        }
    }

    /** {@code PtEngine.hasCapability}. */
    static final class Cuda {

        private Cuda() {}

        @Advice.OnMethodExit
        static void exit(
                @Advice.Argument(0) String capability,
                @Advice.Return(readOnly = false) boolean has) {
            has |= capability.equals("CUDA");
        }
    }

    /** An array lies where the manager is that it is made for. */
    @SuppressWarnings("UnusedVariable")
    static final class Birthplace {

        private Birthplace() {}

        @Advice.OnMethodExit
        static void exit(
                @Advice.Argument(0) PtNDManager manager,
                @Advice.FieldValue(value = "device", readOnly = false) Device device) {
            device = manager.getDevice();
        }
    }

    /** {@code JniUtils.to}. */
    static final class Move {

        private Move() {}

        @Advice.OnMethodExit
        static void exit(
                @Advice.Argument(0) PtNDArray source,
                @Advice.Argument(2) Device device,
                @Advice.Return(readOnly = false) PtNDArray result) {
            result = moved(source, device, result);
        }
    }

    /** {@code JniUtils.createNdFromByteBuffer}. */
    static final class Creation {

        private Creation() {}

        @Advice.OnMethodExit
        static void exit(
                @Advice.Argument(1) ByteBuffer buffer,
                @Advice.Return(readOnly = false) PtNDArray result) {
            result = created(result, buffer);
        }
    }

    /** What {@code JniUtils} does with two arrays and more. */
    static final class Operation {

        private Operation() {}

        @Advice.OnMethodEnter
        static void enter(@Advice.AllArguments Object[] operands) {
            checkDevices(operands);
        }
    }

    /** What {@code JniUtils} computes from an array. */
    static final class Result {

        private Result() {}

        @Advice.OnMethodExit
        static void exit(@Advice.Argument(0) Object operand, @Advice.Return Object results)
                throws ReflectiveOperationException {
            if (results != null) {
                place(operand, results);
            }
        }
    }
}
