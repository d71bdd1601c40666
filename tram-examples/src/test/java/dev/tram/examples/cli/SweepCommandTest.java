package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tram.examples.experiment.Json;
import dev.tram.examples.task.imagefolder.TinyVit;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Sweeps in processes, beside the plain command. */
@EnabledOnOs(OS.LINUX)
class SweepCommandTest {

    private static final List<String> PROTOCOL =
            List.of("methods: [adam, tram-previous]", "seeds: 2", "steps: 60", "batch: 4");

    @TempDir private Path directory;
    private final StringWriter err = new StringWriter();
    private Path grid;

    @BeforeEach
    void writeAModelImagesAndAGrid() throws IOException {
        TinyVit.save(directory.resolve("vit"));
        for (String split : List.of("train", "test")) {
            for (int i = 0; i < 8; i++) {
                BufferedImage image = new BufferedImage(20, 20, BufferedImage.TYPE_INT_RGB);
                image.setRGB(i, i, i % 2 == 0 ? 0xFF0000 : 0x00FF00);
                Path folder = directory.resolve("images").resolve(split).resolve("c" + i % 2);
                Files.createDirectories(folder);
                ImageIO.write(image, "png", folder.resolve(i + ".png").toFile());
            }
        }
        StringBuilder text = new StringBuilder("experiments:\n  images:\n    command: vit\n");
        options().forEach(line -> text.append("    ").append(line).append('\n'));
        grid = Files.writeString(directory.resolve("grid.yaml"), text);
    }

    private Stream<String> options() {
        return Stream.concat(
                PROTOCOL.stream(),
                Stream.of(
                        "save-every: 2",
                        "data: " + directory.resolve("images"),
                        "checkpoint: " + directory.resolve("vit")));
    }

    private int execute(String... arguments) {
        CommandLine tram = Tram.commandLine();
        tram.setErr(new PrintWriter(err));
        return tram.execute(arguments);
    }

    private Path plain() {
        Path plain = directory.resolve("plain");
        List<String> arguments =
                Stream.concat(
                                Stream.of("vit", "--out=" + plain),
                                options()
                                        .map(line -> "--" + line.replace(": ", "="))
                                        .map(line -> line.replaceAll("[\\[\\] ]", "")))
                        .toList();
        assertThat(execute(arguments.toArray(String[]::new))).as(err.toString()).isZero();
        return plain;
    }

    @Tag("slow")
    @Test
    void aSweepOfWhichAWorkerIsKilledHasTheFilesOfThePlainCommand() throws Exception {
        Path sweep = directory.resolve("sweep");
        CompletableFuture<Boolean> killer = CompletableFuture.supplyAsync(() -> kill(sweep));
        int code =
                execute("sweep", grid.toString(), "--workers=2", "--threads=1", "--out=" + sweep);
        assertThat(code).as(err.toString()).isZero();
        assertThat(killer.get()).as("a worker was killed in mid-run").isTrue();
        Map<String, String> expected = outcome(plain());
        assertThat(outcome(sweep.resolve("images"))).isEqualTo(expected);
        assertThat(sweep.resolve("images").resolve("report.html")).isNotEmptyFile();
        Files.delete(sweep.resolve("images").resolve("table.csv"));
        assertThat(execute("report", sweep.toString())).as(err.toString()).isZero();
        assertThat(outcome(sweep.resolve("images"))).isEqualTo(expected);
    }

    /** Kills the first child that has saved its cell. */
    private static boolean kill(Path sweep) {
        Path checkpoints = sweep.resolve("images").resolve("checkpoints");
        while (true) {
            try {
                TimeUnit.MILLISECONDS.sleep(1);
            } catch (InterruptedException e) {
                return false;
            }
            if (Files.isDirectory(checkpoints)) {
                List<ProcessHandle> children = ProcessHandle.current().children().toList();
                if (!children.isEmpty()) {
                    return children.get(0).destroyForcibly();
                }
            }
        }
    }

