package dev.tram.experiments.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.Json;
import dev.tram.experiments.Measure;
import dev.tram.experiments.MethodSettings;
import dev.tram.experiments.Protocol;
import dev.tram.experiments.Results;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.statistics.Transfer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An experiment's correlations between domains: three that fall where the first one rises. */
class TransferReportTest {

    private static final List<String> METHODS =
            List.of("zero-shot", "adam", "sam", "asam", "asam+trpo", "tram-x");

    @TempDir private Path directory;

    private static Results results(int methods) {
        return results(methods, "gpt2", "math", "art");
    }

    private static Results results(int methods, String experiment, String training, String other) {
        Results results =
                Results.none(
                                new ExperimentConfig(
                                        experiment,
                                        training,
                                        Map.of(),
                                        "cpu",
                                        METHODS.subList(1, METHODS.size()),
                                        1,
                                        "bundled",
                                        Protocol.of(5, 4, 0.1f),
                                        MethodSettings.PAPER))
                        .ofDomains(
                                List.of(
                                        Measure.lower(training, training),
                                        Measure.lower(other, "")));
        for (int i = 0; i < methods; i++) {
            Map<String, Double> figures =
                    Map.of(training, 10.0 + i, other, 40.0 - 2 * i, "zs_avg", 40.0 - 2 * i);
            results = results.with(new RunKey(METHODS.get(i), 0), figures, METHODS);
        }
        return results;
    }

    @Test
    void anExperimentsDomainsAreCorrelatedOverItsMethods() throws IOException {
        Transfer transfer = TransferReport.of(results(6)).orElseThrow();
        Transfer.Correlation art = transfer.correlations().get(0);
        assertThat(art.domain()).isEqualTo("art");
        assertThat(art.trend().n()).as("neither zero-shot nor combinations").isEqualTo(4);
        assertThat(art.trend().correlation()).isCloseTo(-1, within(1e-12));
        HtmlPage page = new HtmlPage("tram gpt2", "tram gpt2");
        TransferReport.append(page, transfer);
        assertThat(page.html().toString())
                .contains("<h3>Correlation with math</h3>", "-1.000", "slope -2.000 (dotted)")
                .contains("aria-label=\"art over math\"")
                .contains("paper's ρ");
        TransferReport.writeTables(directory, List.of(transfer));
        assertThat(Files.readAllLines(directory.resolve("scatter.csv")))
                .contains("gpt2-math,art,tram-x,true,15.0,30.0");
        assertThat(directory.resolve("correlations.csv"))
                .content()
                .contains("gpt2-math,math,art,4");
        assertThat(Json.MAPPER.readTree(directory.resolve("statistics.json").toFile())).hasSize(1);
    }

    @Test
    void whatThePaperHasNotIsNoColumn() {
        HtmlPage page = new HtmlPage("tram vit", "tram vit");
        TransferReport.append(
                page, TransferReport.of(results(6, "vit", "target", "noise")).orElseThrow());
        assertThat(page.html().toString()).contains("p &lt; 0.01").doesNotContain("paper's ρ");
    }

    @Test
    void fewMethodsHaveNoCorrelation() {
        assertThat(TransferReport.of(results(5))).isEmpty();
    }

    @Test
    void figuresThatAreNotFiniteHaveNoCorrelation() {
        Map<String, Double> diverged = Map.of("math", 1.0, "art", Double.NaN, "zs_avg", 1.0);
        assertThat(TransferReport.of(results(6).with(new RunKey("sam", 0), diverged, METHODS)))
                .isEmpty();
    }
}
