package dev.tram.examples.task.imagefolder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import dev.tram.core.analysis.LinearCka;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.PreprocessorConfig;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ExperimentDirectory;
import dev.tram.experiments.Json;
import dev.tram.experiments.MethodSettings;
import dev.tram.experiments.ModelCache;
import dev.tram.experiments.Protocol;
import dev.tram.experiments.Results;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.Task;
import dev.tram.experiments.diagnostics.CkaDiagnosis;
import dev.tram.experiments.diagnostics.Diagnosis;
import dev.tram.experiments.diagnostics.Outcome;
import dev.tram.experiments.diagnostics.RunDirectory;
import dev.tram.experiments.diagnostics.SharpnessDiagnosis;
import dev.tram.experiments.diagnostics.SurfaceDiagnosis;
import dev.tram.experiments.report.Comparison;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Diagnoses of an experiment on images in folders, at another size than the pretrained model's. */
class ImageFolderDiagnosisTest {

    private static final RunKey RUN = new RunKey("adam", 0);
    private static final int SIZE = 24;
    private static final List<Color> COLOURS = List.of(Color.BLUE, Color.RED);

    @TempDir private Path directory;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    private ModelCache cache;
    private Path checkpoint;
    private Path images;

    @BeforeEach
    void makeModelAndImages() throws IOException {
        cache = new ModelCache(directory.resolve("cache"));
        checkpoint = directory.resolve("checkpoint");
        images = directory.resolve("colours");
        TinyVit.save(checkpoint);
        writeImages("train", 4);
        writeImages("test", 2);
    }

    private void writeImages(String split, int count) throws IOException {
        for (Color colour : COLOURS) {
            for (int i = 0; i < count; i++) {
                BufferedImage image = new BufferedImage(30, 30, BufferedImage.TYPE_INT_RGB);
                Graphics2D graphics = image.createGraphics();
                graphics.setColor(colour);
                graphics.fillRect(0, 0, 10 + 5 * i, 20 - 3 * i);
                graphics.dispose();
                Path file = images.resolve(split + "/" + label(colour) + "/" + i + ".png");
                Files.createDirectories(file.getParent());
                ImageIO.write(image, "png", file.toFile());
            }
        }
    }

    private static String label(Color colour) {
        return colour.equals(Color.BLUE) ? "blue" : "red";
    }

    private ExperimentDirectory train() throws IOException {
        ExperimentConfig config =
                new ExperimentConfig(
                        "vit",
                        "colours",
                        Map.of("data", images.toString(), "image-size", "" + SIZE),
                        "cpu",
                        List.of(RUN.method()),
                        1,
                        checkpoint.toString(),
                        Protocol.of(6, 4, 0.01f),
                        MethodSettings.PAPER);
        ExperimentDirectory files = new ExperimentDirectory(directory.resolve("run"));
        try (Task task = ImageFolderTask.open(config, checkpoint, cache, out)) {
            new Comparison(config, files, "tram vit").run(List.of(task), out);
        }
        return files;
    }

    private Diagnosis diagnosis() {
        return new Diagnosis(
                (run, terminal) ->
                        ImageFolderTask.open(run.config(), run.pretrained(), cache, terminal),
                null,
                1,
                100,
                3);
    }

    private static Map<String, Double> figures(Path file) throws IOException {
        return Json.MAPPER
                .readValue(file.toFile(), Results.class)
                .methods()
                .get(RUN.method())
                .mean();
    }

    /** The images of a split as the models see them, those of a class together. */
    private NDArray pixels(NDManager manager, String split, int count) throws IOException {
        NDList prepared = new NDList();
        for (Color colour : COLOURS) {
            for (int i = 0; i < count; i++) {
                Path file = images.resolve(split + "/" + label(colour) + "/" + i + ".png");
                prepared.add(
                        PreprocessorConfig.usual(SIZE)
                                .prepare(manager, ImageIO.read(file.toFile())));
            }
        }
        return NDArrays.concat(prepared);
    }

    private static NDArray labels(NDManager manager, int count) {
        return manager.arange(2 * count).div(count).floor().toType(DataType.INT64, false);
    }

    private double loss(ExperimentDirectory files, String split, int count) throws IOException {
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel model = Checkpoint.open(files.model(RUN)).load(manager);
            NDList logits =
                    model.forward(
                            new ParameterStore(manager, false),
                            new NDList(pixels(manager, split, count)),
                            false);
            return Loss.softmaxCrossEntropyLoss()
                    .evaluate(new NDList(labels(manager, count)), logits)
                    .getFloat();
        }
    }

    @Test
    void modelsAreLookedAtWithTheValidationImages() throws Exception {
        writeImages("validation", 3);
        ExperimentDirectory files = train();
        List<RunDirectory> targets = RunDirectory.open("--run", files.root());
        Outcome report = new Outcome(files.report(), out);

        new SharpnessDiagnosis(diagnosis(), 2, 1e-2f, 0).run(targets, report, out);
        Map<String, Double> sharpness = figures(files.root().resolve("sharpness.json"));
        assertThat(sharpness).containsOnlyKeys("colours sharpness", "colours loss");
        assertThat(sharpness.get("colours sharpness")).isPositive();
        double loss = loss(files, "validation", 3);
        assertThat(sharpness.get("colours loss")).isCloseTo(loss, within(1e-5));

        new CkaDiagnosis(diagnosis()).run(targets, new Outcome(files.report(), out), out);
        Map<String, Double> cka = figures(files.root().resolve("cka.json"));
        try (NDManager manager = NDManager.newBaseManager();
                LinearCka expected = new LinearCka(manager)) {
            NDArray pixels = pixels(manager, "validation", 3);
            List<NDArray> features = new ArrayList<>();
            for (Checkpoint model :
                    List.of(
                            Checkpoint.open(checkpoint).withImageSize(SIZE),
                            Checkpoint.open(files.model(RUN)))) {
                features.add(
                        model.load(manager)
                                .features(
                                        new ParameterStore(manager, false),
                                        new NDList(pixels),
                                        false));
            }
            expected.add(features.get(0), features.get(1));
            assertThat(cka.get("colours CKA"))
                    .isCloseTo(expected.centred(), within(1e-5))
                    .isBetween(0.01, 0.9999);
        }

        new SurfaceDiagnosis(diagnosis(), 1, 3, 2)
                .run(targets, new Outcome(files.report(), out), out);
        List<String> surface = Files.readAllLines(files.root().resolve("surface.csv"));
        assertThat(surface).hasSize(1 + 3 + 4);
        assertThat(surface.get(2)).startsWith("adam-0,line,0.0,0.0,");
        assertThat(Double.parseDouble(surface.get(2).substring(20))).isCloseTo(loss, within(1e-5));
        assertThat(Files.readString(files.report()))
                .contains("<h2>Sharpness</h2>", "<h2>Similarity to the", "<h2>Loss surface</h2>");
    }

    @Test
    void withoutValidationImagesThoseOfTheTestAreTaken() throws Exception {
        ExperimentDirectory files = train();
        new SharpnessDiagnosis(diagnosis(), 1, 1e-2f, 0)
                .run(
                        RunDirectory.open("--run", files.root()),
                        new Outcome(files.report(), out),
                        out);
        assertThat(figures(files.root().resolve("sharpness.json")).get("colours loss"))
                .isCloseTo(loss(files, "test", 2), within(1e-5));
    }
}
