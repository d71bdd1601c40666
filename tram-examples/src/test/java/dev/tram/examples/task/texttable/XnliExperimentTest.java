package dev.tram.examples.task.texttable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tram.djl.transformers.tokenizer.SpecialToken;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import dev.tram.examples.diagnostics.CkaDiagnosis;
import dev.tram.examples.diagnostics.Diagnosis;
import dev.tram.examples.diagnostics.Outcome;
import dev.tram.examples.diagnostics.RunDirectory;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.Json;
import dev.tram.examples.experiment.MethodSettings;
import dev.tram.examples.experiment.Metrics;
import dev.tram.examples.experiment.ModelCache;
import dev.tram.examples.experiment.Progress;
import dev.tram.examples.experiment.Protocol;
import dev.tram.examples.experiment.Results;
import dev.tram.examples.experiment.RunKey;
import dev.tram.examples.experiment.StepRecord;
import dev.tram.examples.statistics.PaperTables;
import dev.tram.examples.statistics.Significance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pretraining and fine-tuning on the declaration, cut short. */
class XnliExperimentTest {

    @TempDir private Path directory;

    private Path pretrained(int steps) throws IOException {
        ModelCache cache = new ModelCache(directory.resolve("cache"));
        try (DeclarationPretraining pretraining = new DeclarationPretraining("cpu", steps);
                Progress progress = silent(steps)) {
            return pretraining.model(cache, progress);
        }
    }

    private static Progress silent(int steps) {
        PrintStream nowhere =
                new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
        return Progress.on(nowhere, "pretraining", steps);
    }

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    private ExperimentDirectory run(String target) throws IOException {
        ExperimentDirectory files = new ExperimentDirectory(directory.resolve(target));
        try (PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
            new TextExperiment(config(target), files, "tram xnli")
                    .run(
                            new DeclarationPairs(),
                            new Encoder(pretrained(2), false, 32),
                            TextMeasures.Layout.TRANSFER,
                            new ModelCache(directory.resolve("cache")),
                            out);
        }
        return files;
    }

    /** English first, then the 14 other languages, then their mean. */
    @Test
    void itsModelsCanBeDiagnosed() throws Exception {
        ExperimentDirectory files = run("declaration");
        ModelCache cache = new ModelCache(directory.resolve("cache"));
        Diagnosis diagnosis =
                new Diagnosis((run, out) -> TextSubject.openXnli(run, cache, out), null, 1, 8, 8);
        printed.reset();
        try (PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
            List<RunDirectory> targets = RunDirectory.open("--run", files.root());
            new CkaDiagnosis(diagnosis).run(targets, new Outcome(files.report(), out), out);
        }
        Map<String, Double> found =
                Json.MAPPER
                        .readValue(files.root().resolve("cka.json").toFile(), Results.class)
                        .methods()
                        .get("tram-previous")
                        .mean();
        assertThat(found).hasSize(2 * 16);
        double mean =
                Declaration.LANGUAGES.stream()
                        .filter(language -> !language.equals("en"))
                        .mapToDouble(language -> found.get(language + " CKA"))
                        .average()
                        .orElseThrow();
        assertThat(found.get("ZS avg CKA")).isCloseTo(mean, within(1e-12)).isBetween(0.5, 1.0);
        assertThat(printed.toString(StandardCharsets.UTF_8).lines())
                .anyMatch(line -> line.matches("method +declaration CKA .* ZS avg CKA .*"));
    }

    private static ExperimentConfig config(String target) {
        return new ExperimentConfig(
                "xnli",
                target,
                Map.of(TextExperiment.MAX_TOKENS, "32"),
                "cpu",
                List.of("adam", "tram-previous"),
                1,
                XnliExperiment.DECLARATION,
                Protocol.of(2, 8, 1e-3f),
                MethodSettings.PAPER);
    }

    @Test
    void testsEveryLanguageAsInThePapersTable() throws IOException {
        ExperimentDirectory files = run("declaration");
        Results results = files.readResults(config("declaration"));
        for (Results.MethodResults method : results.methods().values()) {
            double zeroShot =
                    Declaration.LANGUAGES.stream()
                            .filter(language -> !language.equals("en"))
                            .mapToDouble(method.mean()::get)
                            .average()
                            .orElseThrow();
            assertThat(method.mean().get("zs_avg")).isCloseTo(zeroShot, within(1e-9));
        }
        JsonNode table = Json.MAPPER.readTree(files.table("json").toFile());
        List<String> columns = new ArrayList<>(PaperTables.transfer().get(2).columns());
        columns.addAll(List.of("distance", "perturbation_norm"));
        assertThat(table.get("measures").findValuesAsText("name")).isEqualTo(columns);
        assertThat(table.get("rows").findValuesAsText("method"))
                .containsExactly("zero-shot", "adam", "tram-previous");
        assertThat(table.get("rows").get(2).get("p_value").asDouble())
                .isEqualTo(
                        Significance.wilcoxon(
                                accuracies(results, "tram-previous"), accuracies(results, "adam")));
        assertThat(printed.toString(StandardCharsets.UTF_8))
                .contains("declaration, accuracy in %")
                .doesNotContain("±", "paper");
    }

    /** A value per language and seed. */
    private static double[] accuracies(Results results, String method) {
        return results.methods().get(method).runs().stream()
                .flatMapToDouble(
                        run -> Declaration.LANGUAGES.stream().mapToDouble(run.measures()::get))
                .toArray();
    }

    @Test
    void pretrainingLowersTheLossOfMaskedTokens() throws IOException {
        Path model = pretrained(2);
        try (TextTokenizer tokenizer = TextTokenizer.builder().setDirectory(model).build()) {
            assertThat(tokenizer.vocabularySize()).isEqualTo(2000);
            assertThat(tokenizer.id(SpecialToken.MASK)).isPresent();
        }
        assertThat(pretrained(2)).isEqualTo(model);
        try (DeclarationPretraining pretraining = new DeclarationPretraining("cpu", 40);
                Progress progress = silent(40)) {
            Path kept = directory.resolve("kept");
            pretraining.train(kept, progress);
            List<StepRecord> steps =
                    Metrics.read(new ExperimentDirectory(kept).metrics(new RunKey("adam", 0)));
            assertThat(steps.get(39).validation()).isLessThan(steps.get(4).validation() - 0.2);
        }
    }
}
