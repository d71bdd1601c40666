package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.EngineException;
import dev.tram.djl.pytorch.Kernels;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.Json;
import dev.tram.experiments.Measure;
import dev.tram.experiments.MethodSettings;
import dev.tram.experiments.Protocol;
import dev.tram.experiments.Results;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.data.OneLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Document;
import picocli.CommandLine;

class TramTest extends CommandTester {

    private static final String CONFIG =
            """
            {"experiment": "vit", "target": "twemoji", "device": "cpu", "methods": ["adam"],
             "inputs": {}, "seeds": 1, "base": "adam", "steps": 7, "batch": 4,
             "accumulation": 1, "learning_rate": 0.001, "schedule": "cosine", "warmup": 0,
             "max_grad_norm": null, "evaluate_every": 0, "selection": "last",
             "minutes": null, "save_every": 1, "pretrained": "noto", "rho": null, "sigma": null, "gamma": null, "lambda": null,
             "scale": null, "divergence": null}
            """;

    @Test
    void bfloat16NeedsTheFusedKernels() {
        System.setProperty(Kernels.PROPERTY, "portable");
        try {
            Path root = directory.resolve("new");
            assertThat(tram("gpt2", "--precision", "bf16", "--out", root.toString())).isEqualTo(2);
            assertThat(err.toString().lines())
                    .containsExactly(
                            "tram gpt2: --precision must be fp32 without the fused kernels of the"
                                    + " PyTorch engine, received: bf16");
            assertThat(root).doesNotExist();
        } finally {
            System.clearProperty(Kernels.PROPERTY);
        }
    }

