package dev.tram.examples.task.xnli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tram.examples.checkpoint.Shipped;
import dev.tram.examples.task.texttable.TextTask;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ExperimentDirectory;
import dev.tram.experiments.Json;
import dev.tram.experiments.MethodSettings;
import dev.tram.experiments.ModelCache;
import dev.tram.experiments.Protocol;
import dev.tram.experiments.Results;
import dev.tram.experiments.Task;
import dev.tram.experiments.diagnostics.CkaDiagnosis;
import dev.tram.experiments.diagnostics.Diagnosis;
import dev.tram.experiments.diagnostics.Outcome;
import dev.tram.experiments.diagnostics.RunDirectory;
import dev.tram.experiments.report.Comparison;
import dev.tram.experiments.statistics.PaperTables;
import dev.tram.experiments.statistics.Significance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fine-tuning on the declaration, cut short. */
class XnliTaskTest {

    @TempDir private static Path directory;

    private static String comparison;
    private static ExperimentDirectory files;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    @BeforeAll
    static void run() throws IOException {
        String target = "declaration";
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        files = new ExperimentDirectory(directory.resolve(target));
        ModelCache cache = new ModelCache(directory.resolve("cache"));
        Path encoder = Shipped.DECLARATION_ENCODER.directory(cache);
        try (PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
                Task task = XnliTask.open(config(target), encoder, cache, out)) {
            new Comparison(config(target), files, "tram xnli").run(List.of(task), out);
        }
        comparison = printed.toString(StandardCharsets.UTF_8);
    }

    /** English first, then the 14 other languages, then their mean. */
    @Test
    void itsModelsCanBeDiagnosed() throws Exception {
        ModelCache cache = new ModelCache(directory.resolve("cache"));
        Diagnosis diagnosis =
                new Diagnosis(
                        (run, out) -> XnliTask.open(run.config(), run.pretrained(), cache, out),
                        null,
                        1,
                        8,
                        8);
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
                Map.of(TextTask.MAX_TOKENS, "16"),
                "cpu",
                List.of("adam", "tram-previous"),
                1,
                Shipped.DECLARATION_ENCODER.toString(),
                Protocol.of(2, 8, 1e-3f),
                MethodSettings.PAPER);
    }

    @Test
    void testsEveryLanguageAsInThePapersTable() throws IOException {
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
        assertThat(comparison).contains("declaration, accuracy in %").doesNotContain("±", "paper");
    }

    /** A value per language and seed. */
    private static double[] accuracies(Results results, String method) {
        return results.methods().get(method).runs().stream()
                .flatMapToDouble(
                        run -> Declaration.LANGUAGES.stream().mapToDouble(run.measures()::get))
                .toArray();
    }
}
