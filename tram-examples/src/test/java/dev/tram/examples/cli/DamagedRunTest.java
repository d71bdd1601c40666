package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The directory of an experiment of which one value is another: a line and 2, never a trace. */
@Timeout(600)
class DamagedRunTest extends CommandTester {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Path RECORDED = Path.of("../docs/results/vit-digits");
    private static final Path RESULTS = RECORDED.resolve("results.json");
    private static final List<String> VALUES = List.of("null", "\"NaN\"", "{}", "[null]", "1e999");

    /** In an array, and in an object of many methods or figures, the others are like the first. */
    private static final int VISITED = 2;

    @ParameterizedTest
    @ValueSource(strings = {"config.json", "results.json", "cka.json"})
    void everyValueMayBeAnother(String name) throws IOException {
        Path whole = copy("whole");
        Path damaged = copy("damaged");
        JsonNode tree = MAPPER.readTree(damaged.resolve(name).toFile());
        List<String> places = new ArrayList<>();
        collect(tree, "", places);
        for (String place : places) {
            for (String value : VALUES) {
                String text = replaced(tree, place, value);
                Files.writeString(damaged.resolve(name), text);
                String what = name + place + " = " + value;
                assertAnswered(what, "compare", whole, damaged, "--out", directory.resolve("page"));
                // Nothing else reads what tram cka found.
                if (!name.equals("cka.json")) {
                    assertAnswered(what, "stats", damaged, "--out", directory.resolve("stats"));
                    assertAnswered(what, "sharpness", "--run", damaged);
                    deleteAll(directory.resolve("stats"));
                }
            }
        }
    }

    /** Its targets may be itself, and files may be pipes that nobody writes to. */
    @DisabledOnOs(OS.WINDOWS)
    @Test
    void directoriesThatLeadNowhereAreAnswered() throws Exception {
        Path damaged = copy("damaged");
        Path results = damaged.resolve("results.json");
        ObjectNode tree = (ObjectNode) MAPPER.readTree(results.toFile());
        for (String target : List.of(",", ".,.", "../damaged,x")) {
            MAPPER.writeValue(results.toFile(), tree.put("target", target));
            assertAnswered(target, "stats", damaged, "--out", directory.resolve("stats"));
            deleteAll(directory.resolve("stats"));
        }
        MAPPER.writeValue(
                results.toFile(),
                tree.put("target", "x").put("experiment", directory + "/escaped"));
        assertAnswered("an absolute name", "stats", damaged, "--out", directory.resolve("stats"));
        assertThat(directory).isDirectoryNotContaining("glob:**escaped*");
        deleteAll(directory.resolve("stats"));
        for (String name : List.of("a.csv", "pretrained.json")) {
            pipe(damaged.resolve(name));
            assertAnswered(name, "stats", damaged, "--out", directory.resolve("stats"));
            deleteAll(directory.resolve("stats"));
            assertAnswered(name, "sharpness", "--run", damaged);
        }
        pipe(directory.resolve("pipe.json"));
        assertAnswered("--config", "vit", "--config", directory.resolve("pipe.json"));
    }

    private static void pipe(Path path) throws Exception {
        Process process = new ProcessBuilder("mkfifo", path.toString()).start();
        assertThat(process.waitFor()).isZero();
    }

    private void assertAnswered(String what, Object... arguments) {
        err.getBuffer().setLength(0);
        int code = tram(arguments);
        assertThat(code).as(what + ": " + err).isIn(0, 2);
        assertThat(err.toString().lines().count()).as(what + ": " + err).isLessThanOrEqualTo(1);
    }

    private Path copy(String name) throws IOException {
        Path copy = Files.createDirectories(directory.resolve(name));
        Files.copy(RECORDED.resolve("config.json"), copy.resolve("config.json"));
        Files.copy(RESULTS, copy.resolve("results.json"));
        Files.copy(RESULTS, copy.resolve("cka.json")); // of the same form
        return copy;
    }

    private static void deleteAll(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            try (var files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static void collect(JsonNode node, String place, List<String> places) {
        places.add(place);
        int visited = 0;
        if (node instanceof ObjectNode object) {
            Set<String> visitedAll = Set.of("", "/methods/adam", "/methods/adam/runs/0");
            for (var entry : object.properties()) {
                if (visited++ < VISITED || visitedAll.contains(place)) {
                    collect(entry.getValue(), place + "/" + entry.getKey(), places);
                }
            }
        } else if (node instanceof ArrayNode && !node.isEmpty()) {
            collect(node.get(0), place + "/0", places);
        }
    }

    private static String replaced(JsonNode tree, String place, String value) throws IOException {
        JsonNode other = value.equals("1e999") ? null : MAPPER.readTree(value);
        if (place.isEmpty()) {
            return value;
        }
        JsonNode copy = tree.deepCopy();
        int last = place.lastIndexOf('/');
        JsonNode parent = copy.at(place.substring(0, last).replace("~", "~0"));
        JsonNode put = other == null ? MAPPER.getNodeFactory().textNode("%HUGE%") : other;
        if (parent instanceof ObjectNode object) {
            object.set(place.substring(last + 1), put);
        } else {
            ((ArrayNode) parent).set(0, put);
        }
        return copy.toString().replace("\"%HUGE%\"", "1e999");
    }
}