    @Test
    void aCellIsRunOnceAndRefusedWhereThereIsNone() throws IOException {
        Path sweep = directory.resolve("sweep");
        String out = "--out=" + sweep;
        assertThat(execute("cell", grid.toString(), "3", out)).as(err.toString()).isZero();
        Path figures = sweep.resolve("images/runs/tram-previous-1.json");
        assertThat(figures).isNotEmptyFile();
        Path metrics = sweep.resolve("images/metrics/tram-previous-1.jsonl");
        String once = Files.readString(metrics);
        assertThat(execute("cell", grid.toString(), "3", out)).isZero();
        assertThat(metrics).hasContent(once);
        assertThat(execute("cell", grid.toString(), "4", out)).isEqualTo(2);
        assertThat(err.toString()).contains("INDEX must be a cell, 0 to 3, received: 4");
        Files.writeString(grid, Files.readString(grid).replace("seeds: 2", "seeds: 3"));
        assertThat(execute("cell", grid.toString(), "3", out)).isEqualTo(2);
        assertThat(err.toString()).contains("that of its grid.yaml");
    }

    @Tag("slow")
    @Test
    void whoWinsATournamentIsTrainedAsInThePlainGrid() throws IOException {
        Path sweep = directory.resolve("sweep");
        String halving = "evaluate-every: 2\nhalving: {first-steps: 4}\nvary: {lr: [0.001, 1e6]}\n";
        Files.writeString(
                grid, Files.readString(grid).replace("steps: 60", "steps: 8") + "    " + halving);
        int code = execute("sweep", grid.toString(), "--threads=1", "--out=" + sweep);
        assertThat(code).as(err.toString()).isZero();
        JsonNode rounds = Json.read(sweep.resolve("halving.json"), JsonNode.class);
        assertThat(rounds).hasSize(1);
        assertThat(rounds.get(0).get("steps").asInt()).isEqualTo(4);
        assertThat(rounds.get(0).get("figures")).hasSize(4);
        List<String> kept = new ArrayList<>();
        rounds.get(0).get("kept").forEach(one -> kept.add(one.asText()));
        assertThat(kept).hasSize(2);
        Path plain = directory.resolve("plain");
        for (String name : kept) {
            String[] group = name.split(" ", -1);
            Path alone = plain(plain, group[0], group[1]);
            for (int seed = 0; seed < 2; seed++) {
                assertThat(weights(sweep.resolve(group[0]), group[1], seed))
                        .isEqualTo(weights(alone, group[1], seed));
            }
        }
        try (Stream<Path> all = Files.walk(sweep)) {
            assertThat(all.filter(file -> file.endsWith("model.safetensors"))).hasSize(2 * 2);
        }
    }

    private static String weights(Path files, String method, int seed) throws IOException {
        return hex(files.resolve("models").resolve(method + "-" + seed + "/model.safetensors"));
    }

    /** One group of the tournament by the plain command. */
    private Path plain(Path root, String group, String method) {
        Path files = root.resolve(group + method);
        String rate = group.substring(group.indexOf('=') + 1);
        assertThat(
                        execute(
                                "vit",
                                "--out=" + files,
                                "--methods=" + method,
                                "--lr=" + rate,
                                "--seeds=2",
                                "--steps=8",
                                "--batch=4",
                                "--save-every=2",
                                "--evaluate-every=2",
                                "--data=" + directory.resolve("images"),
                                "--checkpoint=" + directory.resolve("vit")))
                .as(err.toString())
                .isZero();
        return files;
    }

    /** Tables, results and all files of models, by name. */
    private static Map<String, String> outcome(Path files) throws IOException {
        Map<String, String> outcome = new TreeMap<>();
        for (String name : List.of("results.json", "table.csv", "table.json")) {
            outcome.put(name, hex(files.resolve(name)));
        }
        Path models = files.resolve("models");
        try (Stream<Path> all = Files.walk(models)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                outcome.put(models.relativize(file).toString(), hex(file));
            }
        }
        assertThat(files.resolve("checkpoints")).doesNotExist();
        return outcome;
    }

    private static String hex(Path file) throws IOException {
        return HexFormat.of().formatHex(Files.readAllBytes(file));
    }
}
