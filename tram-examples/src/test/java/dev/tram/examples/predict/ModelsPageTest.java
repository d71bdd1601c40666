package dev.tram.examples.predict;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program of docs/models.md compiles, trains a checkpoint and saves it. */
class ModelsPageTest {

    private static final Path PAGE = Path.of("..", "docs", "models.md");
    private static final String NAME = "FineTune";

    @TempDir private Path directory;

    @Test
    void theProgramTrainsAndSaves() throws Exception {
        Matcher program =
                Pattern.compile("(?ms)^```java examples\n(.*?)^```")
                        .matcher(Files.readString(PAGE));
        assertThat(program.find()).isTrue();
        Path classes = compiled(program.group(1));
        assertThat(program.find()).as("a further program").isFalse();
        Path target = directory.resolve("out");
        URL[] urls = {classes.toUri().toURL()};
        try (URLClassLoader loader = new URLClassLoader(urls, getClass().getClassLoader())) {
            Object arguments = new String[] {"minilm", target.toString()};
            loader.loadClass(NAME).getMethod("main", String[].class).invoke(null, arguments);
        }
        try (Predictor predictor = Predictor.open(target, Device.cpu())) {
            List<Choice> spam = predictor.text("You have won a prize, claim it now", null, 2);
            List<Choice> ham = predictor.text("Shall we have lunch tomorrow?", null, 2);
            assertThat(spam).extracting(Choice::name).containsExactly("spam", "ham");
            assertThat(ham).extracting(Choice::name).containsExactly("ham", "spam");
        }
    }

    private Path compiled(String code) throws IOException {
        Path classes = Files.createDirectory(directory.resolve("classes"));
        String classPath =
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path"));
        List<String> options = List.of("-d", classes.toString(), "-proc:none", "-cp", classPath);
        StringWriter messages = new StringWriter();
        boolean compiled =
                ToolProvider.getSystemJavaCompiler()
                        .getTask(messages, null, null, options, null, List.of(new Source(code)))
                        .call();
        assertThat(compiled).as(messages.toString()).isTrue();
        return classes;
    }

    private static final class Source extends SimpleJavaFileObject {

        private final String code;

        Source(String code) {
            super(URI.create("string:///" + NAME + ".java"), Kind.SOURCE);
            this.code = code;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return code;
        }
    }
}
