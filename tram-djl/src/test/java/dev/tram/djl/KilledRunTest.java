package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A process killed by SIGKILL at ten random moments ends with the bits of one never killed. */
@EnabledOnOs(OS.LINUX)
@Tag("slow")
class KilledRunTest {

    private static final int STEPS = 60;
    private static final int SAVE_EVERY = 2;
    private static final int KILLS = 5;

    private static final int SIGKILL = 128 + 9;
    private static final String FILE = "run.safetensors";

    @TempDir Path folder;

    @Test
    void endsWithTheBitsOfARunNeverKilled() throws Exception {
        long seed = System.nanoTime();
        List<CompletableFuture<Void>> runs =
                Stream.of("tram-previous", "asam+mesa")
                        .map(
                                method ->
                                        CompletableFuture.runAsync(
                                                () -> compare(method, new Random(seed))))
                        .toList();
        for (CompletableFuture<Void> run : runs) {
            assertThat(run).as("seed %d", seed).succeedsWithin(2, TimeUnit.MINUTES);
        }
    }

    private void compare(String method, Random random) {
        try {
            Path whole = Files.createDirectory(folder.resolve(method + "-whole"));
            Path killed = Files.createDirectory(folder.resolve(method + "-killed"));
            finish(start(method, whole));
            for (int kill = 0; kill < KILLS; kill++) {
                boolean inSave = kill % 2 == 1;
                if (!killed(method, killed, inSave, random) && Files.exists(killed.resolve(FILE))) {
                    cutSave(killed);
                }
            }
            finish(start(method, killed));
            try (Stream<Path> files = Files.list(killed)) {
                assertThat(files).containsExactly(killed.resolve(FILE));
            }
            assertThat(killed.resolve(FILE)).hasSameBinaryContentAs(whole.resolve(FILE));
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Leaves what a kill in the middle of a save does; whether one falls there is chance. */
    private static void cutSave(Path folder) throws IOException {
        byte[] saved = Files.readAllBytes(folder.resolve(FILE));
        Files.write(folder.resolve(FILE + ".incomplete"), Arrays.copyOf(saved, saved.length / 2));
    }

    private static Process start(String method, Path folder) throws IOException {
        return ChildJvm.command(Killable.class, method, folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static void finish(Process process) throws IOException, InterruptedException {
        process.getOutputStream().close();
        process.getInputStream().readAllBytes();
        assertThat(process.waitFor()).isZero();
    }

    /** Kills after some steps and a while, and tells whether that left half a file. */
    private static boolean killed(String method, Path folder, boolean inSave, Random random)
            throws IOException, InterruptedException {
        Path partial = folder.resolve(FILE + ".incomplete");
        if (inSave) {
            // What an earlier kill left would be taken for this process's save. Once the process
            // runs the file is its own: to delete it then fails the save, and the process ends.
            Files.deleteIfExists(partial);
        }
        Process process = start(method, folder);
        BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (int step = 0; step <= random.nextInt(3); step++) {
            assertThat(lines.readLine()).startsWith("step ");
        }
        while (inSave && process.isAlive() && Files.notExists(partial)) {
            Thread.onSpinWait();
        }
        TimeUnit.MICROSECONDS.sleep(random.nextInt(inSave ? 100 : 15_000));
        process.destroyForcibly();
        assertThat(process.waitFor()).isEqualTo(SIGKILL);
        return Files.exists(partial);
    }

    /** Trains from where the last process of its kind was saved, saving itself now and then. */
    static final class Killable {

        private Killable() {}

        public static void main(String[] arguments) throws IOException {
            Path file = Path.of(arguments[1], FILE);
            boolean averaged = arguments[0].contains("mesa");
            Tracker rate = Tracker.factor().setBaseValue(0.05f).setFactor(0.99f).build();
            Optimizer base =
                    averaged
                            ? Optimizer.sgd().setLearningRateTracker(rate).optMomentum(0.9f).build()
                            : Optimizer.adam().optLearningRateTracker(rate).build();
            TramOptimizer tram =
                    Methods.named(arguments[0])
                            .builder()
                            .setBaseOptimizer(base)
                            .optAccumulationSteps(averaged ? 3 : 1)
                            .build();
            try (Training training =
                    Training.of(TestModel.DROPOUT, TestModel.wideWithStatistics(10_000), tram)) {
                if (Files.exists(file)) {
                    tram.load(file);
                }
                for (int step = (int) tram.batches(); step < STEPS; step++) {
                    training.step(step);
                    if ((step + 1) % SAVE_EVERY == 0) {
                        tram.save(file);
                    }
                    System.out.println("step " + step);
                }
            }
            // Whoever is to be killed is still there.
            System.in.read();
        }
    }
}
