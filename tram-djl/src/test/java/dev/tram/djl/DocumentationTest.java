package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * All Java in README.md and docs compiles and runs; see {@link SnippetContext} for what it sees.
 */
class DocumentationTest {

    private static final Path ROOT = Path.of("..");
    private static final Pattern BLOCK = Pattern.compile("(?ms)^(##+ [^\n]*)$|^```java\n(.*?)^```");
    private static final Pattern MAIN_CLASS = Pattern.compile("(?m)^public final class (\\w+)");
    private static final String IMPORTS =
            Stream.of(
                            "ai.djl",
                            "ai.djl.engine",
                            "ai.djl.metric",
                            "ai.djl.ndarray",
                            "ai.djl.ndarray.types",
                            "ai.djl.nn",
                            "ai.djl.nn.core",
                            "ai.djl.nn.transformer",
                            "ai.djl.training",
                            "ai.djl.training.dataset",
                            "ai.djl.training.listener",
                            "ai.djl.training.loss",
                            "ai.djl.training.optimizer",
                            "ai.djl.training.tracker",
                            "dev.tram.core",
                            "dev.tram.core.analysis",
                            "dev.tram.djl",
                            "dev.tram.djl.analysis",
                            "java.nio.file",
                            "java.util")
                    .map(name -> "import " + name + ".*;\n")
                    .reduce("", String::concat);

    @TempDir private static Path classes;

    private static List<Snippet> snippets;
    private static URLClassLoader loader;

    /**
     * A piece of code.
     *
     * @param title its page and section
     * @param className the class that it is made into, or is
     * @param source the class's source
     */
    private record Snippet(String title, String className, String source) {

        static Snippet of(Path page, String heading, String code, int number) {
            String title = page.getFileName() + heading;
            Matcher main = MAIN_CLASS.matcher(code);
            if (main.find()) {
                return new Snippet(title, main.group(1), code);
            }
            String name = "Snippet" + number;
            String body = code + SnippetContext.use(code);
            String header =
                    "public final class "
                            + name
                            + " extends SnippetContext {\n"
                            + "public "
                            + name
                            + "() throws Exception {}\n";
            String method = "@Override public void run() throws Exception {\n" + body + "}\n}\n";
            return new Snippet(title, name, IMPORTS + header + method);
        }
    }

    @BeforeAll
    static void compile() throws IOException {
        snippets = new ArrayList<>();
        for (Path page : pages()) {
            Matcher block = BLOCK.matcher(Files.readString(page));
            String heading = "";
            while (block.find()) {
                if (block.group(1) == null) {
                    snippets.add(Snippet.of(page, heading, block.group(2), snippets.size()));
                } else {
                    heading = ": " + block.group(1).replace("#", "").trim();
                }
            }
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        List<String> options =
                List.of(
                        "-d",
                        classes.toString(),
                        "-proc:none",
                        "-cp",
                        System.getProperty(
                                "surefire.test.class.path", System.getProperty("java.class.path")));
        List<JavaFileObject> sources = new ArrayList<>();
        snippets.forEach(snippet -> sources.add(new Source(snippet)));
        boolean compiled = compiler.getTask(messages, null, null, options, null, sources).call();
        assertThat(compiled).as(messages.toString()).isTrue();
        URL[] urls = {classes.toUri().toURL()};
        loader = new URLClassLoader(urls, DocumentationTest.class.getClassLoader());
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
            return Stream.concat(Stream.of(ROOT.resolve("README.md")), docs)
                    .filter(file -> file.toString().endsWith(".md"))
                    .sorted()
                    .toList();
        }
    }

    @AfterAll
    static void close() throws IOException {
        loader.close();
    }

    @TestFactory
    Stream<DynamicTest> runs() {
        return snippets.stream()
                .map(snippet -> DynamicTest.dynamicTest(snippet.title, () -> run(snippet)));
    }

    private static void run(Snippet snippet) throws Exception {
        Class<?> type = loader.loadClass(snippet.className);
        if (SnippetContext.class.isAssignableFrom(type)) {
            try (SnippetContext context =
                    (SnippetContext) type.getDeclaredConstructor().newInstance()) {
                context.run();
            }
        } else {
            type.getMethod("main", String[].class).invoke(null, (Object) new String[0]);
        }
    }

    @Test
    void everySectionOfTheTrainingGuideHasCode() throws IOException {
        String guide = Files.readString(ROOT.resolve("docs").resolve("training-guide.md"));
        List<String> sections = Pattern.compile("(?m)^## ").splitAsStream(guide).skip(1).toList();
        assertThat(sections).hasSizeGreaterThan(13);
        assertThat(sections).allSatisfy(text -> assertThat(text).contains("\n```java\n"));
    }

    @Test
    void everyTaskOfTheGuideHasARecipe() throws IOException {
        String guide = Files.readString(ROOT.resolve("docs").resolve("training-guide.md"));
        int table = guide.indexOf("| task | outputs |");
        String rows = guide.substring(table, guide.indexOf("\n\n", table));
        List<String> recipes =
                snippets.stream()
                        .map(Snippet::title)
                        .filter(title -> title.startsWith("training-guide.md: "))
                        .map(title -> anchor(title.substring("training-guide.md: ".length())))
                        .toList();
        List<String> tasks =
                Pattern.compile("(?m)^\\| \\[[^]]+]\\(#([^)]+)\\)")
                        .matcher(rows)
                        .results()
                        .map(row -> row.group(1))
                        .toList();
        assertThat(tasks).hasSize((int) rows.lines().count() - 2);
        assertThat(recipes).containsAll(tasks);
    }

    /** A heading's address on its page. */
    private static String anchor(String heading) {
        return heading.toLowerCase(Locale.ROOT).replace(",", "").replace(' ', '-');
    }

    private static final class Source extends SimpleJavaFileObject {

        private final String code;

        Source(Snippet snippet) {
            super(URI.create("string:///" + snippet.className + ".java"), Kind.SOURCE);
            code = snippet.source;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return code;
        }
    }
}
