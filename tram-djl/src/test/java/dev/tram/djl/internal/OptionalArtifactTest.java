package dev.tram.djl.internal;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tram.djl.transformers.dataset.ImageFolderDataset;
import dev.tram.djl.transformers.dataset.LabeledText;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a program learns that lacks an artifact. */
class OptionalArtifactTest {

    private static final Path SOMEWHERE = Path.of("somewhere");

    @ParameterizedTest
    @EnumSource
    void isThereInTests(OptionalArtifact artifact) {
        assertThatCode(() -> artifact.require("a test")).doesNotThrowAnyException();
    }

    /** Loads the library anew, without the jars whose path contains a word. */
    private static ClassLoader without(String word) throws MalformedURLException {
        String classPath =
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path"));
        List<URL> urls = new ArrayList<>();
        for (String entry : classPath.split(File.pathSeparator, -1)) {
            if (!entry.contains(word)) {
                urls.add(new File(entry).toURI().toURL());
            }
        }
        return new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
    }

    private static void assertNamed(String word, Class<?> program, String artifact)
            throws Exception {
        Runnable anew =
                (Runnable)
                        without(word)
                                .loadClass(program.getName())
                                .getDeclaredConstructor()
                                .newInstance();
        assertThatThrownBy(anew::run)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("needs the Maven artifact " + artifact);
    }

    @Test
    void textsNameTheTokenizers() throws Exception {
        assertNamed("tokenizers", Texts.class, "ai.djl.huggingface:tokenizers");
    }

    @Test
    void checkpointsNameJackson() throws Exception {
        assertNamed(
                "jackson-databind",
                Checkpoints.class,
                "com.fasterxml.jackson.core:jackson-databind");
    }

    @Test
    void imagesNameTheMetadataExtractor() throws Exception {
        assertNamed("metadata-extractor", Images.class, "com.drewnoakes:metadata-extractor");
    }

    @Test
    void tablesNameCommonsCsv() throws Exception {
        assertNamed("commons-csv", Tables.class, "org.apache.commons:commons-csv");
    }

    /** Opens a tokenizer. */
    public static final class Texts implements Runnable {

        @Override
        public void run() {
            unchecked(() -> TextTokenizer.builder().setDirectory(SOMEWHERE).build());
        }
    }

    /** Opens a checkpoint. */
    public static final class Checkpoints implements Runnable {

        @Override
        public void run() {
            unchecked(() -> Checkpoint.open(SOMEWHERE));
        }
    }

    /** Opens a folder of images. */
    public static final class Images implements Runnable {

        @Override
        public void run() {
            unchecked(() -> ImageFolderDataset.builder().setFolder(SOMEWHERE).build());
        }
    }

    /** Reads a table. */
    public static final class Tables implements Runnable {

        @Override
        public void run() {
            unchecked(() -> LabeledText.read(SOMEWHERE, "text", "label"));
        }
    }

    private static void unchecked(java.util.concurrent.Callable<?> call) {
        try {
            call.call();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalArgumentException(e);
        }
    }
}
