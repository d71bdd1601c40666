package dev.tram.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTest {

    private static final List<String> METHODS = List.of("adam", "sam");

    private static final ExperimentConfig CONFIG =
            TinyTask.config(METHODS, 3, Protocol.of(5, 4, 0.1f))
                    .with("experiment", "vit")
                    .with("target", "twemoji");

    @TempDir private Path directory;

    /** The keys of results.json that others read. */
    @Test
    void hasTheSchema() throws IOException {
        JsonNode json = Json.MAPPER.readTree(written(results()).toFile());
        assertThat(json.get("experiment").asText()).isEqualTo("vit");
        assertThat(json.get("target").asText()).isEqualTo("twemoji");
        assertThat(json.get("device").asText()).isEqualTo("cpu");
        assertThat(json.get("methods").fieldNames()).toIterable().containsExactly("adam", "sam");
        JsonNode adam = json.get("methods").get("adam");
        assertThat(adam.get("runs")).hasSize(3);
        assertThat(adam.get("runs").get(2).get("seed").asInt()).isEqualTo(2);
        assertThat(adam.get("runs").get(2).get("target").asDouble()).isEqualTo(54);
        assertThat(adam.get("mean").get("target").asDouble()).isEqualTo(52);
        assertThat(adam.get("ci95").get("target").asDouble())
                .isCloseTo(4.303 * 2 / Math.sqrt(3), within(1e-3));
    }

    @Test
    void whatIsMissingIsNull() throws IOException {
        JsonNode json = Json.MAPPER.readTree(written(results()).toFile());
        JsonNode adam = json.get("methods").get("adam");
        assertThat(adam.get("mean").get("distance").isNull()).isTrue();
        JsonNode sam = json.get("methods").get("sam");
        assertThat(sam.get("mean").get("target").asDouble()).isEqualTo(60);
        assertThat(sam.get("ci95").get("target").isNull()).isTrue();
    }

    @Test
    void isReadAsItWasWritten() throws IOException {
        Results results = results();
        Results read = Json.MAPPER.readValue(written(results).toFile(), Results.class);
        assertThat(read.methods().keySet()).containsExactly("adam", "sam");
        assertThat(read.run(new RunKey("adam", 1)).orElseThrow().measures())
                .isEqualTo(results.run(new RunKey("adam", 1)).orElseThrow().measures());
        assertThat(read.run(new RunKey("sam", 1))).isEmpty();
        assertThat(read.methods().get("sam").ci95().get("target")).isNaN();
        assertThat(read.methods().get("sam").mean().get("distance")).isNaN();
        assertThat(Files.readString(written(read))).isEqualTo(Files.readString(written(results)));
    }

    @Test
    void theOrderOfRunsDoesNotMatter() throws IOException {
        Results other =
                Results.none(CONFIG)
                        .with(new RunKey("sam", 0), measures(60), METHODS)
                        .with(new RunKey("adam", 2), measures(54), METHODS)
                        .with(new RunKey("adam", 0), measures(50), METHODS)
                        .with(new RunKey("adam", 1), measures(52), METHODS);
        assertThat(Json.MAPPER.writeValueAsString(other))
                .isEqualTo(Json.MAPPER.writeValueAsString(results()));
    }

    private static Results results() {
        return Results.none(CONFIG)
                .with(new RunKey("adam", 0), measures(50), METHODS)
                .with(new RunKey("sam", 0), measures(60), METHODS)
                .with(new RunKey("adam", 1), measures(52), METHODS)
                .with(new RunKey("adam", 2), measures(54), METHODS);
    }

    private static Map<String, Double> measures(double accuracy) {
        return Map.of("target", accuracy, "distance", Double.NaN);
    }

    private Path written(Results results) throws IOException {
        Path file = directory.resolve("results.json");
        Json.write(file, results);
        return file;
    }
}
