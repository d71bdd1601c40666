package dev.tram.examples.task.texttable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import dev.tram.examples.predict.Choice;
import dev.tram.examples.predict.Predictor;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ExperimentDirectory;
import dev.tram.experiments.Json;
import dev.tram.experiments.MethodSettings;
import dev.tram.experiments.ModelCache;
import dev.tram.experiments.Protocol;
import dev.tram.experiments.Results;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.data.RecordFile;
import dev.tram.experiments.data.Share;
import dev.tram.experiments.data.TextExample;
import dev.tram.experiments.data.Tokens;
import dev.tram.experiments.diagnostics.CkaDiagnosis;
import dev.tram.experiments.diagnostics.Diagnosis;
import dev.tram.experiments.diagnostics.Outcome;
import dev.tram.experiments.diagnostics.RunDirectory;
import dev.tram.experiments.diagnostics.SharpnessDiagnosis;
import dev.tram.experiments.report.Comparison;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.commons.io.output.NullPrintStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A user's table, from the file to the saved model. */
class TextTaskTest {

    private static final List<String> GOOD = List.of("fine", "lovely", "great", "sweet");
    private static final List<String> BAD = List.of("awful", "nasty", "poor", "dire");

    private static final int REVIEWS = 200;

    @TempDir private Path directory;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private Path encoder;

    @BeforeEach
    void writeAnEncoder() throws IOException {
        encoder = directory.resolve("encoder");
        SmallEncoder.write(encoder);
    }

    private static String text(int i) {
        return i + " " + (i % 2 == 0 ? GOOD : BAD).get(i / 2 % 4);
    }

    private static String mood(int i) {
        return i % 2 == 0 ? "good" : "bad";
    }

    /** Reviews of two groups; those of the second are tests alone. */
    private Path reviews() throws IOException {
        StringBuilder table = new StringBuilder("words,mood,place\n");
        for (int i = 0; i < REVIEWS; i++) {
            String place = i % 5 == 0 ? "there" : "here";
            table.append(String.join(",", text(i), mood(i), place)).append('\n');
        }
        return Files.writeString(directory.resolve("reviews.csv"), table.append("broken\n"));
    }

    private ExperimentConfig config(Map<String, String> inputs, String methods, int steps) {
        Map<String, String> all = new HashMap<>(inputs);
        all.put(TextTask.MAX_TOKENS, "16");
        return new ExperimentConfig(
                "text",
                "reviews",
                all,
                "cpu",
                List.of(methods.split(",", -1)),
                1,
                encoder.toString(),
                Protocol.of(steps, 16, 2e-2f),
                MethodSettings.PAPER);
    }

    private ExperimentDirectory run(ExperimentConfig config) throws IOException {
        ExperimentDirectory files = new ExperimentDirectory(directory.resolve("out"));
        ModelCache cache = new ModelCache(directory.resolve("cache"));
        try (PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
                TextTask task = TextTask.open(config, encoder, cache, out)) {
            new Comparison(config, files, "tram text").run(List.of(task), out);
        }
        return files;
    }

    private Map<String, String> inputs() throws IOException {
        return inputs(reviews());
    }

    private static Map<String, String> inputs(Path table) {
        return Map.of(
                "data", table.toString(),
                "text", "words",
                "label", "mood",
                "group", "place",
                "train-groups", "here");
    }

    @Test
    void learnsToTellTheClassesAndSavesAModelThatPredicts() throws IOException {
        ExperimentConfig config = config(inputs(), "adam,tram-x", 60);
        ExperimentDirectory files = run(config);
        Results results = files.readResults(config);
        for (String method : List.of("adam", "tram-x")) {
            Map<String, Double> mean = results.methods().get(method).mean();
            assertThat(mean).containsKeys("test_calibration_error", "unseen_macro_f1", "here");
            assertThat(mean.get("test")).isEqualTo(mean.get("here")).isGreaterThan(80);
            assertThat(mean.get("unseen")).isEqualTo(mean.get("there")).isGreaterThan(80);
        }
        assertThat(results.methods().keySet()).containsExactly("zero-shot", "adam", "tram-x");
        assertThat(Files.readAllLines(files.table("csv")))
                .hasSize(4)
                .first()
                .asString()
                .startsWith("method,test,test_ci95,test_paper,test_macro_f1,")
                .endsWith("p_value");
        assertThat(printed.toString(StandardCharsets.UTF_8))
                .contains("p: against adam, the best baseline, by Wilcoxon's signed-rank test")
                .contains("zero-shot: the model before fine-tuning", "*: the best of its column")
                .doesNotContain("±", "paper")
                .contains("1 malformed rows of 201", "reviews.csv:202: 1 cells, expected 3")
                .contains("40 to test with: there, never trained on")
                .contains("actual \\ predicted");
        List<String> confusion = Files.readAllLines(files.root().resolve("confusion.csv"));
        assertThat(confusion).hasSize(1 + 2 * 2 * 2).contains("group,class,predicted,count");
        assertThat(
                        confusion.stream()
                                .filter(line -> line.startsWith("there,"))
                                .mapToInt(
                                        line ->
                                                Integer.parseInt(
                                                        line.substring(line.lastIndexOf(',') + 1)))
                                .sum())
                .isEqualTo(40);
        assertThat(Files.readString(files.report())).contains("tram text", "actual \\ predicted");
        try (Predictor predictor =
                Predictor.open(files.model(new RunKey("tram-x", 0)), Device.cpu())) {
            int right = 0;
            for (int i = 0; i < REVIEWS; i += 5) {
                String predicted = predictor.text(text(i), null, 1).get(0).name();
                right += predicted.equals(mood(i)) ? 1 : 0;
            }
            assertThat(results.methods().get("tram-x").mean())
                    .containsEntry("there", 100.0 * right / (REVIEWS / 5));
        }
        try (TextTokenizer tokenizer =
                        TextTokenizer.builder()
                                .setDirectory(files.model(new RunKey("tram-x", 0)))
                                .optModelLimit()
                                .build();
                NDManager manager = NDManager.newBaseManager()) {
            assertThat(tokenizer.encode(manager, List.of("x ".repeat(500))).ids().getShape())
                    .isEqualTo(new Shape(1, 16));
        }
    }

