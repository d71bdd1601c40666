package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.djl.internal.engine.Replica;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What README.md and docs/methods.md say of the methods is what the code says. */
class MethodsPageTest {

    /** What the README shows: a baseline, sharpness, penalties, and the paper's three. */
    private static final List<String> SHOWN =
            List.of(
                    "adam",
                    "sam",
                    "asam",
                    "r3f",
                    "mesa",
                    "tram-previous",
                    "tram-pretrained",
                    "tram-x");

    private static String read(String file) throws IOException {
        return Files.readString(Path.of("..").resolve(file));
    }

    private static String table(String header, List<String> rows) {
        return header + "\n" + String.join("\n", rows) + "\n\n";
    }

    @Test
    void theReadmeListsEight() throws IOException {
        List<String> rows = new ArrayList<>();
        for (String name : SHOWN) {
            Method method = Methods.named(name);
            rows.add(
                    "| `%s` | %s | %d | %d |"
                            .formatted(
                                    name,
                                    method.description(),
                                    method.passes().forward(),
                                    method.passes().backward()));
        }
        String header = "| method | what it is | forward | backward |\n| --- | --- | --- | --- |";
        assertThat(read("README.md")).contains(table(header, rows));
    }

    @Test
    void thePageSaysWhatEachCosts() throws Exception {
        List<String> rows = new ArrayList<>();
        for (String name : Methods.names()) {
            Method method = Methods.named(name);
            rows.add(
                    "| `%s` | %s | %d→ %d← | %d |"
                            .formatted(
                                    name,
                                    method.description(),
                                    method.passes().forward(),
                                    method.passes().backward(),
                                    copies(name)));
        }
        String header = "| method | what it is | passes | copies |\n| --- | --- | --- | --- |";
        assertThat(read("docs/methods.md")).contains(table(header, rows));
    }

    /** How many copies of the weights a method keeps, once all its kinds of steps were taken. */
    private static int copies(String name) throws ReflectiveOperationException {
        try (Training training = new Training(TestModel.MLP, Training.method(name).build())) {
            training.steps(0, 3);
            Replica replica = Training.replicas(training.tram).first();
            Field buffers = Replica.class.getDeclaredField("buffers");
            buffers.setAccessible(true);
            return ((Map<?, ?>) buffers.get(replica)).size();
        }
    }

    static List<String> names() {
        return Methods.names();
    }

    @ParameterizedTest
    @MethodSource("names")
    void aParagraphTellsOfEach(String name) throws IOException {
        assertThat(read("docs/methods.md").lines())
                .filteredOn(line -> line.startsWith("**`") && line.contains("**`" + name + "`**"))
                .hasSize(1);
    }

    @Test
    void allThatCanBeSetByNameIsListed() throws IOException {
        String byName = read("docs/methods.md").split("\n## By name\n", 2)[1].split("\n## ", 2)[0];
        for (HyperParameter key : HyperParameter.values()) {
            assertThat(byName).contains("`" + key + "`");
        }
    }
}
