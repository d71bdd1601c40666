package dev.tram.examples.task.domains;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import ai.djl.training.dataset.Batch;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.Gpt2Config;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import dev.tram.examples.SmallTokenizer;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ExperimentDirectory;
import dev.tram.experiments.Json;
import dev.tram.experiments.MethodSettings;
import dev.tram.experiments.ModelCache;
import dev.tram.experiments.Protocol;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.diagnostics.CkaDiagnosis;
import dev.tram.experiments.diagnostics.Diagnosis;
import dev.tram.experiments.diagnostics.Outcome;
import dev.tram.experiments.diagnostics.RunDirectory;
import dev.tram.experiments.diagnostics.SharpnessDiagnosis;
import dev.tram.experiments.report.Comparison;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.io.output.NullPrintStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tram gpt2} as a whole, with a very small model on short texts. */
class DomainsTaskTest {

    @TempDir private static Path shared;

    @TempDir private Path directory;

    /** A very small model with a tokenizer, which stands for the one that comes along. */
    private static Path tiny;

    @BeforeAll
    static void writeAModel() throws IOException {
        tiny = shared.resolve("tiny");
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel model = Gpt2Config.of(SmallTokenizer.SIZE, 16, 16, 1, 2).newBlock();
            model.initialize(manager, 1);
            model.save(tiny);
        }
        SmallTokenizer.GPT2.write(tiny);
    }

    @Test
    void comparesMethodsOnAllDomainsAndRepeatsNothing() throws IOException {
        ExperimentDirectory files = new ExperimentDirectory(directory.resolve("out"));
        ExperimentConfig config = config("math", tiny.toString(), Map.of("block", "8"));
        String printed = run(config, files);
        assertThat(printed).contains("zero-shot", "ZS avg", "p: against adam, the best baseline");
        JsonNode methods = Json.MAPPER.readTree(files.results().toFile()).get("methods");
        assertThat(methods.fieldNames())
                .toIterable()
                .containsExactly("zero-shot", "adam", "tram-x");
        for (String method : List.of("zero-shot", "adam", "tram-x")) {
            JsonNode mean = methods.get(method).get("mean");
            assertThat(mean.get("math").asDouble()).isBetween(1.0, 1000.0);
            assertThat(mean.get("zs_avg").asDouble()).isEqualTo(mean.get("art").asDouble());
        }
        assertThat(methods.get("adam").get("mean").get("math").asDouble())
                .isLessThan(methods.get("zero-shot").get("mean").get("math").asDouble());
        assertThat(Files.readString(files.report())).contains("the best baseline, by Kolmogorov");
        assertThat(Files.readAllLines(files.table("csv")))
                .hasSize(4)
                .first()
                .asString()
                .startsWith("method,math,math_ci95,math_paper,art,")
                .endsWith("p_value");
        JsonNode table = Json.MAPPER.readTree(files.table("json").toFile());
        assertThat(table.get("baseline").asText()).isEqualTo("adam");
        assertThat(table.get("rows").get(2).get("p_value").asDouble()).isBetween(0.0, 1.0);
        JsonNode cell = table.get("rows").get(1).get("cells").get(0);
        assertThat(cell.get("paper").asDouble()).isEqualTo(11.4);
        assertThat(printed).contains("paper");

        String before = Files.readString(files.results());
        assertThat(run(config, files)).contains("2 runs, finished before").doesNotContain("step");
        assertThat(Files.readString(files.results())).isEqualTo(before);
    }

    /** The saved model is a checkpoint with its tokenizer, from which another experiment starts. */
    @Test
    void aFineTunedModelIsACheckpoint() throws IOException {
        ExperimentDirectory files = new ExperimentDirectory(directory.resolve("out"));
        run(config("math", tiny.toString(), Map.of()), files);
        Path model = files.model(new RunKey("adam", 0));
        try (TextTokenizer tokenizer = TextTokenizer.builder().setDirectory(model).build()) {
            assertThat(tokenizer.decode(tokenizer.encode("Sums: 1 + 2.")))
                    .isEqualTo("Sums: 1 + 2.");
        }
        ExperimentDirectory next = new ExperimentDirectory(directory.resolve("next"));
        run(config("math", model.toString(), Map.of()), next);
        assertThat(perplexity(next, "zero-shot")).isEqualTo(perplexity(files, "adam"));
    }

    @Test
    void itsModelsCanBeDiagnosed() throws Exception {
        ExperimentDirectory files = new ExperimentDirectory(directory.resolve("out"));
        run(config("math", tiny.toString(), Map.of()), files);
        Diagnosis diagnosis =
                new Diagnosis(
                        (run, out) ->
                                DomainsTask.open(
                                        run.config(),
                                        run.pretrained(),
                                        new ModelCache(shared),
                                        out),
                        null,
                        1,
                        5,
                        2);
        List<RunDirectory> targets = RunDirectory.open("--run", files.root());
        PrintStream nowhere = NullPrintStream.INSTANCE;
        Outcome outcome = new Outcome(files.report(), nowhere);
        new SharpnessDiagnosis(diagnosis, 1, 1e-3f, 0).run(targets, outcome, nowhere);
        new CkaDiagnosis(diagnosis).run(targets, outcome, nowhere);

        JsonNode sharpness = mean(files, "sharpness.json");
        assertThat(sharpness.get("art sharpness").asDouble()).isPositive();
        JsonNode cka = mean(files, "cka.json");
        assertThat(cka.fieldNames())
                .toIterable()
                .containsExactly(
                        "math CKA", "math CKA, uncentred", "art CKA", "art CKA, uncentred");
        assertThat(cka.get("math CKA").asDouble()).isBetween(0.1, 0.99999);
        try (NDManager manager = NDManager.newBaseManager();
                DomainsTask task =
                        DomainsTask.open(
                                targets.get(0).config(), tiny, new ModelCache(shared), nowhere)) {
            TransformerModel model =
                    Checkpoint.open(files.model(new RunKey("adam", 0))).load(manager);
            double sum = 0;
            int blocks = 0;
            int[] chosen = task.validation().spread(5);
            for (int item : chosen) {
                Batch batch = task.validation().prepare(item).on(manager.newSubManager());
                NDList logits =
                        model.forward(new ParameterStore(manager, false), batch.getData(), false);
                sum += batch.getSize() * task.loss().evaluate(batch.getLabels(), logits).getFloat();
                blocks += batch.getSize();
            }
            assertThat(sharpness.get("math loss").asDouble()).isCloseTo(sum / blocks, within(1e-5));
        }
    }

    private static JsonNode mean(ExperimentDirectory files, String name) throws IOException {
        return Json.MAPPER
                .readTree(files.root().resolve(name).toFile())
                .get("methods")
                .get("adam")
                .get("mean");
    }

    @Test
    void refusesWhatCannotBeTrained() {
        ExperimentDirectory files = new ExperimentDirectory(directory.resolve("out"));
        refuses(config("art", tiny.toString(), Map.of()), files, "one of math, received: art");
        refuses(
                config("math", tiny.toString(), Map.of("block", "17")),
                files,
                "the model's 16 positions, received: 17");
        assertThat(files.root()).doesNotExist();
    }

    private void refuses(ExperimentConfig config, ExperimentDirectory files, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> run(config, files))
                .withMessageContaining(message);
    }

    private static double perplexity(ExperimentDirectory files, String method) throws IOException {
        return Json.MAPPER
                .readTree(files.results().toFile())
                .get("methods")
                .get(method)
                .get("mean")
                .get("math")
                .asDouble();
    }

    private String run(ExperimentConfig config, ExperimentDirectory files) throws IOException {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
            ModelCache cache = new ModelCache(shared);
            try (DomainsTask task =
                    DomainsTask.open(config, Path.of(config.pretrained()), cache, out)) {
                new Comparison(config, files, "tram gpt2").run(List.of(task), out);
            }
        }
        return printed.toString(StandardCharsets.UTF_8);
    }

    private ExperimentConfig config(String target, String checkpoint, Map<String, String> more) {
        Map<String, String> inputs = new TreeMap<>(more);
        inputs.put("data", data().toString());
        inputs.put("test-blocks", "3");
        return new ExperimentConfig(
                "gpt2",
                target,
                inputs,
                "cpu",
                List.of("adam", "tram-x"),
                1,
                checkpoint,
                Protocol.of(3, 2, 1e-2f),
                MethodSettings.PAPER);
    }

    private Path data() {
        Path data = directory.resolve("data");
        try {
            for (String name : List.of("math/train", "math/valid", "math/test", "art/test")) {
                Path file = data.resolve(name + ".txt");
                Files.createDirectories(file.getParent());
                Files.writeString(file, ("The " + name + " of 1 + 2 is 3.\n").repeat(20));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return data;
    }
}
