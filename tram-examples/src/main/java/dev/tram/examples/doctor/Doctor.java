package dev.tram.examples.doctor;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.cuda.CudaUtils;
import dev.tram.core.AscentArrays;
import dev.tram.core.MultiTensor;
import dev.tram.core.Neighborhood;
import dev.tram.djl.internal.engine.EngineBridge;
import dev.tram.djl.internal.pytorch.Bfloat16;
import dev.tram.djl.internal.pytorch.EngineBridges;
import dev.tram.djl.internal.pytorch.FusedAttention;
import dev.tram.djl.internal.pytorch.MultiTensors;
import dev.tram.djl.pytorch.Kernels;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.lang.management.OperatingSystemMXBean;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;

/** Checks a machine: what TRAM needs, what some of its uses need, and its numbers on a device. */
public final class Doctor {

    private static final int JAVA = 17;
    private static final long MIB = 1L << 20;
    private static final long LITTLE = 1024 * MIB;

    /** DJL's lines and the PyTorch of each that the tests run on. */
    private static final Map<String, String> TESTED = Map.of("0.36.0", "2.7.1", "0.29.0", "2.3.1");

    /** What float32 leaves of six steps, on any device. */
    private static final double TOLERANCE = 1e-5;

    private final String deviceName;
    private final Map<String, Callable<Finding>> machine = new LinkedHashMap<>();
    private final Map<String, Callable<Finding>> engine = new LinkedHashMap<>();
    private final Map<String, Callable<Finding>> numbers = new LinkedHashMap<>();

    /**
     * Prepares the checks; nothing is loaded yet.
     *
     * @param device the device's name, cpu or gpu0
     * @param cache the hub's files on this machine
     */
    public Doctor(String device, URI hub, Path cache) {
        deviceName = device;
        machine.put("Java", Doctor::java);
        machine.put("memory", Doctor::memory);
        String elsewhere = "run tram elsewhere, or give --out DIR";
        machine.put("files here", () -> writable(System.getProperty("user.dir"), elsewhere));
        String setTemporary = "set -Djava.io.tmpdir=DIR in TRAM_JAVA_OPTIONS";
        machine.put(
                "temporary files",
                () -> writable(System.getProperty("java.io.tmpdir"), setTemporary));
        machine.put("hub's cache", () -> cache(cache));
        machine.put("hub", () -> hub(hub));
        machine.put("native libraries", Doctor::natives);
        engine.put("engine", Doctor::engine);
        engine.put("device", this::device);
        engine.put("devices", Doctor::devices);
        numbers.put("fused kernels", this::kernels);
        numbers.put("number types", this::numberTypes);
        numbers.put("ten methods", this::trajectories);
        numbers.put("one GPU", this::oneGpu);
    }

    /**
     * Runs the checks and prints a line for each, and what to do. The engine is not loaded if the
     * machine's checks fail, and nothing is computed on a device that is not there: PyTorch would
     * end the program.
     *
     * @param out where
     */
    public boolean run(PrintStream out) {
        for (Map<String, Callable<Finding>> stage : List.of(machine, engine, numbers)) {
            if (!run(stage, out)) {
                return false;
            }
        }
        return true;
    }

    private static boolean run(Map<String, Callable<Finding>> checks, PrintStream out) {
        boolean passed = true;
        for (Map.Entry<String, Callable<Finding>> check : checks.entrySet()) {
            Finding finding = find(check.getValue());
            passed &= finding.verdict() != Finding.Verdict.FAIL;
            out.printf("%-5s %-17s %s%n", finding.verdict(), check.getKey(), finding.text());
            if (!finding.remedy().isEmpty()) {
                out.printf("      %-17s -> %s%n", "", finding.remedy());
            }
        }
        return passed;
    }

    /** A check that breaks is a finding, too. */
    private static Finding find(Callable<Finding> check) {
        try {
            return check.call();
        } catch (Exception | LinkageError e) {
            return Finding.fail(
                    e.toString().replaceAll("\\s*\\R\\s*", " "),
                    "report this with the whole output");
        }
    }

