package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EffectsCommandTest extends CommandTester {

    private static final String CONFIG =
            """
            {"experiment": "vit", "target": "%s", "device": "cpu", "methods": ["adam"],
             "inputs": {}, "seeds": 2, "base": "adam", "steps": %d, "batch": 4,
             "accumulation": 1, "learning_rate": 0.001, "schedule": "cosine", "warmup": 0,
             "max_grad_norm": null, "evaluate_every": 0, "selection": "last",
             "minutes": null, "save_every": 0, "pretrained": "%s"}
            """;

    @BeforeEach
    void makeExperiments() throws IOException {
        write("a", "twemoji", 10, "one", method("adam", 50, 52), method("sam", 51, 53));
        write("b", "twemoji", 10, "two", method("adam", 60, 62), method("sam", 63, 65));
        write("c", "twemoji", 10, "three", method("adam", 70, 72), method("sam", 72, 74));
        write("long", "twemoji", 20, "one", method("adam", 53, 55));
    }

    private void write(String name, String target, int steps, String pretrained, String... methods)
            throws IOException {
        Path root = Files.createDirectories(directory.resolve(name));
        Files.writeString(root.resolve("config.json"), CONFIG.formatted(target, steps, pretrained));
        Files.writeString(
                root.resolve("results.json"),
                """
                {"experiment": "vit", "target": "%s", "device": "cpu",
                 "better": {"target": "HIGHER"}, "domains": ["target"], "methods": {%s}}
                """
                        .formatted(target, String.join(", ", methods)));
    }

    private static String method(String name, double... figures) {
        int[] seed = {0};
        int passes = name.equals("sam") ? 20 : 10;
        String runs =
                Arrays.stream(figures)
                        .mapToObj(
                                figure ->
                                        String.format(
                                                Locale.ROOT,
                                                "{\"seed\": %d, \"target\": %.1f,"
                                                        + " \"forward_passes\": %d,"
                                                        + " \"backward_passes\": %d}",
                                                seed[0]++,
                                                figure,
                                                passes,
                                                passes))
                        .collect(Collectors.joining(", "));
        return "\"" + name + "\": {\"runs\": [" + runs + "], \"mean\": {}, \"ci95\": {}}";
    }

    private String path(String name) {
        return directory.resolve(name).toString();
    }

    private List<String> row(String title) {
        return out.toString()
                .lines()
                .filter(line -> line.startsWith("| `" + title + "`"))
                .flatMap(line -> Stream.of(line.split("\\|")))
                .map(String::strip)
                .toList();
    }

    /**
     * Differences of 1, 3 and 2 by model: 2 ± 4.303 / √3. Between models √(100 − 2 / 2), as seeds
     * vary by 2.
     */
    @Test
    void thePretrainedModelIsTheUnit() {
        assertThat(tram("effects", path("a"), path("b"), path("c"))).isZero();
        assertThat(row("adam"))
                .containsSubsequence("`adam`", "61.0 ± 24.8", "–", "10→ 10←", "3 × 2");
        assertThat(row("sam")).containsSubsequence("`sam`", "+2.0 ± 2.5", "–", "20→ 20←", "3 × 2");
        assertThat(out.toString())
                .contains("95 % intervals by Student's t over models")
                .contains("between pretrained models and between seeds: target 9.9 and 1.4.");
    }

    /** Both seeds differ by 1, the longer training by 3. */
    @Test
    void otherSettingsAreRowsOfTheirOwn() {
        assertThat(tram("effects", path("a"), path("long"))).isZero();
        assertThat(row("sam")).containsSubsequence("`sam`", "**+1.0 ± 0.0**", "2");
        assertThat(row("adam (steps 20)")).containsSubsequence("**+3.0 ± 0.0**", "2");
        assertThat(out.toString())
                .contains("n: seeds with one pretrained model.")
                .containsPattern("\\| -+ \\|( -+: \\|)+\n");
    }

    @Test
    void modelsWithoutARowAreNotCountedThere() throws IOException {
        write("d", "twemoji", 10, "four", method("adam", 50), method("asam", 52));
        assertThat(tram("effects", path("a"), path("d"))).isZero();
        assertThat(row("adam")).contains("2 × 1–2");
        assertThat(row("sam")).containsSubsequence("**+1.0 ± 0.0**", "1 × 2");
        assertThat(row("asam")).containsSubsequence("+2.0", "1 × 1");
    }

    @Test
    void someMethodsAreShownBesideTheBase() throws IOException {
        write("d", "twemoji", 10, "one", method("ema", 51, 52), method("asam", 52, 53));
        assertThat(tram("effects", path("a"), path("d"), "--methods", "ema")).isZero();
        assertThat(row("adam")).isNotEmpty();
        assertThat(row("ema")).isNotEmpty();
        assertThat(out.toString()).doesNotContain("sam");
    }

    @Test
    void thePictureNamesEachMethod() {
        Path picture = directory.resolve("p.svg");
        assertThat(tram("effects", path("a"), path("long"), "--picture", picture)).isZero();
        assertThat(picture).content().contains("<svg", ">adam</text>", ">sam</text>", "polyline");
    }

    @Test
    void whatDoesNotFitTogetherIsRefused() throws IOException {
        write("digits", "digits", 10, "one", method("adam", 50, 52));
        assertRefused("RUN must be the directory of an experiment", "effects", path("none"));
        assertRefused(
                "RUN must be experiments of vit, twemoji", "effects", path("a"), path("digits"));
        assertRefused("with adam and seed 0 once more", "effects", path("a"), path("a"));
        assertRefused("--base must be one of adam, sam", "effects", path("a"), "--base", "asam");
        assertRefused("--methods must be of these", "effects", path("a"), "--methods", "asam");
        assertRefused("--measures must be of target", "effects", path("a"), "--measures", "source");
        assertRefused(
                "--picture must be a file", "effects", path("a"), "--picture", path("none/p.svg"));
    }
}