    /** Option, value, a part of the message. */
    @ParameterizedTest
    @CsvSource({
        "--methods, adamm, 'there is no method ''adamm''; did you mean adam'",
        "--methods, 'adam,adam', different from each other",
        "--methods, '', method",
        "--rho, -1, received: -1.0",
        "--rho, nan, nan",
        "--sigma, NaN, received: NaN",
        "--sigma, -0.5, received: -0.5",
        "--gamma, -1, received: -1.0",
        "--lambda, Infinity, received: Infinity",
        "--scale, -2, received: -2.0",
        "--divergence, kl, received: kl",
        "--seeds, 0, received: 0",
        "--seeds, three, three",
        "--steps, 0, received: 0",
        "--batch, -1, received: -1",
        "--lr, 0, received: 0.0",
        "--lr, NaN, received: NaN",
        "--target, cats, received: cats",
        "--device, gpu99, received: gpu99",
        "--device, gpu99999999999, received: gpu99999999999",
        "--device, tpu, received: tpu",
        "--device, GPU, received: GPU",
        "--save-every, -1, received: -1",
        "--precision, fp16, 'must be fp32 or bf16, received: fp16'",
        "--accumulate, 0, received: 0",
        "--schedule, straight, straight",
        "--warmup, -1, received: -1",
        "--warmup, 400, 'fewer than the steps, 160, received: 400'",
        "--clip, -1, received: -1.0",
        "--clip, NaN, received: NaN",
        "--evaluate-every, -1, received: -1",
        "--select, first, first",
        "--minutes, 0, received: 0.0",
        "--preset, huge, 'one of small, full, paper, received: huge'",
        "--checkpoint, sotu-gpt2, 'a model that tram pretrain emoji-vit made, unless --data'",
        "--image-size, 224, --data",
        "--data, /nowhere, '--data must be a directory, received: /nowhere'",
        "--data, /, 'or emoji-vit, the small model of the examples, received: nothing'",
        "--config, /nowhere, '--config must be a file that can be read, received: /nowhere'",
        "--steps, three, '--steps must be an integer, received: three'",
        "--lr, much, '--lr must be a number, received: much'",
        "--lambda, 0.1, '--lambda must be absent, as no method of adam,sam,asam,tram-previous'",
        "--colour, red, --colour",
        "--stepps, 3, 'did you mean --steps'"
    })
    void badInputIsOneLineAndCode2AndWritesNothing(String option, String value, String message)
            throws IOException {
        Path target = directory.resolve("out");
        int code = tram("vit", "--out", target.toString(), option, value);
        assertThat(code).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).startsWith("tram vit: ").contains(message);
        assertThat(out.toString()).isEmpty();
        assertThat(target).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource({
        "--train-domain=declaration --checkpoint, minilm, received: ",
        "--train-domain, moby-dick, 'tram pretrain sotu-gpt2 --without moby-dick makes'",
        "--data, /nowhere, '--data must be a directory with one directory per domain'",
        "--checkpoint, gpt2, 'ORG/NAME on the hub, such as openai-community/gpt2'",
        "--train-domain=poems --data, /nowhere, received: /nowhere",
        "--checkpoint, ./nowhere, received: ./nowhere",
        "--block, 0, received: 0",
        "--block, 129, 'at most the model''s 128 positions, received: 129'",
        "--test-blocks, -1, received: -1",
        "--methods=adam --divergence, reverse-kl, --divergence must be absent",
        "--methods=sam --gamma, 0.2, --gamma must be absent",
        "'--methods=adam,sam@rho=0.1 --rho', 0.2, --rho must be absent",
        "--methods=tram-x --rho, 0.2, --rho must be absent",
        "--methods=fisher-sam --scale, 2, --scale must be absent",
        "--warmup, 120, received: 120"
    })
    void badInputOfGpt2WritesNothing(String option, String value, String message) {
        Path target = directory.resolve("out");
        List<String> arguments = new ArrayList<>(List.of("gpt2", "--out", target.toString()));
        arguments.addAll(List.of(option.split(" ", -1)));
        arguments.add(value);
        assertThat(tram(arguments.toArray())).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).startsWith("tram gpt2: ").contains(message);
        assertThat(target).doesNotExist();
    }

    @Test
    void theRightExperimentIsResumed() throws IOException {
        Files.writeString(directory.resolve("config.json"), CONFIG);
        assertThat(tram("gpt2", "--resume", directory.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("an experiment of tram gpt2", "of tram vit");
    }

    @Test
    void statsReproducesThePaper() throws Exception {
        Path target = directory.resolve("out");
        assertThat(tram("stats", "--out", target.toString())).isZero();
        assertThat(out.toString())
                .contains("table04-11-gpt2-wiki-perplexity: correlation with soc")
                .containsPattern("art +-0\\.840 +✓ +-0\\.861");
        assertThat(target.resolve("report.html")).isNotEmptyFile();
        assertThat(target.resolve("scatter.csv")).isNotEmptyFile();
        assertThat(target.resolve("statistics.json")).isNotEmptyFile();
        Document picture =
                DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(
                                target.resolve("table04-11-gpt2-s2orc-perplexity-phil.svg")
                                        .toFile());
        assertThat(picture.getDocumentElement().getAttribute("xmlns"))
                .isEqualTo("http://www.w3.org/2000/svg");
        assertThat(picture.getElementsByTagName("polyline").getLength()).isEqualTo(2);
        assertThat(Files.readAllLines(target.resolve("scatter.csv")))
                .filteredOn(line -> line.startsWith("table04-11-gpt2-s2orc-perplexity,phil,"))
                .hasSize(picture.getElementsByTagName("circle").getLength())
                .isNotEmpty();
    }

    @Test
    void statsReadsTablesOfOnesOwn() throws IOException {
        Path tables = Files.createDirectories(directory.resolve("tables"));
        assertThat(tram("stats", tables.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("zs_avg", "received: " + tables);
        Files.writeString(
                tables.resolve("own.csv"),
                """
                method,en,de,zs_avg
                adam,1,2,2
                sam,2,3,3
                mesa,3,4,4
                tram-x,4,5,5
                """);
        Files.writeString(tables.resolve("notes.csv"), "date,note\n");
        Path target = directory.resolve("out");
        assertThat(tram("stats", tables.toString(), "--out", target.toString())).isZero();
        assertThat(out.toString()).containsPattern("de +1\\.000 +✓\\R");
    }

    /** Neither F1 and calibration errors nor d and ‖ε*‖ are domains. */
    @Test
    void statsOfAnExperimentAreThoseOfItsDomains() throws IOException {
        Path run = Files.createDirectories(directory.resolve("run"));
        List<String> methods = List.of("adam", "sam", "mesa", "tram-x");
        ExperimentConfig config =
                new ExperimentConfig(
                        "text",
                        "mail",
                        Map.of(),
                        "cpu",
                        methods,
                        1,
                        "minilm",
                        Protocol.of(5, 4, 0.1f),
                        MethodSettings.PAPER);
        Results results = Results.none(config);
        for (int i = 0; i < methods.size(); i++) {
            Map<String, Double> figures = new LinkedHashMap<>();
            figures.put("test", 60.0 + i * i);
            figures.put("test_macro_f1", 70.0 - i);
            figures.put("test_calibration_error", 7.0 + i);
            figures.put("a", 50.0 + i);
            figures.put("b", 80.0 - 2 * i);
            figures.put("distance", 0.5 * i);
            figures.put("perturbation_norm", 0.1 * i);
            results = results.with(new RunKey(methods.get(i), 0), figures, methods);
        }
        List<Measure> domains = List.of(Measure.higher("a", "a"), Measure.higher("b", "b"));
        Json.write(run.resolve("results.json"), results.ofDomains(domains));
        assertOnlyBIsCorrelated(run, "new");
    }

    private void assertOnlyBIsCorrelated(Path run, String name) throws IOException {
        out.getBuffer().setLength(0);
        Path target = directory.resolve(name);
        assertThat(tram("stats", run.toString(), "--out", target.toString())).isZero();
        assertThat(out.toString())
                .contains("text-mail: correlation with a")
                .containsPattern("b +-1\\.000 +✓\\R")
                .doesNotContain("macro_f1", "calibration_error", "distance", "norm", "test");
    }

    @Test
    void statsOfSeveralTargetsAreATableEach() throws IOException {
        Path run = Files.createDirectories(directory.resolve("run"));
        String results =
                """
                {"experiment": "vit", "target": "%s", "device": "cpu", "better": {},
                 "domains": ["target", "source"], "methods": {%s}}
                """;
        List<String> methods = new ArrayList<>();
        int value = 0;
        for (String method : List.of("adam", "sam", "mesa", "tram-x")) {
            value++;
            String figures = "{\"target\": %d, \"source\": %d}".formatted(value, 2 * value);
            methods.add(
                    "\"%s\": {\"runs\": [], \"mean\": %s, \"ci95\": {}}"
                            .formatted(method, figures));
        }
        for (String target : List.of("twemoji", "digits")) {
            Files.createDirectories(run.resolve(target));
            Files.writeString(
                    run.resolve(target).resolve("results.json"),
                    results.formatted(target, String.join(", ", methods)));
        }
        Files.writeString(run.resolve("results.json"), results.formatted("twemoji,digits", ""));
        Path target = directory.resolve("out");
        assertThat(tram("stats", run.toString(), "--out", target.toString())).isZero();
        assertThat(out.toString())
                .contains("vit-twemoji: correlation with target", "vit-digits: correlation with")
                .containsPattern("source +1\\.000 +✓\\R");
    }

    @Test
    void aDirectoryThatCannotBeWrittenIsBadInput() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "a file");
        for (Path place : List.of(file, file.resolve("below"), Path.of("/proc/tram"))) {
            err.getBuffer().setLength(0);
            assertThat(tram("vit", "--out", place.toString())).isEqualTo(2);
            assertThat(err.toString().lines()).hasSize(1);
            assertThat(err.toString()).contains("--out", "received: " + place);
        }
        assertThat(Files.readString(file)).isEqualTo("a file");
    }

    @Test
    void anotherExperimentIsNotOverwritten() throws IOException {
        Files.writeString(directory.resolve("results.json"), "{}");
        assertThat(tram("vit", "--out", directory.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("--resume").contains("received: " + directory);
        assertThat(Files.readString(directory.resolve("results.json"))).isEqualTo("{}");
    }

    @Test
    void onlyAnExperimentIsResumed() {
        assertThat(tram("vit", "--resume", directory.toString())).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).contains("config.json", "received: " + directory);
    }

    @ParameterizedTest
    @CsvSource({
        "--methods, sam",
        "--seeds, 2",
        "--steps, 8",
        "--batch, 5",
        "--lr, 0.5",
        "--target, digits",
        "--rho, 1",
        "--sigma, 1",
        "--gamma, 1",
        "--lambda, 1",
        "--scale, 2",
        "--divergence, mmd",
        "--precision, bf16",
        "--save-every, 2",
        "--accumulate, 2",
        "--schedule, linear",
        "--warmup, 3",
        "--clip, 1",
        "--evaluate-every, 2",
        "--select, best",
        "--minutes, 5",
        "--preset, paper"
    })
    void anOptionThatContradictsTheResumedExperimentIsBadInput(String option, String value)
            throws IOException {
        Path file = Files.writeString(directory.resolve("config.json"), CONFIG);
        assertThat(tram("vit", "--resume", directory.toString(), option, value)).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).contains(option);
        assertThat(Files.readString(file)).isEqualTo(CONFIG);
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void whatContradictsTheResumedExperimentIsNamedWithBothValues() throws IOException {
        Files.writeString(directory.resolve("config.json"), CONFIG);
        assertThat(tram("vit", "--resume", directory.toString(), "--lr", "0.5")).isEqualTo(2);
        assertThat(err.toString())
                .isEqualToIgnoringNewLines(
                        "tram vit: --lr 0.5 differs from the saved run (0.001); drop it, or start"
                                + " a new run");
    }

    @Test
    void aDamagedConfigurationIsNotResumed() throws IOException {
        Path file = Files.writeString(directory.resolve("config.json"), CONFIG.substring(0, 40));
        assertThat(tram("vit", "--resume", directory.toString())).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).contains(file.toString()).doesNotContain("REDACTED");
    }

    @Test
    void aShorterRunHasAShorterWarmUp() {
        assertThat(tram("vit", "--steps", "20", "--device", "gpu7")).isEqualTo(2);
        assertThat(err.toString()).contains("--device");
        assertThat(tram("vit", "--steps", "20", "--warmup", "20")).isEqualTo(2);
        assertThat(err.toString()).contains("warmup");
    }

    @Test
    void aMissingCommandIsBadInput() {
        assertThat(tram()).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(tram("vitt")).isEqualTo(2);
        assertThat(err.toString()).contains("did you mean vit");
        assertThat(tram("vti")).isEqualTo(2);
        assertThat(err.toString()).contains("there is no command 'vti'; did you mean vit?");
        assertThat(tram("tune", "nothing")).isEqualTo(2);
        assertThat(err.toString()).contains("'nothing'; there are vit, text, xnli, gpt2");
        assertThat(tram("vit", "twemoji")).isEqualTo(2);
        assertThat(err.toString()).contains("'twemoji' is one argument too many");
    }

    @Test
    void aMissingTrainDomainIsToldWithThoseThereAre() throws IOException {
        for (String share : List.of("train", "valid", "test")) {
            Path domain = Files.createDirectories(directory.resolve("poems"));
            Files.writeString(domain.resolve(share + ".txt"), "A rose is a rose.");
        }
        assertThat(tram("gpt2", "--data", directory.toString())).isEqualTo(2);
        assertThat(err.toString())
                .isEqualToNormalizingNewlines(
                        "tram gpt2: --train-domain must be one of poems, received: nothing\n");
    }

    @Test
    void helpExplainsEachOption() {
        assertThat(tram("vit", "--help")).isZero();
        CommandLine vit = Tram.commandLine().getSubcommands().get("vit");
        List<String> described = new ArrayList<>();
        for (CommandLine.Model.OptionSpec option : vit.getCommandSpec().options()) {
            assertThat(option.description()).hasSize(1);
            assertThat(out.toString()).contains(option.longestName());
            described.add(option.longestName());
        }
        assertThat(described)
                .contains(
                        "--methods",
                        "--seeds",
                        "--steps",
                        "--batch",
                        "--lr",
                        "--target",
                        "--out",
                        "--device",
                        "--rho",
                        "--sigma",
                        "--gamma",
                        "--lambda",
                        "--scale",
                        "--divergence",
                        "--resume",
                        "--save-every",
                        "--precision",
                        "--preset",
                        "--accumulate",
                        "--schedule",
                        "--warmup",
                        "--clip",
                        "--evaluate-every",
                        "--select",
                        "--minutes");
    }

    @Test
    void benchRefusesWhatItDoesNotKnowAndWritesNothing() {
        Path json = directory.resolve("bench.json");
        List<List<String>> bad =
                List.of(
                        List.of("--model", "gpt3"),
                        List.of("--methods", "djl-adam,none"),
                        List.of("--methods", "sam"),
                        List.of("--rounds", "0"),
                        List.of("--steps", "0"),
                        List.of("--batch", "0"),
                        List.of("--model", "mlp", "--tokens", "8"),
                        List.of("--device", "tpu"));
        for (List<String> options : bad) {
            List<String> arguments = new ArrayList<>(List.of("bench", "--json", json.toString()));
            arguments.addAll(options);
            err.getBuffer().setLength(0);
            assertThat(tram(arguments.toArray())).as("%s", options).isEqualTo(2);
            assertThat(err.toString().lines()).as("%s", options).hasSize(1);
            assertThat(err.toString()).containsPattern("received: |there is no method 'none' ");
        }
        assertThat(json).doesNotExist();
    }

    /** Each way in which memory may lack is answered by what to lower. */
    @Test
    void aLackOfMemorySaysWhatToLower() {
        CommandLine vit = Tram.commandLine().getSubcommands().get("vit");
        Throwable engine =
                new EngineException("DefaultCPUAllocator: can't allocate memory: you tried");
        for (Throwable lack : List.of(new OutOfMemoryError("Java heap space"), engine)) {
            Throwable failure = new IllegalStateException("a pass failed", lack);
            assertThat(OutOfMemory.in(failure)).containsSame(lack);
            assertThat(OutOfMemory.advice(lack, vit))
                    .startsWith(
                            "memory does not suffice ("
                                    + lack.getMessage()
                                    + "): lower --batch or");
        }
        assertThat(OutOfMemory.in(new IllegalStateException("out of memory"))).isEmpty();
    }

    @Test
    void limitsAreChecked() {
        assertThat(tram("vit", "--limit", "line=0")).isEqualTo(2);
        assertThat(tram("vit", "--limit", "lines=3")).isEqualTo(2);
        assertThat(tram("pretrain", "sotu-gpt2", "--limit", "text=0")).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(3);
        assertThat(err.toString())
                .contains(
                        "tram vit: --limit line must be a number of at least 1",
                        "tram pretrain: --limit text must be a number of at least 1");
    }

    /** A name in a file may be anything. */
    @Test
    void whatIsShownOfAFileCommandsNoTerminal() {
        assertThat(OneLine.of("a\u001b[2J\u009b1m\u202eb\tc \r\n d\u0000"))
                .isEqualTo("a\\u001B[2J\\u009B1m\\u202Eb c d\\u0000");
        assertThat(OneLine.of("x".repeat(10_000))).isEqualTo("x".repeat(8_000) + " …");
        assertThat(tram("vit", "--checkpoint", "\u001b[31m", "--data", "\u001b]0;x\u0007"))
                .isEqualTo(2);
        assertThat(err.toString().strip()).doesNotContainPattern("\\p{Cc}");
    }

    @Test
    void whereBenchCannotWriteIsSaidBeforeItRuns() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "");
        for (Path json : List.of(directory, file.resolve("bench.json"))) {
            assertThat(tram("bench", "--model", "mlp", "--json", json.toString())).isEqualTo(2);
        }
        assertThat(err.toString().lines())
                .hasSize(2)
                .allMatch(line -> line.startsWith("tram bench: --json must be a file in a"));
    }

    @Test
    void benchWritesItsFigures() throws IOException {
        Path json = directory.resolve("new").resolve("bench.json");
        assertThat(
                        tram(
                                "bench",
                                "--model",
                                "mlp",
                                "--methods",
                                "djl-adam,sam",
                                "--rounds",
                                "1",
                                "--steps",
                                "2",
                                "--json",
                                json.toString()))
                .isZero();
        assertThat(Files.readString(json)).contains("\"model\" : \"mlp\"", "\"sam\" : {");
    }
}
