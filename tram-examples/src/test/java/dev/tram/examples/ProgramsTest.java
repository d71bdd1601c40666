package dev.tram.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.djl.transformers.model.Checkpoint;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.aggregator.ArgumentsAccessor;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs that a reader meets first. */
class ProgramsTest {

    private static final int A_PAGE = 120;

    private static final String CLASS_PATH =
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));

    @TempDir private Path directory;

    @Test
    void theTrainersFitOnAPage() throws IOException {
        Path sources = Path.of("src", "main", "java", "dev", "tram", "examples");
        try (Stream<Path> files = Files.list(sources)) {
            List<Path> trainers =
                    files.filter(file -> file.getFileName().toString().startsWith("FineTune"))
                            .toList();
            assertThat(trainers).hasSize(3);
            for (Path trainer : trainers) {
                assertThat(Files.readAllLines(trainer)).hasSizeLessThanOrEqualTo(A_PAGE);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "FineTuneImages,            2",
        "FineTuneTexts, --help,     0",
        "FineTuneLanguageModel, -x, 2",
        "FineTuneTexts, pom.xml,    2",
        "FineTuneTexts, pom.xml/a,  2"
    })
    void aTrainerSaysInALineHowItIsCalled(ArgumentsAccessor row) throws Exception {
        List<Object> words = List.of(row.toArray());
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-cp",
                                CLASS_PATH,
                                "dev.tram.examples." + words.get(0)));
        words.subList(1, words.size() - 1).forEach(word -> command.add((String) word));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(printed.lines()).hasSize(1);
        assertThat(printed).startsWith("usage: " + words.get(0) + " DIR, the directory that gets");
        assertThat(process.waitFor()).isEqualTo(row.getInteger(words.size() - 1));
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"FineTuneImages", "FineTuneTexts", "FineTuneLanguageModel"})
    void aTrainerSavesAModel(String name) throws Exception {
        Path target = directory.resolve("model");
        run(getClass().getClassLoader(), "dev.tram.examples." + name, target);
        assertThat(Checkpoint.open(target).config()).isNotNull();
    }

    /** The task of docs/experiments.md is learned. */
    @Test
    void aTaskOfOnesOwnIsAnExperiment() throws Exception {
        Matcher program =
                Pattern.compile("(?ms)^```java task\n(.*?)^```")
                        .matcher(Files.readString(Path.of("..", "docs", "experiments.md")));
        assertThat(program.find()).isTrue();
        Path source = Files.writeString(directory.resolve("Squares.java"), program.group(1));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            List<String> options =
                    List.of("-d", directory.toString(), "-proc:none", "-cp", CLASS_PATH);
            assertThat(
                            compiler.getTask(
                                            null,
                                            files,
                                            null,
                                            options,
                                            null,
                                            files.getJavaFileObjects(source))
                                    .call())
                    .isTrue();
        }
        Path out = directory.resolve("out");
        URL[] urls = {directory.toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(urls, getClass().getClassLoader())) {
            run(loader, "Squares", out);
        }
        assertThat(out.resolve("report.html")).isNotEmptyFile();
        assertThat(Files.readString(out.resolve("table.csv")))
                .contains("adam,100.0", "tram-previous,100.0");
    }

    private static void run(ClassLoader loader, String name, Path target) throws Exception {
        Object arguments = new String[] {target.toString()};
        loader.loadClass(name).getMethod("main", String[].class).invoke(null, arguments);
    }
}
