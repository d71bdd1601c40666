package dev.tram.examples.predict;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.EncoderConfig;
import dev.tram.djl.transformers.model.Gpt2Config;
import dev.tram.djl.transformers.model.ModelConfig;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.model.VitConfig;
import dev.tram.examples.SmallTokenizer;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The programs of docs/transformers.md compile, are short, train tiny checkpoints and save them.
 */
class TransformersPageTest {

    private static final Path PAGE = Path.of("..", "docs", "transformers.md");
    private static final Path DEPLOYMENT = Path.of("..", "docs", "deploy.md");
    private static final Pattern DEPLOYED = Pattern.compile("(?ms)^```java deploy\n(.*?)^```");
    private static final Pattern PROGRAM = Pattern.compile("(?ms)^```java transformers\n(.*?)^```");
    private static final Pattern FRAGMENT =
            Pattern.compile("(?ms)^```java transformers fragment\n(.*?)^```");
    private static final String AROUND =
            """
            import ai.djl.Model;
            import ai.djl.training.*;
            import ai.djl.training.dataset.Dataset;
            import ai.djl.training.listener.*;
            import dev.tram.djl.transformers.evaluation.*;
            import dev.tram.djl.transformers.model.*;
            import java.nio.file.Path;

            abstract class %s {
                void run(DefaultTrainingConfig config, Model model, TransformerModel block,
                        Dataset training, Dataset validation) throws Exception {
                    %s
                }
            }
            """;
    private static final Pattern NAME = Pattern.compile("public final class (\\w+)");

    @TempDir private static Path classes;

    private static final Map<String, String> PROGRAMS = new LinkedHashMap<>();

    @TempDir private Path directory;

