package dev.tram.experiments.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.Measure;
import dev.tram.experiments.MethodSettings;
import dev.tram.experiments.Protocol;
import dev.tram.experiments.Results;
import dev.tram.experiments.RunKey;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TextTableTest {

    private static final List<String> METHODS = List.of("adam", "tram-x");

    private static final List<Measure> MEASURES =
            List.of(
                    Measure.higher("target", "target"),
                    Measure.lower("perplexity", "perplexity"),
                    new Measure("distance", "d", Measure.Direction.NONE));

    @Test
    void marksTheBestOfEachColumn() {
        String[] lines = TextTable.render(ResultTable.of(results(), MEASURES)).split("\n", -1);
        assertThat(lines[0]).startsWith("method").contains("target", "perplexity", "d");
        assertThat(lines[1]).contains("adam", "51.0 ± 2.5 ", "20.0 ± 0.0*", "–");
        assertThat(lines[2]).contains("tram-x", "61.0 ± 2.5*", "30.0 ± 0.0 ", "0.0012");
        assertThat(lines[1]).hasSameSizeAs(lines[2]).hasSameSizeAs(lines[0]);
    }

    @Test
    void groupsOfSeveralMethodsStandApart() {
        List<String> methods = List.of("zero-shot", "adam", "sam", "trpo", "tram-x");
        Results results = Results.none(config());
        for (String method : methods) {
            results = results.with(new RunKey(method, 0), measures(1, 2, 3), methods);
        }
        assertThat(
                        TextTable.render(ResultTable.of(results, MEASURES))
                                .lines()
                                .map(line -> line.split(" ", 2)[0]))
                .startsWith("method", "zero-shot", "", "adam", "sam", "", "trpo", "tram-x");
    }

    @Test
    void oneSeedHasNoInterval() {
        Results one =
                Results.none(config())
                        .with(new RunKey("adam", 0), measures(50, 20, Double.NaN), METHODS);
        assertThat(TextTable.render(ResultTable.of(one, MEASURES)))
                .contains("50.0*")
                .doesNotContain("±");
    }

    /** The interval of two values is six times their distance. */
    @Test
    void twoSeedsHaveNone() {
        Results two =
                Results.none(config())
                        .with(new RunKey("adam", 0), measures(50, 20, Double.NaN), METHODS)
                        .with(new RunKey("adam", 1), measures(52, 20, Double.NaN), METHODS);
        assertThat(TextTable.render(ResultTable.of(two, MEASURES)))
                .contains("51.0*")
                .doesNotContain("±");
    }

    private static Results results() {
        return Results.none(config())
                .with(new RunKey("adam", 0), measures(50, 20, Double.NaN), METHODS)
                .with(new RunKey("adam", 1), measures(51, 20, Double.NaN), METHODS)
                .with(new RunKey("adam", 2), measures(52, 20, Double.NaN), METHODS)
                .with(new RunKey("tram-x", 0), measures(60, 30, 0.001), METHODS)
                .with(new RunKey("tram-x", 1), measures(61, 30, 0.0014), METHODS)
                .with(new RunKey("tram-x", 2), measures(62, 30, 0.0012), METHODS);
    }

    private static ExperimentConfig config() {
        return new ExperimentConfig(
                "vit",
                "twemoji",
                Map.of(),
                "cpu",
                METHODS,
                2,
                "noto",
                Protocol.of(5, 4, 0.1f),
                MethodSettings.PAPER);
    }

    private static Map<String, Double> measures(double target, double perplexity, double d) {
        return Map.of("target", target, "perplexity", perplexity, "distance", d);
    }
}
