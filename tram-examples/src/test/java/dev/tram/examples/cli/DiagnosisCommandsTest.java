package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.experiments.Json;
import dev.tram.experiments.StartingModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad input to the commands that look at experiments. */
class DiagnosisCommandsTest extends CommandTester {

    private static final String CONFIG =
            """
            {"experiment": "%s", "target": "twemoji", "device": "cpu", "methods": ["adam"],
             "inputs": {}, "seeds": 1, "base": "adam", "steps": 7, "batch": 4,
             "accumulation": 1, "learning_rate": 0.001, "schedule": "cosine", "warmup": 0,
             "max_grad_norm": null, "evaluate_every": 0, "selection": "last",
             "minutes": null, "save_every": 0, "pretrained": "noto"}
            """;
    private static final String RESULTS =
            """
            {"experiment": "vit", "target": "twemoji", "device": "cpu",
             "better": {"target": "HIGHER"}, "domains": ["target"], "methods": {"adam":
             {"runs": [{"seed": 0, "target": 50}], "mean": {"target": 50}, "ci95": {}}}}
            """;

    private void assertRefusedAndNothingWritten(String message, Object... words)
            throws IOException {
        List<Path> before = files();
        assertRefused(message, words);
        assertThat(files()).isEqualTo(before);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            return new ArrayList<>(all.sorted().toList());
        }
    }

    private Path experiment(String name, String experiment) throws IOException {
        Path root = Files.createDirectories(directory.resolve(name));
        Files.writeString(root.resolve("config.json"), CONFIG.formatted(experiment));
        Files.writeString(root.resolve("results.json"), RESULTS);
        return root;
    }

    @ParameterizedTest
    @ValueSource(strings = {"sharpness", "cka", "surface"})
    void aRunMustBeAnExperiment(String command) throws IOException {
        assertRefusedAndNothingWritten("Missing required option: '--run=DIR'", command);
        assertRefusedAndNothingWritten(
                "with a config.json, received: /nowhere", command, "--run", "/nowhere");
        Path root = experiment("run", "vit");
        assertRefusedAndNothingWritten("models", command, "--run", root.toString());
        Files.delete(root.resolve("results.json"));
        assertRefusedAndNothingWritten("with a finished run", command, "--run", root.toString());
        Files.writeString(root.resolve("config.json"), "{\"seeds\":\n");
        assertRefusedAndNothingWritten(
                "config.json must be whole", command, "--run", root.toString());
        Files.writeString(
                root.resolve("config.json"),
                CONFIG.formatted("vit").replace("\"adam\"]", "\"x\"]"));
        assertRefusedAndNothingWritten(
                "config.json: there is no method 'x'", command, "--run", root.toString());
        Path unknown = experiment("unknown", "dance");
        Path model = Files.createDirectories(unknown.resolve("models/adam-0"));
        Json.write(unknown.resolve("pretrained.json"), StartingModel.of(model));
        assertRefusedAndNothingWritten("one of tram dance", command, "--run", unknown.toString());
    }

    @ParameterizedTest
    @CsvSource({
        "sharpness, --steps, 0, received: 0",
        "sharpness, --epsilon, 0, received: 0.0",
        "sharpness, --epsilon, NaN, received: NaN",
        "sharpness, --hessian, 1, received: 1",
        "sharpness, --hessian, -1, received: -1",
        "sharpness, --seeds, 0, received: 0",
        "sharpness, --examples, 0, received: 0",
        "cka, --batch, 0, received: 0",
        "cka, --methods, asam, received: asam",
        "cka, --steps, 3, --steps",
        "surface, --radius, 0, received: 0.0",
        "surface, --radius, far, far",
        "surface, --line, 1, received: 1",
        "surface, --plane, 1, received: 1"
    })
    void optionsOutOfRangeAreRefused(String command, String option, String value, String message)
            throws IOException {
        Path root = experiment("run", "vit");
        assertRefusedAndNothingWritten(message, command, "--run", root.toString(), option, value);
    }

    @Test
    void aComparisonNeedsTwoExperimentsAndAPlace() throws IOException {
        String a = experiment("a", "vit").toString();
        String b = experiment("b", "vit").toString();
        assertRefusedAndNothingWritten(
                "RUN must be given twice or more: tram compare RUN RUN", "compare", a);
        assertRefusedAndNothingWritten("directories that differ", "compare", a, a);
        assertRefusedAndNothingWritten(
                "RUN must be the directory of an experiment", "compare", a, "/nowhere");
        assertRefusedAndNothingWritten("--out must be a file", "compare", a, b, "--out", a);
        assertRefusedAndNothingWritten(
                "--out must be a file", "compare", a, b, "--out", "/nowhere/page.html");
    }

    @Test
    void aComparisonIsWritten() throws IOException {
        String a = experiment("a", "vit").toString();
        String b = experiment("b", "vit").toString();
        Path page = directory.resolve("page.html");
        assertThat(tram("compare", a, b, "--out", page)).isZero();
        assertThat(page).content().contains("<h1>Comparison of a, b</h1>", "No setting.");
    }

    /** The results of earlier versions do not say which values are better. */
    @Test
    void resultsThatDoNotSayWhatIsBetterAreRefused() throws IOException {
        Path a = experiment("a", "vit");
        Files.writeString(a.resolve("results.json"), RESULTS.replace("\"better\"", "\"best\""));
        assertRefusedAndNothingWritten(
                "results.json", "compare", a.toString(), experiment("b", "vit").toString());
    }
}
