package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.experiments.Metrics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The command vit, killed by SIGKILL and resumed, leaves the files of one never killed. */
@EnabledOnOs(OS.LINUX)
@Tag("slow")
class KilledExperimentTest {

    private static final List<String> METHODS = List.of("adam", "tram-previous");
    private static final int KILLS = 3;
    private static final int SIGKILL = 128 + 9;

    @TempDir private Path directory;

    @Test
    void endsWithTheFilesOfARunNeverKilled() throws Exception {
        TinyGrid.writeModelAndImages(directory);
        Path whole = directory.resolve("whole");
        Path killed = directory.resolve("killed");
        Process uninterrupted = vit("--out", whole);
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Process process = vit("--out", killed);
        int underWay = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            awaitSavings(process, killed, 1 + random.nextInt(5));
            TimeUnit.MILLISECONDS.sleep(random.nextInt(30));
            process.destroyForcibly();
            assertThat(process.waitFor()).as("seed %d", seed).isEqualTo(SIGKILL);
            underWay += savings(killed).isEmpty() ? 0 : 1;
            process = resume(killed);
        }
        assertThat(process.waitFor()).as(log(killed)).isZero();
        assertThat(uninterrupted.waitFor()).as(log(whole)).isZero();
        assertThat(underWay).as("kills between two savings of a run").isPositive();
        assertThat(outcome(killed)).isEqualTo(outcome(whole));
        assertThat(killed.resolve("report.html"))
                .content()
                .as("the report names the command that began the experiment")
                .contains("tram vit --out " + killed);
        for (String method : METHODS) {
            assertThat(Metrics.read(killed.resolve("metrics").resolve(method + "-0.jsonl")))
                    .usingRecursiveComparison()
                    .ignoringFields("milliseconds")
                    .withEqualsForType(Double::equals, Double.class)
                    .isEqualTo(Metrics.read(whole.resolve("metrics").resolve(method + "-0.jsonl")));
        }
    }

    private static void awaitSavings(Process process, Path files, int count)
            throws IOException, InterruptedException {
        String seen = savings(files);
        int left = count;
        while (left > 0 && process.isAlive()) {
            TimeUnit.MILLISECONDS.sleep(1);
            String now = savings(files);
            left -= now.equals(seen) ? 0 : 1;
            seen = now;
        }
    }

    private Process vit(String option, Path files) throws IOException {
        return start(
                files,
                option,
                files.toString(),
                "--data",
                directory.resolve("images").toString(),
                "--checkpoint",
                directory.resolve("vit").toString(),
                "--methods",
                String.join(",", METHODS),
                "--seeds",
                "1",
                "--steps",
                "40",
                "--batch",
                "8",
                "--save-every",
                "2");
    }

    private Process resume(Path files) throws IOException {
        return start(files, "--resume", files.toString());
    }

    private Process start(Path files, String... options) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                List.of(
                        "-XX:TieredStopAtLevel=1",
                        "-Djava.awt.headless=true",
                        "-Dai.djl.offline=true",
                        "-Dai.djl.default_engine=PyTorch",
                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                        "-cp",
                        System.getProperty(
                                "surefire.test.class.path", System.getProperty("java.class.path")),
                        Tram.class.getName(),
                        "vit"));
        command.addAll(List.of(options));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("TRAM_CACHE", directory.resolve("cache").toString());
        builder.environment().put("OMP_NUM_THREADS", "1");
        Path log = logFile(files);
        return builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile())).start();
    }

    private Path logFile(Path files) {
        return directory.resolve(files.getFileName() + ".log");
    }

    private String log(Path files) throws IOException {
        return Files.readString(logFile(files));
    }

    /** The saved states under way, by name. */
    private static String savings(Path files) throws IOException {
        Path checkpoints = files.resolve("checkpoints");
        if (!Files.isDirectory(checkpoints)) {
            return "";
        }
        try (Stream<Path> all = Files.walk(checkpoints)) {
            return all.map(Path::toString)
                    .filter(name -> name.endsWith(".safetensors"))
                    .sorted()
                    .reduce("", String::concat);
        } catch (UncheckedIOException deletedMeanwhile) {
            return "";
        }
    }

    /** results.json and all files of models, by name. */
    private static Map<String, String> outcome(Path files) throws IOException {
        Map<String, String> outcome = new TreeMap<>();
        outcome.put("results.json", hex(files.resolve("results.json")));
        Path models = files.resolve("models");
        try (Stream<Path> all = Files.walk(models)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                outcome.put(models.relativize(file).toString(), hex(file));
            }
        }
        assertThat(outcome).hasSizeGreaterThan(2 * METHODS.size());
        assertThat(files.resolve("checkpoints")).doesNotExist();
        return outcome;
    }

    private static String hex(Path file) throws IOException {
        return HexFormat.of().formatHex(Files.readAllBytes(file));
    }
}
