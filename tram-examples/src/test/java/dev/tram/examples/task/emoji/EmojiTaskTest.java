package dev.tram.examples.task.emoji;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.model.VitConfig;
import dev.tram.experiments.Examples;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ExperimentDirectory;
import dev.tram.experiments.Grid;
import dev.tram.experiments.LabelSettings;
import dev.tram.experiments.MethodSettings;
import dev.tram.experiments.Metrics;
import dev.tram.experiments.Progress;
import dev.tram.experiments.Protocol;
import dev.tram.experiments.Results;
import dev.tram.experiments.Run;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.StepRecord;
import dev.tram.experiments.report.ReportWriter;
import dev.tram.experiments.report.ResultTable;
import dev.tram.experiments.report.Section;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole grids of a very small model, one per target. */
class EmojiTaskTest {

    private static final List<String> METHODS = List.of("adam", "tram-previous", "tram-x");
    private static final int STEPS = 6;

    @TempDir private static Path shared;

    private static final Map<Target, EmojiTask> TASKS = new EnumMap<>(Target.class);
    private static final Map<Target, Results> RESULTS = new EnumMap<>(Target.class);

    @TempDir private Path directory;

    private static EmojiImages emoji;

    @BeforeAll
    static void runGrids() throws IOException {
        emoji = EmojiImages.load();
        Path pretrained = shared.resolve("pretrained");
        Engine.getInstance().setRandomSeed(1);
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel model =
                    VitConfig.of(Picture.SIZE, 16, 16, 1, 2, emoji.classes()).newBlock();
            model.initialize(manager);
            model.save(pretrained);
        }
        for (Target target : Target.values()) {
            TASKS.put(target, EmojiTask.of(target, emoji, pretrained, LabelSettings.ALL));
            Files.createDirectories(files(target).root());
            RESULTS.put(target, grid(target).run(endingAfter(Integer.MAX_VALUE)));
        }
    }

    private static ExperimentDirectory files(Target target) {
        return new ExperimentDirectory(shared).target(target.name());
    }

    private static Grid grid(Target target) {
        return new Grid(TASKS.get(target), config(target), files(target));
    }

    @Test
    void trainsJudgesAndSavesEveryRun() throws IOException {
        for (Target target : Target.values()) {
            Results results = RESULTS.get(target);
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
                                "perturbation_norm",
                                "forward_passes",
                                "backward_passes");
                List<StepRecord> steps = Metrics.read(files(target).metrics(new RunKey(method, 1)));
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
        ExperimentDirectory files = files(Target.TWEMOJI);
        Results results = RESULTS.get(Target.TWEMOJI);
        RunKey key = new RunKey("tram-x", 1);
        EmojiTask task = TASKS.get(Target.TWEMOJI);
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel model = Checkpoint.open(files.model(key)).load(manager);
            assertThat(results.run(key).orElseThrow().measures())
                    .containsAllEntriesOf(task.score(model, manager).measures());
        }
        assertThat(files.model(key).resolve("model.safetensors")).isNotEmptyFile();
    }

    /** The pretrained model under its own head is what "source" judges before any training. */
    @Test
    void theSourceIsJudgedUnderTheOldHead() throws IOException {
        try (NDManager manager = NDManager.newBaseManager()) {
            EmojiTask same = TASKS.get(Target.TWEMOJI);
            EmojiTask other = TASKS.get(Target.DIGITS);
            double expected =
                    same.score(same.newModel(manager, 0), manager).measures().get("source");
            TransformerModel model = other.newModel(manager, 0);
            assertThat(((VitConfig) model.config()).labels()).hasSize(10);
            assertThat(other.score(model, manager).measures()).containsEntry("source", expected);
        }
    }

    @Test
    void theReportIsOneFileThatNeedsNothingElse() throws IOException {
        ExperimentDirectory files = files(Target.TWEMOJI);
        Path report = directory.resolve("report.html");
        Results results = RESULTS.get(Target.TWEMOJI);
        EmojiTask task = TASKS.get(Target.TWEMOJI);
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel model =
                    Checkpoint.open(files.model(new RunKey("tram-x", 0))).load(manager);
            Section section =
                    Section.of(
                            task,
                            config(Target.TWEMOJI),
                            ResultTable.of(results, grid(Target.TWEMOJI).measures()),
                            results,
                            files,
                            "Test images",
                            task.illustrate(model, manager));
            ReportWriter.write(report, "tram vit", "tram vit <&>", List.of(section));
        }
        String html = Files.readString(report);
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

    @Test
    void wrongLabelsAreThoseOfTheSeedAndTestsAreRight() throws IOException {
        EmojiTask clean = TASKS.get(Target.TWEMOJI);
        EmojiTask noisy = noisy();
        for (EmojiTask run : List.of(noisy.ofRun(1, false), noisy.ofRun(1, true))) {
            assertThat(labels(run.training())).isEqualTo(labels(noisy.ofRun(1, false).training()));
            assertThat(labels(run.training())).isNotEqualTo(labels(clean.training()));
            for (int i = 0; i < clean.tests().size(); i++) {
                assertThat(labels(run.tests().get(i).examples()))
                        .isEqualTo(labels(clean.tests().get(i).examples()));
            }
        }
        assertThat(labels(noisy.ofRun(1, false).validation()))
                .isEqualTo(labels(clean.validation()))
                .isNotEqualTo(labels(noisy.ofRun(1, true).validation()));
    }

    /** Killed at any step, also where the best model was judged by wrong labels. */
    @Test
    void aKilledRunGoesOnWithTheSameWrongLabels() throws IOException {
        EmojiTask task = noisy();
        for (String method : List.of("sam", "best-noisy")) {
            RunKey key = new RunKey(method, 1);
            ExperimentConfig config = noisyConfig(method);
            ExperimentDirectory whole = new ExperimentDirectory(directory.resolve("w-" + method));
            new Run(task, config, whole, key, endingAfter(Integer.MAX_VALUE)).execute();
            ExperimentDirectory killed = new ExperimentDirectory(directory.resolve("k-" + method));
            assertThatThrownBy(() -> new Run(task, config, killed, key, endingAfter(5)).execute())
                    .isInstanceOf(UncheckedIOException.class);
            new Run(task, config, killed, key, endingAfter(Integer.MAX_VALUE)).execute();
            assertThat(killed.model(key).resolve("model.safetensors"))
                    .hasSameBinaryContentAs(whole.model(key).resolve("model.safetensors"));
        }
    }

    /** Ends the process, as far as a training can tell, after some steps. */
    private static Progress endingAfter(int lifetime) {
        return new Progress() {

            private int steps;

            @Override
            public void skip(int count) {}

            @Override
            public void step(String label, StepRecord step) {
                steps++;
                if (steps == lifetime) {
                    throw new UncheckedIOException(new IOException("killed"));
                }
            }

            @Override
            public void say(String line) {}

            @Override
            public void close() {}
        };
    }

    private static EmojiTask noisy() {
        EmojiTask clean = TASKS.get(Target.TWEMOJI);
        return EmojiTask.of(
                Target.TWEMOJI,
                emoji,
                clean.pretrained().orElseThrow(),
                LabelSettings.of(noisyConfig("best-noisy").inputs()));
    }

    private static ExperimentConfig noisyConfig(String method) {
        return config(Target.TWEMOJI)
                .with("inputs", Map.of(LabelSettings.NOISE, "0.4", LabelSettings.PER_CLASS, "5"))
                .with("methods", List.of(method))
                .with("save_every", 2);
    }

    private static int[] labels(Examples examples) {
        return IntStream.range(0, examples.size()).map(examples::label).toArray();
    }

    private static ExperimentConfig config(Target target) {
        return new ExperimentConfig(
                "vit",
                target.toString(),
                Map.of(),
                "cpu",
                METHODS,
                2,
                "tiny",
                Protocol.of(STEPS, 8, 1e-2f),
                MethodSettings.PAPER);
    }
}
