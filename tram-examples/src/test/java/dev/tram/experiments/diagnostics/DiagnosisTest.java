package dev.tram.experiments.diagnostics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tram.core.analysis.EpsilonSharpness;
import dev.tram.djl.analysis.ModelObjective;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.model.VitConfig;
import dev.tram.examples.task.emoji.EmojiImages;
import dev.tram.examples.task.emoji.EmojiTask;
import dev.tram.examples.task.emoji.Picture;
import dev.tram.examples.task.emoji.Target;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ExperimentDirectory;
import dev.tram.experiments.Json;
import dev.tram.experiments.LabelSettings;
import dev.tram.experiments.Measure;
import dev.tram.experiments.MethodSettings;
import dev.tram.experiments.Protocol;
import dev.tram.experiments.Results;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.StartingModel;
import dev.tram.experiments.Task;
import dev.tram.experiments.report.ReportWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Diagnoses of an experiment's models: one is the pretrained model itself, one is another. */
class DiagnosisTest {

    private static final String PAGE =
            "<html><body><h1>tram vit</h1>\n<footer></footer>\n</body>\n</html>\n";
    private static final int EXAMPLES = 24;
    private static final int BATCH = 10;

    @TempDir private static Path shared;

    private static EmojiImages emoji;
    private static Path pretrained;
    private static Path other;

    /** Nothing of them is open. */
    private static final Map<Target, EmojiTask> TASKS = new EnumMap<>(Target.class);

    @TempDir private Path root;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    @BeforeAll
    static void makeModels() throws IOException {
        emoji = EmojiImages.load();
        pretrained = model(shared.resolve("pretrained"), 1);
        other = model(shared.resolve("other"), 2);
    }

