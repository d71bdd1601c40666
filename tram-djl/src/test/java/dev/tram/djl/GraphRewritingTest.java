package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.tram.core.Divergences;
import dev.tram.djl.internal.pytorch.FusedActivation;
import dev.tram.djl.internal.pytorch.FusedAttention;
import dev.tram.djl.internal.pytorch.StreamedDivergence;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * libtorch compiles no code of its own for a GPU in the midst of training: its log shows which
 * graphs it rewrote after their first calls, in a process with a GPU that there is none of, and for
 * comparison on a CPU.
 */
class GraphRewritingTest {

    private static final String REWRITTEN = "Profiled Graph";
    private static final String AS_WRITTEN = "NoOpt Graph";

    @TempDir private Path directory;

    @Test
    void aGpuRunsKernelsAsTheyAreWritten() throws Exception {
        assertThat(log(1)).contains(AS_WRITTEN).doesNotContain(REWRITTEN);
    }

    @Test
    void theLogShowsWhatIsRewritten() throws Exception {
        assertThat(log(0)).contains(REWRITTEN);
    }

    private String log(int gpus) throws Exception {
        ProcessBuilder child = ChildJvm.command(GraphRewritingTest.class, gpus > 0 ? "gpu" : "cpu");
        List<String> command = new ArrayList<>(child.command());
        command.add(1, "-D" + FakeGpus.PROPERTY + "=" + gpus);
        child.environment().put("PYTORCH_JIT_LOG_LEVEL", "profiling_graph_executor_impl");
        Path log = directory.resolve("log");
        Process process =
                child.command(command)
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        String text = Files.readString(log);
        assertThat(process.exitValue()).as(text).isZero();
        return text;
    }

    /** In the child: kernels with gradient and without, at several shapes, more often than once. */
    public static void main(String[] arguments) {
        new FakeGpus().beforeAll(null);
        Device device = Device.fromName(arguments[0].equals("gpu") ? "gpu0" : "cpu");
        try (NDManager manager = NDManager.newBaseManager(device)) {
            for (int rows = 1; rows <= 3; rows++) {
                for (int call = 0; call < 3; call++) {
                    run(manager, rows);
                }
            }
        }
    }

    private static void run(NDManager manager, int rows) {
        NDArray logits = manager.randomNormal(new Shape(rows, 4));
        NDArray other = manager.randomNormal(new Shape(rows, 4));
        for (String name : Divergences.names()) {
            StreamedDivergence.of(Divergences.named(name), manager).between(logits, other);
        }
        NDArray heads = manager.randomNormal(new Shape(1, 1, rows, 4));
        heads.setRequiresGradient(true);
        try (GradientCollector collector = manager.getEngine().newGradientCollector()) {
            NDArray attended = FusedAttention.apply(heads, heads, heads, null, true, 0f, false);
            collector.backward(FusedActivation.geluTanh(attended).sum());
        }
    }
}