    /** Pairs too long for the run's 16 tokens; other batches, so that padding differs. */
    @Test
    void aSavedModelGivesTheProbabilitiesOfItsRun() throws IOException {
        StringBuilder rows = new StringBuilder("words,more,mood\n");
        for (int i = 0; i < REVIEWS; i++) {
            String more = text(i + 1).repeat(1 + i % 7);
            rows.append(String.join(",", text(i).repeat(1 + i % 3), more, mood(i))).append('\n');
        }
        Path table = Files.writeString(directory.resolve("pairs.csv"), rows);
        Map<String, String> inputs =
                Map.of(
                        "data", table.toString(),
                        "text", "words",
                        "pair", "more",
                        "label", "mood");
        ExperimentConfig config = config(inputs, "adam", 30);
        Path saved = run(config).model(new RunKey("adam", 0));
        List<TextExample> tests = new ArrayList<>();
        TextSource source = TextSources.of(inputs, line -> {});
        source.read(
                (part, example) -> {
                    if (part == Share.TEST) {
                        tests.add(example);
                    }
                });
        ModelCache cache = new ModelCache(directory.resolve("cache"));
        try (NDManager manager = NDManager.newBaseManager();
                TextTask task = TextTask.open(config, encoder, cache, NullPrintStream.INSTANCE);
                Predictor predictor = Predictor.open(saved, Device.cpu())) {
            float[][] expected =
                    task.probabilities(
                            Checkpoint.open(saved).load(manager),
                            task.tests().get(0),
                            IntStream.range(0, tests.size()).toArray(),
                            manager);
            assertThat(expected).hasDimensions(tests.size(), 2);
            for (int i = 0; i < expected.length; i++) {
                TextExample pair = tests.get(i);
                for (Choice choice : predictor.text(pair.text(), pair.pair(), 2)) {
                    assertThat(choice.value()).isCloseTo(expected[i][choice.index()], within(1e-6));
                }
            }
        }
    }

    @Test
    void itsModelsCanBeDiagnosed() throws Exception {
        ExperimentDirectory files = run(config(inputs(), "adam", 3));
        ModelCache cache = new ModelCache(directory.resolve("cache"));
        Diagnosis diagnosis =
                new Diagnosis(
                        (run, out) -> TextTask.open(run.config(), run.pretrained(), cache, out),
                        null,
                        1,
                        20,
                        8);
        try (PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
            List<RunDirectory> targets = RunDirectory.open("--run", files.root());
            Outcome outcome = new Outcome(files.report(), out);
            new SharpnessDiagnosis(diagnosis, 1, 1e-3f, 0).run(targets, outcome, out);
            new CkaDiagnosis(diagnosis).run(targets, outcome, out);
        }
        for (String name : List.of("sharpness", "cka")) {
            Path file = files.root().resolve(name + ".json");
            Map<String, Double> found =
                    Json.MAPPER
                            .readValue(file.toFile(), Results.class)
                            .methods()
                            .get("adam")
                            .mean();
            assertThat(found).hasSize(4);
            assertThat(found.keySet())
                    .allMatch(
                            figure -> figure.startsWith("reviews ") || figure.startsWith("there "));
            assertThat(found.get(name.equals("cka") ? "there CKA" : "there sharpness"))
                    .isBetween(1e-6, name.equals("cka") ? 1 - 1e-6 : 1e6);
        }
    }

