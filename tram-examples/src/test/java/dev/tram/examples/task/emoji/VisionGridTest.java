package dev.tram.examples.task.emoji;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.model.VitConfig;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.Grid;
import dev.tram.examples.experiment.MethodSettings;
import dev.tram.examples.experiment.Metrics;
import dev.tram.examples.experiment.MortalProgress;
import dev.tram.examples.experiment.Protocol;
import dev.tram.examples.experiment.Results;
import dev.tram.examples.experiment.RunKey;
import dev.tram.examples.experiment.StepRecord;
import dev.tram.examples.report.Examples;
import dev.tram.examples.report.ReportWriter;
import dev.tram.examples.report.ResultTable;
import dev.tram.examples.report.Section;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole grids of a very small model. */
class VisionGridTest {

    private static final List<String> METHODS = List.of("adam", "tram-previous", "tram-x");
    private static final int STEPS = 6;

    @TempDir private static Path shared;

    private static EmojiImages emoji;
    private static Path pretrained;

    @TempDir private Path directory;

    @BeforeAll
    static void makeAModel() throws IOException {
        emoji = EmojiImages.load();
        pretrained = shared.resolve("pretrained");
        Engine.getInstance().setRandomSeed(1);
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel model =
                    VitConfig.of(Picture.SIZE, 16, 16, 1, 2, emoji.classes()).newBlock();
            model.initialize(manager);
            model.save(pretrained);
        }
    }

    @Test
    void trainsJudgesAndSavesEveryRun() throws IOException {
        for (Target target : Target.values()) {
            ExperimentDirectory files = new ExperimentDirectory(directory).target(target.name());
            Results results = grid(target, files, 0).run(MortalProgress.immortal());
            assertThat(results.methods().keySet()).containsExactlyElementsOf(METHODS);
            for (String method : METHODS) {
                assertThat(results.methods().get(method).runs()).hasSize(2);
                assertThat(results.methods().get(method).mean())
                        .containsOnlyKeys(
                                "target",
                                "source",
                                "noise",
                                "blur",
                                "contrast",
                                "rotation",
                                "shift",
                                "distance",
                                "perturbation_norm");
                List<StepRecord> steps = Metrics.read(files.metrics(new RunKey(method, 1)));
                assertThat(steps).hasSize(STEPS);
                assertThat(steps).allSatisfy(step -> assertThat(step.loss()).isFinite());
                assertThat(steps.get(STEPS - 1).validation()).isBetween(0.0, 100.0);
            }
            Map<String, Double> x = results.methods().get("tram-x").mean();
            assertThat(x.get("distance")).isPositive();
            assertThat(x.get("perturbation_norm")).isPositive();
            assertThat(results.methods().get("adam").mean().get("distance")).isNaN();
        }
    }

    @Test
    void theSavedModelIsTheJudgedOne() throws IOException {
        ExperimentDirectory files = new ExperimentDirectory(directory);
        Results results = grid(Target.TWEMOJI, files, 0).run(MortalProgress.immortal());
        RunKey key = new RunKey("tram-x", 1);
        VisionTask task = VisionTask.of(Target.TWEMOJI, emoji, pretrained);
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel model = Checkpoint.open(files.model(key)).load(manager);
            assertThat(results.run(key).orElseThrow().measures())
                    .containsAllEntriesOf(task.evaluate(model, manager).measures());
        }
        assertThat(files.model(key).resolve("model.safetensors")).isNotEmptyFile();
    }

    /** The pretrained model under its own head is what "source" judges before any training. */
    @Test
    void theSourceIsJudgedUnderTheOldHead() throws IOException {
        try (NDManager manager = NDManager.newBaseManager()) {
            VisionTask same = VisionTask.of(Target.TWEMOJI, emoji, pretrained);
            VisionTask other = VisionTask.of(Target.DIGITS, emoji, pretrained);
            double expected =
                    same.evaluate(same.newModel(manager, 0), manager).measures().get("source");
            TransformerModel model = other.newModel(manager, 0);
            assertThat(((VitConfig) model.config()).labels()).hasSize(10);
            assertThat(other.evaluate(model, manager).measures()).containsEntry("source", expected);
        }
    }

    @Test
    void theSameSeedGivesTheSameBits() throws IOException {
        ExperimentDirectory first = new ExperimentDirectory(directory.resolve("a"));
        ExperimentDirectory second = new ExperimentDirectory(directory.resolve("b"));
        grid(Target.DIGITS, first, 0).run(MortalProgress.immortal());
        grid(Target.DIGITS, second, 0).run(MortalProgress.immortal());
        assertThat(outcome(second)).isEqualTo(outcome(first));
        assertThat(Files.readAllBytes(weights(first, "adam", 0)))
                .isNotEqualTo(Files.readAllBytes(weights(first, "adam", 1)))
                .isNotEqualTo(Files.readAllBytes(weights(first, "tram-x", 0)));
    }

    /** A run that dies at any step, resumed, ends as one that did not, in every file. */
    @Test
    void aResumedGridEndsAsAnUninterruptedOne() throws IOException {
        ExperimentDirectory whole = new ExperimentDirectory(directory.resolve("whole"));
        grid(Target.DIGITS, whole, 2).run(MortalProgress.immortal());
        ExperimentDirectory broken = new ExperimentDirectory(directory.resolve("broken"));
        int total = METHODS.size() * 2 * STEPS;
        int done = 0;
        for (int lifetime : new int[] {1, 4, 9, 3, 2}) {
            MortalProgress progress = new MortalProgress(lifetime);
            assertThatThrownBy(() -> grid(Target.DIGITS, broken, 2).run(progress))
                    .isInstanceOf(MortalProgress.Killed.class);
            done = Math.max(done, progress.skipped());
        }
        assertThat(done).isPositive();
        MortalProgress last = MortalProgress.immortal();
        grid(Target.DIGITS, broken, 2).run(last);
        assertThat(last.steps()).isLessThan(total);
        assertThat(last.steps() + last.skipped()).isEqualTo(total);
        assertThat(outcome(broken)).isEqualTo(outcome(whole));
        assertThat(broken.root().resolve("checkpoints")).doesNotExist();
        for (String method : METHODS) {
            RunKey key = new RunKey(method, 0);
            assertThat(Metrics.read(broken.metrics(key)))
                    .usingRecursiveComparison()
                    .ignoringFields("milliseconds")
                    .withEqualsForType(Double::equals, Double.class)
                    .isEqualTo(Metrics.read(whole.metrics(key)));
        }
    }

    @Test
    void aFinishedGridIsNotRepeated() throws IOException {
        ExperimentDirectory files = new ExperimentDirectory(directory);
        grid(Target.DIGITS, files, 0).run(MortalProgress.immortal());
        Map<String, String> before = outcome(files);
        MortalProgress again = MortalProgress.immortal();
        grid(Target.DIGITS, files, 0).run(again);
        assertThat(again.steps()).isZero();
        assertThat(outcome(files)).isEqualTo(before);
    }

    @Test
    void theReportIsOneFileThatNeedsNothingElse() throws IOException {
        ExperimentDirectory files = new ExperimentDirectory(directory);
        Grid grid = grid(Target.TWEMOJI, files, 0);
        Results results = grid.run(MortalProgress.immortal());
        VisionTask task = VisionTask.of(Target.TWEMOJI, emoji, pretrained);
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel model =
                    Checkpoint.open(files.model(new RunKey("tram-x", 0))).load(manager);
            Section section =
                    Section.of(
                            task,
                            config(Target.TWEMOJI, 0),
                            ResultTable.of(results, grid.measures()),
                            results,
                            files,
                            "Test images",
                            Examples.of(task.predictions(model, manager, 24)));
            ReportWriter.write(files.report(), "tram vit", "tram vit <&>", List.of(section));
        }
        String html = Files.readString(files.report());
        assertThat(html)
                .contains("tram vit &lt;&amp;&gt;")
                .contains("<td class=\"best\">")
                .contains("training loss")
                .contains("distance d")
                .contains("validation accuracy")
                .contains("class=\"wrong\"")
                .doesNotContainPattern("(src|href)=\"(?!data:)")
                .doesNotContain("@import", "<script src", "fetch(", "XMLHttpRequest", "import(");
        assertThat(html.replaceAll("(?s)<script>.*?</script>", ""))
                .doesNotContain("http://", "https://");
        assertThat(html.split("src=\"data:image/png;base64,iVBOR", -1).length - 1).isEqualTo(24);
        assertThat(html.split("<figure class=\"curves\"", -1).length - 1).isEqualTo(4);
    }

    private static Grid grid(Target target, ExperimentDirectory files, int saveEvery)
            throws IOException {
        Files.createDirectories(files.root());
        return new Grid(VisionTask.of(target, emoji, pretrained), config(target, saveEvery), files);
    }

    private static ExperimentConfig config(Target target, int saveEvery) {
        return new ExperimentConfig(
                "vit",
                target.toString(),
                Map.of(),
                "cpu",
                METHODS,
                2,
                "tiny",
                Protocol.of(STEPS, 8, 1e-2f).withSaveEvery(saveEvery),
                MethodSettings.PAPER);
    }

    private static Path weights(ExperimentDirectory files, String method, int seed) {
        return files.model(new RunKey(method, seed)).resolve("model.safetensors");
    }

    /** results.json and all files of models/, by name. */
    private static Map<String, String> outcome(ExperimentDirectory files) throws IOException {
        Map<String, String> outcome = new TreeMap<>();
        outcome.put("results.json", hex(files.results()));
        Path models = files.root().resolve("models");
        try (Stream<Path> all = Files.walk(models)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                outcome.put(models.relativize(file).toString(), hex(file));
            }
        }
        return outcome;
    }

    private static String hex(Path file) throws IOException {
        return HexFormat.of().formatHex(Files.readAllBytes(file));
    }
}