    private static Finding java() {
        String text =
                System.getProperty("java.vm.name")
                        + " "
                        + System.getProperty("java.runtime.version")
                        + " on "
                        + System.getProperty("os.name")
                        + " "
                        + System.getProperty("os.arch");
        return Runtime.version().feature() >= JAVA
                ? Finding.pass(text)
                : Finding.fail(text, "install a JDK, " + JAVA + " or later, and set JAVA_HOME");
    }

    private static Finding memory() {
        long heap = Runtime.getRuntime().maxMemory();
        OperatingSystemMXBean system = ManagementFactory.getOperatingSystemMXBean();
        String text = "Java's heap may grow to " + gibibytes(heap);
        if (system instanceof com.sun.management.OperatingSystemMXBean own) {
            long free = own.getFreeMemorySize();
            text +=
                    "; %s in all, %s free"
                            .formatted(gibibytes(own.getTotalMemorySize()), gibibytes(free));
        }
        return heap >= LITTLE
                ? Finding.pass(text)
                : Finding.warn(
                        text, "set -Xmx2g in TRAM_JAVA_OPTIONS; arrays lie outside the heap");
    }

    private static String gibibytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f GiB", bytes / 1024.0 / MIB);
    }

    private static Finding writable(String directory, String remedy) {
        try {
            Files.delete(Files.createTempFile(Path.of(directory), "tram-doctor", ""));
            return Finding.pass(directory + " can be written");
        } catch (IOException e) {
            return Finding.fail(directory + " cannot be written: " + e, remedy);
        }
    }

    private static Finding cache(Path cache) {
        Path existing = cache.toAbsolutePath();
        while (!Files.exists(existing)) {
            existing = existing.getParent();
        }
        return Files.isWritable(existing)
                ? Finding.pass(cache + (Files.exists(cache) ? "" : " (not there yet)"))
                : Finding.warn(
                        existing + " cannot be written",
                        "set HF_HUB_CACHE to a directory for models of the hub");
    }

    private static Finding hub(URI hub) throws InterruptedException {
        String remedy = "only models of the hub need it; what is in the cache works without";
        HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(3)).build();
        HttpRequest head =
                HttpRequest.newBuilder(hub)
                        .method("HEAD", HttpRequest.BodyPublishers.noBody())
                        .timeout(Duration.ofSeconds(5))
                        .build();
        try {
            int status = client.send(head, HttpResponse.BodyHandlers.discarding()).statusCode();
            return status < 500
                    ? Finding.pass(hub + " answers")
                    : Finding.warn(hub + " answers with status " + status, remedy);
        } catch (IOException e) {
            return Finding.warn(hub + " cannot be reached: " + e, remedy);
        }
    }

    private static Finding natives() {
        Natives natives = Natives.here();
        Optional<String> problem = natives.problem();
        return problem.isEmpty()
                ? Finding.pass("PyTorch " + natives.describe())
                : Finding.fail(problem.get(), "mend the dependencies: docs/quickstart.md");
    }

    private static Finding engine() {
        String djl = Engine.getDjlVersion();
        String pytorch = pytorch().getVersion();
        String text = "DJL " + djl + ", PyTorch " + pytorch;
        String tested = TESTED.get(djl);
        if (tested == null) {
            return Finding.warn(text, "tested are DJL 0.36.0 and 0.29.0");
        }
        return pytorch.startsWith(tested)
                ? Finding.pass(text)
                : Finding.fail(text, "DJL " + djl + " belongs to PyTorch " + tested);
    }

    private static Engine pytorch() {
        return Engine.getEngine("PyTorch");
    }

    private Device asked() {
        return Device.fromName(deviceName);
    }

    private Finding device() {
        Device device = asked();
        int gpus = pytorch().getGpuCount();
        if (!device.isGpu()) {
            return Finding.pass(
                    "cpu, " + Runtime.getRuntime().availableProcessors() + " processors");
        }
        if (device.getDeviceId() >= gpus) {
            return Finding.fail(
                    device + " is not there; PyTorch sees " + gpus + " GPUs",
                    "docs/gpu.md: the driver, natives for CUDA, and what nvidia-smi shows");
        }
        MemoryUsage memory = CudaUtils.getGpuMemory(device);
        return Finding.pass(
                String.format(
                        "%s, CUDA %s, compute capability %s, %s of %s free",
                        device,
                        CudaUtils.getCudaVersionString(),
                        CudaUtils.getComputeCapability(device.getDeviceId()),
                        gibibytes(memory.getMax() - memory.getUsed()),
                        gibibytes(memory.getMax())));
    }

    private static Finding devices() {
        int gpus = pytorch().getGpuCount();
        return Finding.pass(
                gpus == 0
                        ? "no GPU"
                        : gpus + (gpus == 1 ? " GPU" : " GPUs, for one training together"));
    }

    private Finding kernels() {
        try (NDManager manager = NDManager.newBaseManager(asked(), "PyTorch");
                EngineBridge.Scope none = EngineBridges.of(pytorch()).noGradient()) {
            if (Kernels.of(manager) == Kernels.PORTABLE) {
                return Finding.warn("portable ones are selected", "unset -D" + Kernels.PROPERTY);
            }
            double error = 0;
            for (Neighborhood shape : List.of(Neighborhood.euclidean(), Neighborhood.adaptive())) {
                NDArray fused = ascended(shape, MultiTensors.forEngine(manager), manager);
                NDArray portable = ascended(shape, MultiTensor.portable(), manager);
                error = Math.max(error, fused.sub(portable).abs().max().getFloat());
            }
            String text =
                    String.format(Locale.ROOT, "compiled; %.1e from the portable ones", error)
                            + (FusedAttention.isAvailable(manager) ? ", attention, too" : "");
            return error <= TOLERANCE
                    ? Finding.pass(text)
                    : Finding.fail(
                            text, "run with -D" + Kernels.PROPERTY + "=portable and report this");
        }
    }

    /** Weights after an ascent of length 0.05 along a gradient that is a function of them. */
    private static NDArray ascended(Neighborhood shape, MultiTensor tensors, NDManager manager) {
        NDArray theta = manager.arange(-2f, 2f, 1 / 256f).reshape(new Shape(32, 32));
        NDArray gradient = theta.sin();
        NDList parameters = new NDList(theta);
        tensors.ascend(
                shape, AscentArrays.of(parameters, new NDList(gradient), List.of(true)), 0.05);
        return theta;
    }

    private Finding numberTypes() {
        Map<String, UnaryOperator<NDArray>> products = new LinkedHashMap<>();
        products.put("float64", ones -> product(ones, DataType.FLOAT64));
        products.put("float16", ones -> product(ones, DataType.FLOAT16));
        // DJL's own conversion to bfloat16 ends the program on PyTorch 2.7.
        products.put("bfloat16", ones -> Bfloat16.linear(ones, ones, ones.get(0)).sub(1));
        List<String> able = new ArrayList<>(List.of("float32"));
        products.forEach((name, product) -> able.add((isFour(product) ? "" : "no ") + name));
        return Finding.pass(String.join(", ", able));
    }

    private static NDArray product(NDArray ones, DataType type) {
        NDArray converted = ones.toType(type, true);
        return converted.matMul(converted).toType(DataType.FLOAT32, true);
    }

    private boolean isFour(UnaryOperator<NDArray> product) {
        try (NDManager manager = NDManager.newBaseManager(asked(), "PyTorch")) {
            return product.apply(manager.ones(new Shape(4, 4))).getFloat(0, 0) == 4;
        } catch (RuntimeException e) {
            return false;
        }
    }

    private Finding trajectories() {
        Trajectories trajectories = new Trajectories(asked());
        List<String> wrong = new ArrayList<>();
        double largest = 0;
        for (String method : trajectories.methods()) {
            double error = trajectories.error(method);
            largest = Math.max(largest, error);
            if (!(error <= TOLERANCE)) {
                wrong.add(String.format(Locale.ROOT, "%s by %.1e", method, error));
            }
        }
        return wrong.isEmpty()
                ? Finding.pass(
                        String.format(
                                Locale.ROOT,
                                "six steps of each on %s, at most %.1e from float64",
                                deviceName,
                                largest))
                : Finding.fail(
                        "off: " + String.join(", ", wrong), "report this with the whole output");
    }

    private Finding oneGpu() throws IOException {
        if (asked().isGpu()) {
            return new OneDevice(asked()).find();
        }
        return Finding.skip(
                pytorch().getGpuCount() == 0 ? "there is no GPU" : "--device gpu0 tests it");
    }
}