    @Test
    void theTokensAreMadeOnce() throws IOException {
        Path table = reviews();
        TextPreparation preparation =
                new TextPreparation(TextSources.of(inputs(), line -> {}), encoder, 16);
        ModelCache cache = new ModelCache(directory.resolve("cache"));
        try (TextDataset data = preparation.open(cache)) {
            Files.writeString(table, "not read again");
            try (TextDataset again = preparation.open(cache)) {
                assertThat(again.training().size()).isEqualTo(data.training().size());
                assertThat(again.contents().labels()).containsExactly("bad", "good");
                assertThat(again.contents().groups())
                        .containsExactly(
                                new TextDataset.Group("here", true),
                                new TextDataset.Group("there", false));
            }
        }
        assertThatThrownBy(() -> open(inputsWithoutGroups(table)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static Map<String, String> inputsWithoutGroups(Path table) {
        return Map.of("data", table.toString(), "text", "words", "label", "mood");
    }

    /** Classes with zeros before them, and one that has two examples, none of them to train on. */
    @Test
    void everyClassOfATableIsTrained() throws IOException {
        StringBuilder rows = new StringBuilder("words,mood\n");
        for (int i = 0; i < 60; i++) {
            rows.append(text(i)).append(',').append(i % 2 == 0 ? "01" : "1").append('\n');
        }
        IntStream.range(0, 100)
                .mapToObj(i -> "rare " + i)
                .filter(words -> part(words) != Share.TRAINING)
                .limit(2)
                .forEach(words -> rows.append(words).append(",2\n"));
        Path table = Files.writeString(directory.resolve("t.csv"), rows);
        try (TextDataset data = open(inputsWithoutGroups(table))) {
            assertThat(data.contents().labels()).containsExactly("01", "1", "2");
            assertThat(labels(data.training())).containsOnly(0, 1, 2);
            assertThat(labels(data.validation())).containsOnly(0, 1);
            assertThat(data.contents().report())
                    .isEqualTo(
                            "classes too rare to divide, all trained on (with their rows): {2=2}\n"
                                    + "alike, but classes of their own: \"01\" and \"1\"");
        }
    }

    private static Share part(String words) {
        return new TableSource("", null, null, List.of())
                .part(new TextExample(words, null, "", null), Set.of());
    }

    private static List<Integer> labels(RecordFile file) {
        return IntStream.range(0, file.size()).mapToObj(i -> Tokens.read(file, i).label()).toList();
    }

    @Test
    void aClassOfGroupsThatAreNotTrainedOnIsLeftOut() throws IOException {
        String more = "never here,new,there\n".repeat(3) + "0 fine,good,there\n";
        Path table = Files.writeString(reviews(), more, StandardOpenOption.APPEND);
        try (TextDataset data = open(inputs(table))) {
            assertThat(data.contents().labels()).containsExactly("bad", "good");
            assertThat(data.test(data.contents().groups().get(1)).size())
                    .isEqualTo(REVIEWS / 5 + 1);
            assertThat(data.contents().report())
                    .endsWith(
                            "\nclasses that no group to train on has, left out (with their rows):"
                                    + " {new=3}");
        }
    }

    /** Numbers of rows, and a column that is all but one. */
    @Test
    void aColumnWithoutClassesIsNamed() throws IOException {
        StringBuilder rows = new StringBuilder("words,mood\n");
        for (int i = 0; i < 60; i++) {
            rows.append(text(i)).append(',').append(i).append('\n');
        }
        Path table = directory.resolve("t.csv");
        Files.writeString(table, rows);
        assertThatThrownBy(() -> open(inputsWithoutGroups(table)))
                .hasMessage(
                        "--label must be a column of classes, whose values repeat, received: mood,"
                                + " each of whose 60 values occurs once");
        Files.writeString(table, rows.append("more,1\nand more,2\n"));
        assertThatThrownBy(() -> open(inputsWithoutGroups(table)))
                .hasMessageEndingWith("mood, 60 values in 62 rows");
    }

    private TextDataset open(Map<String, String> inputs) throws IOException {
        return new TextPreparation(TextSources.of(inputs, line -> {}), encoder, 16)
                .open(new ModelCache(directory.resolve("cache")));
    }

    /** Of the class that only another group has, nothing is left; there must be two to train on. */
    @Test
    void classesThatCannotBeLearnedAreRefused() throws IOException {
        Path table = directory.resolve("t.csv");
        Map<String, String> inputs =
                Map.of(
                        "data", table.toString(),
                        "text", "a",
                        "label", "b",
                        "group", "c",
                        "train-groups", "x");
        StringBuilder rows = new StringBuilder("a,b,c\n");
        for (int i = 0; i < 60; i++) {
            rows.append("t").append(i).append(",one,x\n");
        }
        Files.writeString(table, rows + "u,two,y\n");
        assertThatThrownBy(() -> run(config(inputs, "adam", 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least two")
                .hasMessageContaining("received: [one]");
        Files.writeString(table, "a,b,c\nu,one,y\n");
        assertThatThrownBy(() -> run(config(inputs, "adam", 1)))
                .hasMessageContaining("among [y]")
                .hasMessageContaining("received: [x]");
        assertThat(directory.resolve("out")).doesNotExist();
    }
}