    private static Path model(Path directory, int seed) throws IOException {
        Engine.getInstance().setRandomSeed(seed);
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel model =
                    VitConfig.of(Picture.SIZE, 16, 16, 1, 2, emoji.classes()).newBlock();
            model.initialize(manager);
            model.save(directory);
        }
        return directory;
    }

    @BeforeEach
    void writeTheExperiment() throws IOException {
        write(root, 5e-4f);
    }

    /** An experiment of two methods: sam's model is the pretrained one, adam's is another. */
    private static void write(Path directory, float learningRate) throws IOException {
        ExperimentConfig config =
                new ExperimentConfig(
                        "vit",
                        "twemoji",
                        Map.of(),
                        "cpu",
                        List.of("sam", "adam"),
                        1,
                        "noto",
                        Protocol.of(5, 8, learningRate),
                        MethodSettings.PAPER);
        ExperimentDirectory files = new ExperimentDirectory(directory);
        Results results =
                Results.none(config)
                        .judgedBy(List.of(Measure.higher("target", "target")))
                        .with(new RunKey("sam", 0), Map.of("target", 50.0), config.methods())
                        .with(new RunKey("adam", 0), Map.of("target", 40.0), config.methods());
        Files.createDirectories(directory);
        Json.write(files.config(), config);
        Json.write(files.pretrained(), StartingModel.of(pretrained));
        Json.write(files.results(), results);
        Files.writeString(files.report(), PAGE);
        copy(pretrained, files.model(new RunKey("sam", 0)));
        copy(other, files.model(new RunKey("adam", 0)));
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        for (String name : List.of("config.json", "model.safetensors")) {
            Files.copy(from.resolve(name), to.resolve(name));
        }
    }

    private static Task task(RunDirectory run) throws IOException {
        Path model = run.pretrained();
        return TASKS.computeIfAbsent(
                Target.named(run.config().target()),
                target -> EmojiTask.of(target, emoji, model, LabelSettings.ALL));
    }

    private static Diagnosis diagnosis(String... methods) {
        List<String> chosen = methods.length == 0 ? null : List.of(methods);
        return new Diagnosis((run, terminal) -> task(run), chosen, 9, EXAMPLES, BATCH);
    }

    private List<RunDirectory> targets() throws IOException {
        return RunDirectory.open("--run", root);
    }

    private Outcome outcome() {
        return new Outcome(root.resolve("report.html"), out);
    }

    private Results read(String name) throws IOException {
        return Json.MAPPER.readValue(root.resolve(name).toFile(), Results.class);
    }

    private String report() throws IOException {
        return Files.readString(root.resolve("report.html"));
    }

    private static int count(String text, String part) {
        return (text.length() - text.replace(part, "").length()) / part.length();
    }

    private static void assertSelfContained(String html) {
        assertThat(html)
                .doesNotContainPattern("(src|href)=\"(?!data:)")
                .doesNotContain("@import", "<script src", "fetch(", "XMLHttpRequest", "import(");
        assertThat(html.replaceAll("(?s)<script>.*?</script>", ""))
                .doesNotContain("http://", "https://");
    }

    @Test
    void theSharpnessOfEachModelIsThatOfItsObjective() throws Exception {
        new SharpnessDiagnosis(diagnosis(), 3, 1e-2f, 2).run(targets(), outcome(), out);

        Results found = read("sharpness.json");
        assertThat(found.methods().keySet()).containsExactly("sam", "adam");
        assertThat(found.methods().get("sam").mean())
                .containsOnlyKeys(
                        "twemoji sharpness",
                        "twemoji loss",
                        "twemoji λ max",
                        "twemoji λ max residual",
                        "twemoji trace",
                        "source sharpness",
                        "source loss",
                        "source λ max",
                        "source λ max residual",
                        "source trace");
        try (Task task = task(targets().get(0));
                NDManager manager = NDManager.newBaseManager()) {
            TransformerModel model = Checkpoint.open(other).load(manager);
            for (Diagnosis.Sample sample : diagnosis().samples(task)) {
                try (ModelObjective objective =
                        ModelObjective.builder(model, manager, task.loss())
                                .setDataset(sample.data())
                                .build()) {
                    EpsilonSharpness.Sharpness expected =
                            EpsilonSharpness.builder()
                                    .setSteps(3)
                                    .optEpsilon(1e-2f)
                                    .build()
                                    .measure(objective);
                    Map<String, Double> mean = found.methods().get("adam").mean();
                    assertThat(mean.get(sample.name() + " sharpness"))
                            .isEqualTo(expected.value())
                            .isPositive();
                    assertThat(mean.get(sample.name() + " loss")).isEqualTo(expected.loss());
                }
            }
        }
        List<String> csv = Files.readAllLines(root.resolve("sharpness.csv"));
        assertThat(csv).hasSize(1 + 2 * 10).startsWith("method,seed,figure,value");
        assertThat(csv.get(1)).startsWith("sam,0,twemoji sharpness,");
        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .contains("twemoji adam-0: twemoji sharpness ", "ε-sharpness in %", "Report: ");
        assertThat(report()).contains("<h2>Sharpness</h2>");
        assertThat(count(report(), "<figure")).isEqualTo(1);
        assertSelfContained(report());
    }

    @Test
    void theModelItselfIsSimilarToItself() throws Exception {
        new CkaDiagnosis(diagnosis()).run(targets(), outcome(), out);
        Results found = read("cka.json");
        Map<String, Double> same = found.methods().get("sam").mean();
        assertThat(same)
                .containsOnlyKeys(
                        "twemoji CKA",
                        "twemoji CKA, uncentred",
                        "source CKA",
                        "source CKA, uncentred");
        assertThat(same.values()).allSatisfy(value -> assertThat(value).isCloseTo(1, within(1e-6)));
        Map<String, Double> another = found.methods().get("adam").mean();
        assertThat(another.get("twemoji CKA")).isBetween(0.1, 0.95);
        assertThat(another.get("source CKA")).isBetween(0.1, 0.95);
        assertThat(Files.readAllLines(root.resolve("cka.csv"))).hasSize(1 + 2 * 4);
        assertThat(report()).contains("<h2>Similarity to the pretrained model</h2>");
        assertSelfContained(report());
    }

    @Test
    void theSurfaceHasTheLossOfTheModelInItsMiddle() throws Exception {
        byte[] before = Files.readAllBytes(root.resolve("models/sam-0/model.safetensors"));
        new SurfaceDiagnosis(diagnosis(), 1, 5, 3).run(targets(), outcome(), out);

        JsonNode surfaces = Json.MAPPER.readTree(root.resolve("surface.json").toFile());
        assertThat(surfaces.get("domain").asText()).isEqualTo("twemoji");
        try (Task task = task(targets().get(0));
                NDManager manager = NDManager.newBaseManager()) {
            TransformerModel model = Checkpoint.open(pretrained).load(manager);
            try (ModelObjective objective =
                    ModelObjective.builder(model, manager, task.loss())
                            .setDataset(diagnosis().samples(task).get(0).data())
                            .build()) {
                JsonNode line = surfaces.get("line").get("sam-0").get("losses");
                JsonNode plane = surfaces.get("plane").get("sam-0").get("losses");
                assertThat(line.get(2).asDouble()).isEqualTo(objective.loss());
                assertThat(plane.get(1).get(1).asDouble()).isEqualTo(objective.loss());
                // the line is the first direction of the plane
                assertThat(plane.get(0).get(1).asDouble()).isEqualTo(line.get(0).asDouble());
                assertThat(line.get(0).asDouble()).isNotEqualTo(line.get(2).asDouble());
            }
        }
        assertThat(Files.readAllLines(root.resolve("surface.csv"))).hasSize(1 + 2 * (5 + 9));
        assertThat(report()).contains("<h2>Loss surface</h2>");
        assertThat(count(report(), "<figure")).isEqualTo(1 + 2);
        assertSelfContained(report());
        assertThat(Files.readAllBytes(root.resolve("models/sam-0/model.safetensors")))
                .isEqualTo(before);
    }

    @Test
    void aSecondDiagnosisReplacesTheFirstInTheReport() throws Exception {
        new SurfaceDiagnosis(diagnosis(), 1, 2, 2).run(targets(), outcome(), out);
        new CkaDiagnosis(diagnosis()).run(targets(), outcome(), out);
        String first = report();
        assertThat(count(first, "<figure")).isEqualTo(3 + 1);
        new SurfaceDiagnosis(diagnosis("sam"), 1, 2, 2).run(targets(), outcome(), out);
        assertThat(count(report(), "<figure")).isEqualTo(2 + 1);
        assertThat(count(report(), "<h2>Loss surface</h2>")).isEqualTo(1);
        assertThat(report()).startsWith("<html><body><h1>tram vit</h1>").endsWith("</html>\n");
    }

    @Test
    void withoutAReportTheFilesAreWrittenAllTheSame() throws Exception {
        Files.delete(root.resolve("report.html"));
        new CkaDiagnosis(diagnosis("adam")).run(targets(), outcome(), out);
        assertThat(root.resolve("cka.json")).isNotEmptyFile();
        assertThat(root.resolve("report.html")).doesNotExist();
        assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("There is no ");
    }

    @Test
    void onlyModelsThatAreThereAreDiagnosed() throws IOException {
        refuses("asam", "--methods must be of sam, adam, received: asam");
        Files.move(root.resolve("models/adam-0"), root.resolve("models/gone"));
        refuses("adam", "--run must be an experiment with its trained models, received: ");
        assertThat(root.resolve("cka.json")).doesNotExist();
        assertThat(report()).isEqualTo(PAGE);
    }

    /** Only the very model that the runs began with is compared with. */
    @Test
    void anotherPretrainedModelIsRefused() throws IOException {
        ExperimentDirectory files = new ExperimentDirectory(root);
        Json.write(files.pretrained(), new StartingModel(other.toString(), "0".repeat(64)));
        refusesCka("the pretrained model in " + other + " must be the one that the runs began");
        Json.write(files.pretrained(), new StartingModel("/nowhere/at/all", "0".repeat(64)));
        refusesCka("in /nowhere/at/all (--resume makes or fetches it again)");
        Files.delete(files.pretrained());
        refusesCka("an experiment that recorded the model that its runs began with");
        assertThat(root.resolve("cka.json")).doesNotExist();
        assertThat(report()).isEqualTo(PAGE);
    }

    private void refusesCka(String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new CkaDiagnosis(diagnosis()).run(targets(), outcome(), out))
                .withMessageContaining(message);
    }

    /** A resumed experiment writes its report anew. */
    @Test
    void aReportWrittenAnewKeepsTheSections() throws Exception {
        new CkaDiagnosis(diagnosis()).run(targets(), outcome(), out);
        new SurfaceDiagnosis(diagnosis("sam"), 1, 2, 2).run(targets(), outcome(), out);
        ReportWriter.write(root.resolve("report.html"), "anew", "tram vit", List.of());
        String anew = report();
        assertThat(anew)
                .contains("<h1>anew</h1>", "<h2>Loss surface</h2>", "<h2>Similarity to the")
                .doesNotContain("<h1>tram vit</h1>")
                .endsWith("</body>\n</html>\n");
        assertThat(count(anew, "<figure")).isEqualTo(1 + 2);
        ReportWriter.write(root.resolve("report.html"), "anew", "tram vit", List.of());
        assertThat(report()).isEqualTo(anew);
    }

    @Test
    void theModelBeforeTrainingIsNotDiagnosed() throws IOException {
        RunDirectory run = targets().get(0);
        Results judged =
                run.results()
                        .with(
                                new RunKey("zero-shot", 0),
                                Map.of("target", 60.0),
                                List.of("zero-shot", "sam", "adam"));
        Json.write(run.files().results(), judged);
        Diagnosis.Opener counted =
                (opened, terminal) -> {
                    throw new IllegalStateException("opened");
                };
        assertThatThrownBy(
                        () ->
                                new CkaDiagnosis(new Diagnosis(counted, null, 1, EXAMPLES, BATCH))
                                        .run(targets(), outcome(), out))
                .hasMessage("opened");
        refuses("zero-shot", "--methods must be of sam, adam, received: zero-shot");
    }

    /** Nothing is opened, and so nothing pretrained, for what cannot be looked at. */
    private void refuses(String method, String message) {
        Diagnosis.Opener unwanted =
                (run, terminal) -> {
                    throw new AssertionError("opened");
                };
        Diagnosis diagnosis = new Diagnosis(unwanted, List.of(method), 1, EXAMPLES, BATCH);
        for (Look look :
                List.<Look>of(
                        new SharpnessDiagnosis(diagnosis, 1, 1e-5f, 0)::run,
                        new CkaDiagnosis(diagnosis)::run,
                        new SurfaceDiagnosis(diagnosis, 1, 2, 2)::run)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> look.run(targets(), outcome(), out))
                    .withMessageStartingWith(message);
        }
    }

    /** A diagnosis of any kind. */
    @FunctionalInterface
    private interface Look {

        void run(List<RunDirectory> targets, Outcome outcome, PrintStream out) throws Exception;
    }

    @Test
    void digitsHaveNoLossOnTheSource() throws IOException {
        RunDirectory twemoji = targets().get(0);
        RunDirectory digits =
                new RunDirectory(
                        twemoji.files(),
                        twemoji.config().with("target", "digits"),
                        twemoji.results());
        try (Task task = task(digits)) {
            List<Diagnosis.Sample> samples = diagnosis().samples(task);
            assertThat(samples)
                    .extracting(Diagnosis.Sample::name)
                    .containsExactly("digits", "source");
            assertThat(samples).extracting(Diagnosis.Sample::labelled).containsExactly(true, false);
        }
    }

    @Test
    void experimentsStandSideBySide() throws Exception {
        Path second = shared.resolve("second");
        write(second, 1e-3f);
        new CkaDiagnosis(diagnosis("sam")).run(targets(), outcome(), out);
        new SurfaceDiagnosis(diagnosis("sam"), 1, 3, 2).run(targets(), outcome(), out);
        bytes.reset();
        Path page = root.resolve("compare.html");
        new RunComparison(List.of(root, second)).write(page, "tram compare <&>", out);

        String text = bytes.toString(StandardCharsets.UTF_8);
        String label = root.getFileName().toString();
        assertThat(text.lines().toList())
                .anySatisfy(
                        line ->
                                assertThat(columns(line))
                                        .containsExactly("setting", label, "second"))
                .anySatisfy(
                        line ->
                                assertThat(columns(line))
                                        .containsExactly("learning_rate", "5.0E-4", "0.001"))
                .anySatisfy(
                        line ->
                                assertThat(columns(line))
                                        .startsWith("sam", label, "50.0*", "1.00*", "1.00*"))
                .anySatisfy(
                        line ->
                                assertThat(columns(line))
                                        .startsWith("adam", "second", "40.0", "–", "–"));
        String html = Files.readString(page);
        assertThat(html)
                .contains(
                        "<td class=\"best\">50.0</td>",
                        "<td>40.0</td>",
                        "tram compare &lt;&amp;&gt;",
                        "<th>second</th>",
                        "vit, twemoji: target",
                        "loss along a");
        // target, four figures of CKA and a surface
        assertThat(count(html, "<figure")).isEqualTo(1 + 4 + 1);
        assertSelfContained(html);
    }

    private static List<String> columns(String line) {
        return Arrays.stream(line.strip().split("\\s+", -1)).toList();
    }

    @Test
    void theSameExperimentTwiceIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RunComparison(List.of(root, root)))
                .withMessageContaining("RUN must be directories that differ");
    }
}
