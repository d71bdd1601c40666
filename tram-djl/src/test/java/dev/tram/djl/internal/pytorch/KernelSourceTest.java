package dev.tram.djl.internal.pytorch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What no kernel may do: wait for a GPU, put an array on the CPU beside those of a GPU, or open a
 * second team of threads. Control flow on arrays reads them, which {@link MetaKernelsTest} finds.
 */
class KernelSourceTest {

    private static final Path SOURCES = Path.of("src/main/resources/dev/tram/djl/internal/pytorch");

    /** Each reads an array's numbers, or makes arrays whose shape depends on them. */
    private static final Pattern READ =
            Pattern.compile(
                    "\\.(item|tolist|cpu|numpy|nonzero|masked_select|unique)\\(|\\b(bool|int)\\(");

    /** The rate of dropout is an array on the CPU, on every device. */
    private static final Pattern FLOAT = Pattern.compile("\\bfloat\\((?!dropout\\))");

    private static final Pattern FORK = Pattern.compile("\\bfork\\(|torch\\.wait\\(");
    private static final Pattern NEW_ARRAY =
            Pattern.compile(
                    "torch\\.(zeros|ones|full|empty|tensor|arange|rand\\w*)\\((?!.*device=)");

    static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.list(SOURCES)) {
            return files.filter(file -> file.toString().endsWith(".py")).sorted().toList();
        }
    }

    @Test
    void findsTheSources() throws IOException {
        assertThat(sources()).hasSizeGreaterThan(6).contains(SOURCES.resolve("blocks.py"));
    }

    @ParameterizedTest
    @MethodSource("sources")
    void readsNoArrayAndDoesNotFork(Path source) throws IOException {
        for (Pattern forbidden : List.of(READ, FLOAT, FORK)) {
            assertThat(code(source)).noneMatch(line -> forbidden.matcher(line).find());
        }
    }

    /** The sources for a CPU alone may leave out the device. */
    @ParameterizedTest
    @MethodSource("sources")
    void makesArraysOnTheDeviceOfOthers(Path source) throws IOException {
        assertThat(code(source)).noneMatch(line -> line.contains("\"cpu\""));
        if (!isForCpu(source)) {
            assertThat(code(source)).noneMatch(line -> NEW_ARRAY.matcher(line).find());
        }
    }

    @Test
    void recognisesWhatIsForbidden() {
        assertThat(READ.matcher("  n = x.item()").find()).isTrue();
        assertThat(READ.matcher("  if bool(x):").find()).isTrue();
        assertThat(FLOAT.matcher("  return x * float(y)").find()).isTrue();
        assertThat(FLOAT.matcher("  return f(x, float(dropout))").find()).isFalse();
        assertThat(FORK.matcher("  f = fork(self.share, x)").find()).isTrue();
        assertThat(NEW_ARRAY.matcher("  x = torch.zeros([], dtype=7)").find()).isTrue();
        assertThat(NEW_ARRAY.matcher("  x = torch.zeros([], device=a.device)").find()).isFalse();
    }

    private static boolean isForCpu(Path source) {
        String name = source.getFileName().toString();
        return name.equals("blocks.py") || name.endsWith("_blocked.py");
    }

    private static List<String> code(Path source) throws IOException {
        return Files.readAllLines(source).stream().map(line -> line.replaceAll("#.*", "")).toList();
    }
}