    @BeforeAll
    static void compile() throws IOException {
        Matcher program = PROGRAM.matcher(Files.readString(PAGE));
        while (program.find()) {
            Matcher name = NAME.matcher(program.group(1));
            assertThat(name.find()).isTrue();
            PROGRAMS.put(name.group(1), program.group(1));
        }
        List<Path> sources = new ArrayList<>();
        for (Map.Entry<String, String> each : PROGRAMS.entrySet()) {
            Path source = classes.resolve(each.getKey() + ".java");
            sources.add(Files.writeString(source, atHigherRate(each.getValue())));
        }
        Matcher fragment = FRAGMENT.matcher(Files.readString(PAGE));
        while (fragment.find()) {
            String name = "Fragment" + sources.size();
            Path source = classes.resolve(name + ".java");
            sources.add(Files.writeString(source, AROUND.formatted(name, fragment.group(1))));
        }
        Matcher deployed = DEPLOYED.matcher(Files.readString(DEPLOYMENT));
        while (deployed.find()) {
            Path source = classes.resolve("Classify.java");
            sources.add(Files.writeString(source, deployed.group(1)));
        }
        assertThat(sources).hasSize(7);
        String classPath =
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path"));
        List<String> options = List.of("-d", classes.toString(), "-proc:none", "-cp", classPath);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            Iterable<? extends javax.tools.JavaFileObject> units =
                    files.getJavaFileObjects(sources.toArray(Path[]::new));
            assertThat(compiler.getTask(messages, files, null, options, null, units).call())
                    .as(messages.toString())
                    .isTrue();
        }
    }

    /** Random weights are farther from their aim than pretrained ones. */
    private static String atHigherRate(String program) {
        String changed =
                program.replaceFirst("Tracker.fixed\\([25]e-5f\\)", "Tracker.fixed(3e-3f)");
        assertThat(changed).isNotEqualTo(program);
        return changed;
    }

    @BeforeEach
    void seed() {
        Engine.getInstance().setRandomSeed(5);
    }

    @Test
    void theFourProgramsHaveAtMostFortyLines() {
        assertThat(PROGRAMS)
                .containsOnlyKeys(
                        "ClassifyTexts", "ClassifyPairs", "ModelLanguage", "ClassifyImages");
        PROGRAMS.forEach((name, text) -> assertThat(text.lines()).as(name).hasSizeLessThan(41));
    }

    private Path run(String program, Path checkpoint, Path data) throws Exception {
        Path target = directory.resolve("out");
        run(program, checkpoint.toString(), data.toString(), target.toString());
        return target;
    }

    private void run(String program, String... arguments) throws Exception {
        URL[] urls = {classes.toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(urls, getClass().getClassLoader())) {
            loader.loadClass(program)
                    .getMethod("main", String[].class)
                    .invoke(null, (Object) arguments);
        }
    }

    private Path checkpoint(ModelConfig config) throws IOException {
        Path checkpoint = directory.resolve("checkpoint");
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel model = config.newBlock();
            model.initialize(manager);
            model.save(checkpoint);
        }
        return checkpoint;
    }

    private Path encoder() throws IOException {
        Path checkpoint =
                checkpoint(
                        EncoderConfig.of(
                                        "roberta",
                                        SmallTokenizer.SIZE,
                                        60,
                                        32,
                                        1,
                                        2,
                                        List.of("0", "1"))
                                .withInitializerRange(0.2f)
                                .withDropout(0));
        SmallTokenizer.ROBERTA.write(checkpoint);
        return checkpoint;
    }

    @Test
    void texts() throws Exception {
        StringBuilder table = new StringBuilder("label,text,number\r\n");
        for (int i = 0; i < 120; i++) {
            table.append("good,\"a fine, warm day ").append(i).append("\",").append(i).append("\n");
            table.append("bad,a cold and rainy night ")
                    .append(i)
                    .append(",")
                    .append(i)
                    .append("\n");
        }
        Path data = Files.writeString(directory.resolve("table.csv"), table);
        Path trained = run("ClassifyTexts", encoder(), data);
        try (Predictor predictor = Predictor.open(trained, Device.cpu())) {
            assertThat(predictor.text("a fine, warm day 7", null, 1))
                    .extracting(Choice::name)
                    .containsExactly("good");
            assertThat(predictor.text("a cold and rainy night 7", null, 1))
                    .extracting(Choice::name)
                    .containsExactly("bad");
        }
        PrintStream terminal = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            run("Classify", trained.toString(), "a fine, warm day 7", "a cold and rainy night 7");
        } finally {
            System.setOut(terminal);
        }
        assertThat(printed.toString(StandardCharsets.UTF_8).lines())
                .satisfiesExactly(
                        first -> assertThat(first).contains("good"),
                        second -> assertThat(second).contains("bad"));
    }

    /** Whether the second text repeats the first one's animal. */
    @Test
    void pairs() throws Exception {
        StringBuilder table = new StringBuilder("premise\thypothesis\tlabel\n");
        for (int i = 0; i < 150; i++) {
            table.append("it is \"so\"\tyes ").append(i).append("\ttrue\n");
            table.append("it is \"so\"\tnever ").append(i).append("\tfalse\n");
        }
        Path data = Files.writeString(directory.resolve("table.tsv"), table);
        Path trained = run("ClassifyPairs", encoder(), data);
        try (Predictor predictor = Predictor.open(trained, Device.cpu())) {
            assertThat(predictor.text("it is \"so\"", "yes 7", 1))
                    .extracting(Choice::name)
                    .containsExactly("true");
            assertThat(predictor.text("it is \"so\"", "never 7", 1))
                    .extracting(Choice::name)
                    .containsExactly("false");
        }
    }

    @Test
    void language() throws Exception {
        String text = "so said the king to the queen. ".repeat(1000);
        Path checkpoint =
                checkpoint(Gpt2Config.of(SmallTokenizer.SIZE, 64, 32, 1, 2).withDropout(0));
        SmallTokenizer.GPT2.write(checkpoint);
        Path data = Files.writeString(directory.resolve("text.txt"), text);
        Path trained = run("ModelLanguage", checkpoint, data);
        try (Predictor predictor = Predictor.open(trained, Device.cpu())) {
            assertThat(predictor.text("so said the king to the", null, 1))
                    .extracting(Choice::name)
                    .containsExactly(" queen");
        }
    }

    @Test
    void images() throws Exception {
        Path checkpoint = checkpoint(VitConfig.of(16, 8, 16, 1, 2, List.of("a", "b")));
        Files.writeString(
                checkpoint.resolve("preprocessor_config.json"),
                "{\"size\": {\"height\": 16, \"width\": 16}}");
        Path data = directory.resolve("images");
        for (int i = 0; i < 40; i++) {
            draw(data.resolve("blue").resolve(i + ".png"), new Color(i, 2 * i, 200 + i));
            draw(data.resolve("red").resolve(i + ".JPG"), new Color(200 + i, 2 * i, i));
        }
        Path trained = run("ClassifyImages", checkpoint, data);
        assertThat(trained.resolve("preprocessor_config.json")).exists();
        assertThat(Checkpoint.open(trained).preprocessor()).isPresent();
        try (Predictor predictor = Predictor.open(trained, Device.cpu())) {
            BufferedImage red = ImageIO.read(data.resolve("red").resolve("7.JPG").toFile());
            assertThat(predictor.image(red, 1)).extracting(Choice::name).containsExactly("red");
            BufferedImage blue = ImageIO.read(data.resolve("blue").resolve("7.png").toFile());
            assertThat(predictor.image(blue, 1)).extracting(Choice::name).containsExactly("blue");
        }
    }

    private static void draw(Path path, Color color) throws IOException {
        File file = path.toFile();
        Files.createDirectories(Objects.requireNonNull(path.getParent()));
        BufferedImage image = new BufferedImage(20, 12, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setColor(color);
        graphics.fillRect(0, 0, 20, 12);
        graphics.dispose();
        assertThat(ImageIO.write(image, file.getName().endsWith("png") ? "png" : "jpg", file))
                .isTrue();
    }
}
