package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.examples.task.imagefolder.TinyVit;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import picocli.CommandLine;

/** A grid file of four cells: a tiny model, eight images, two methods and two seeds. */
final class TinyGrid {

    private static final List<String> PROTOCOL =
            List.of("methods: [adam, tram-previous]", "seeds: 2", "steps: 60", "batch: 4");

    private final Path directory;
    private final StringWriter err = new StringWriter();

    /** Writes it. */
    TinyGrid(Path directory) throws IOException {
        this.directory = directory;
        writeModelAndImages(directory);
        StringBuilder text = new StringBuilder("experiments:\n  images:\n    command: vit\n");
        options().forEach(line -> text.append("    ").append(line).append('\n'));
        Files.writeString(file(), text);
    }

    /** Writes a model, {@code vit}, and the folder {@code images} of eight per split. */
    static void writeModelAndImages(Path directory) throws IOException {
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
    }

    /** Returns the grid file. */
    Path file() {
        return directory.resolve("grid.yaml");
    }

    private Stream<String> options() {
        return Stream.concat(
                PROTOCOL.stream(),
                Stream.of(
                        "save-every: 2",
                        "data: " + directory.resolve("images"),
                        "checkpoint: " + directory.resolve("vit")));
    }

    /** Runs tram. */
    int execute(String... arguments) {
        CommandLine tram = Tram.commandLine();
        tram.setErr(new PrintWriter(err));
        return tram.execute(arguments);
    }

    /** Returns what all commands said of their errors. */
    String err() {
        return err.toString();
    }

    /** Runs all cells by the plain command. */
    Path plain() {
        Path plain = directory.resolve("plain");
        List<String> arguments =
                Stream.concat(
                                Stream.of("vit", "--out=" + plain),
                                options()
                                        .map(line -> "--" + line.replace(": ", "="))
                                        .map(line -> line.replaceAll("[\\[\\] ]", "")))
                        .toList();
        assertThat(execute(arguments.toArray(String[]::new))).as(err()).isZero();
        return plain;
    }

    /** Tables, results and all files of models, by name. */
    static Map<String, String> outcome(Path files) throws IOException {
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

    static String hex(Path file) throws IOException {
        return HexFormat.of().formatHex(Files.readAllBytes(file));
    }
}
