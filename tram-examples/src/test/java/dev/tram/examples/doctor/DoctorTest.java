package dev.tram.examples.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.tram.djl.Methods;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {

    @TempDir private Path directory;

    private record Visit(boolean passed, String printed) {}

    private Visit visit(String device) throws IOException {
        int closed;
        try (ServerSocket socket = new ServerSocket(0)) {
            closed = socket.getLocalPort();
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        boolean passed;
        try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
            URI hub = URI.create("http://localhost:" + closed);
            passed = new Doctor(device, hub, directory.resolve("cache")).run(out);
        }
        return new Visit(passed, bytes.toString(StandardCharsets.UTF_8));
    }

    @Test
    void everyCheckHasALineAndAnUnreachableHubIsAWarning() throws IOException {
        Visit visit = visit("cpu");
        assertThat(visit.passed()).as(visit.printed()).isTrue();
        assertThat(visit.printed().lines().filter(line -> line.matches("(PASS|SKIP|WARN|FAIL) .*")))
                .hasSize(14);
        assertThat(visit.printed())
                .containsPattern("number types +float32, float64, float16, bfloat16")
                .contains("WARN  hub ", "-> only models of the hub need it", "PASS  fused kernels")
                .containsPattern("PASS  ten methods +six steps of each on cpu, at most \\d")
                .containsPattern("SKIP  one GPU +there is no GPU")
                .doesNotContain("FAIL");
    }

    @Test
    void aDeviceThatIsNotThereFailsWithARemedy() throws IOException {
        Visit visit = visit("gpu77");
        assertThat(visit.passed()).isFalse();
        assertThat(visit.printed())
                .containsPattern("FAIL  device +gpu\\(77\\) is not there; PyTorch sees \\d+ GPUs")
                .contains("-> docs/gpu.md")
                .doesNotContain("ten methods");
    }

    /** Small, but not nothing: the reference was computed in float64 elsewhere. */
    @Test
    void tenMethodsFollowTheReference() throws IOException {
        Trajectories trajectories = new Trajectories(Device.cpu());
        assertThat(trajectories.methods())
                .hasSize(10)
                .allSatisfy(
                        method ->
                                assertThat(trajectories.error(method))
                                        .as(method)
                                        .isBetween(1e-12, 1e-6));
    }

    /** What a GPU is asked for, asked of the CPU. */
    @Test
    void oneDeviceDoesAsTheCpu() throws IOException {
        Finding finding = new OneDevice(Device.cpu()).find();
        assertThat(finding.verdict()).as(finding.text()).isEqualTo(Finding.Verdict.PASS);
        assertThat(finding.text()).contains(Methods.names().size() + " methods at most 0.0e+00");
    }
}
