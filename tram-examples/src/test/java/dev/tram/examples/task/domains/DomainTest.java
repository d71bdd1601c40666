package dev.tram.examples.task.domains;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tram.experiments.data.RowSource;
import dev.tram.experiments.data.Share;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DomainTest {

    @TempDir private Path directory;

    private final List<String> reports = new ArrayList<>();

    @Test
    void theBundledTextsAreSplitByDocument() throws IOException {
        List<Integer> sizes = new ArrayList<>();
        for (BundledDomain domain : BundledDomain.ALL) {
            List<String> all = new ArrayList<>();
            for (Share split : Share.values()) {
                List<String> texts = texts(domain, split);
                sizes.add(texts.size());
                all.addAll(texts);
            }
            assertThat(all).doesNotHaveDuplicates();
        }
        assertThat(sizes).containsExactly(72, 9, 9, 58, 7, 7, 57, 7, 7, 109, 13, 13, 0, 0, 60);
        assertThat(texts(BundledDomain.ALL.get(3), Share.TRAINING).get(0))
                .startsWith("Call me Ishmael.");
        assertThat(texts(BundledDomain.ALL.get(4), Share.TEST).get(0))
                .startsWith("Whereas recognition of the inherent dignity");
    }

    @Test
    void aDirectoryHasADomainPerSubdirectory() throws IOException {
        write("math/train.txt", "1 + 1");
        write("math/validation.txt", "2");
        write("math/test.txt", "3");
        write("art/test.txt", "blue");
        write("README.md", "not a domain");
        List<Domain> domains = FolderDomain.all(directory);
        assertThat(domains).extracting(Domain::name).containsExactly("art", "math");
        assertThat(domains).extracting(Domain::isTrainable).containsExactly(false, true);
        assertThat(texts(domains.get(1), Share.VALIDATION)).containsExactly("2\n");
    }

    /** As in the paper's tables, where capital letters make no difference. */
    @Test
    void domainsAreInTheOrderOfTheirLetters() throws IOException {
        for (String name : List.of("stat", "Philosophy", "astro-ph", "q-bio", "Art")) {
            write(name + "/test.txt", "1");
        }
        assertThat(FolderDomain.all(directory))
                .extracting(Domain::name)
                .containsExactly("Art", "astro-ph", "Philosophy", "q-bio", "stat");
    }

    @Test
    void linesThatAreNotUtf8AreLeftOutAndToldOf() throws IOException {
        write("math/test.txt", "\uFEFFfirst\n\n" + "line\n".repeat(197));
        Path file = directory.resolve("math").resolve("test.txt");
        Files.write(file, new byte[] {'a', (byte) 0xE9, '\n'}, StandardOpenOption.APPEND);
        Domain domain = FolderDomain.all(directory).get(0);
        assertThat(texts(domain, Share.TEST)).containsExactly("first\n\n" + "line\n".repeat(197));
        assertThat(reports)
                .containsExactly(
                        "1 malformed rows of 200 are left out: "
                                + file
                                + ":200: column line is not UTF-8");
        Files.write(
                file, new byte[] {'b', (byte) 0xFF, '\n', (byte) 0xC3}, StandardOpenOption.APPEND);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> texts(domain, Share.TEST))
                .withMessageContaining(" rows are malformed (limit 1 %)")
                .withMessageContaining("test.txt:201");
    }

    @Test
    void aTextThatIsCutOffIsNamed() throws IOException {
        Path file = directory.resolve("math").resolve("test.txt.gz");
        write("math/test.txt.gz", "not packed");
        rejectsText("test.txt.gz must be packed by gzip");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write(
                    new Random(1)
                            .doubles(5000)
                            .boxed()
                            .toList()
                            .toString()
                            .getBytes(StandardCharsets.UTF_8));
        }
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length / 2));
        rejectsText("test.txt.gz must be whole");
    }

    private void rejectsText(String message) throws IOException {
        Domain domain = FolderDomain.all(directory).get(0);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> texts(domain, Share.TEST))
                .withMessageContaining(message);
    }

    /** A text of several pieces, compressed by something else, is the same text. */
    @Test
    void piecesOfAFileAreTheFile() throws IOException {
        String text =
                IntStream.range(0, 30_000)
                        .mapToObj(i -> "line " + i + " — é\n")
                        .collect(Collectors.joining());
        write("long/test.txt", text);
        Path compressed = directory.resolve("packed").resolve("test.txt.gz");
        Files.createDirectories(compressed.getParent());
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(compressed))) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        for (Domain domain : FolderDomain.all(directory)) {
            List<String> pieces = texts(domain, Share.TEST);
            assertThat(pieces).hasSizeGreaterThan(5);
            assertThat(String.join("", pieces)).isEqualTo(text);
        }
    }

    /** Each row is a text; a malformed one is told of. */
    @Test
    void aTableHasATextPerRow() throws IOException {
        String rows = "{\"text\": \"one\\nline\", \"id\": 1}\n";
        write("math/test-00000-of-00002.jsonl", rows.repeat(100) + "{\"id\": 2}\n");
        write("math/test-00001-of-00002.jsonl", "{\"text\": \"last\"}\n");
        Domain domain = FolderDomain.all(directory).get(0);
        assertThat(domain.isWhole()).isTrue();
        assertThat(domain.isTrainable()).isFalse();
        List<String> texts = texts(domain, Share.TEST);
        assertThat(texts).hasSize(101).startsWith("one\nline").endsWith("last");
        assertThat(reports)
                .singleElement()
                .asString()
                .contains("1 malformed rows of 102", "jsonl:101: column text is missing");
    }

    @Test
    void readsParquetThatApacheArrowWrote() throws Exception {
        Path file = Path.of(RowSource.class.getResource("text-gzip.parquet").toURI());
        Files.createDirectories(directory.resolve("hub"));
        Files.copy(file, directory.resolve("hub").resolve("test-00000-of-00001.parquet"));
        Domain domain = FolderDomain.all(directory).get(0);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> texts(domain, Share.TEST))
                .withMessageContaining("parquet:5: column text is missing");
    }

    @Test
    void textAndTablesAreNotMixed() throws IOException {
        write("math/test.txt", "3");
        write("math/train.jsonl", "{\"text\": \"1\"}\n");
        rejects(directory, "either text or tables");
    }

    @Test
    void anotherFileIsAnotherIdentity() throws IOException {
        write("math/test.txt", "3");
        String before = FolderDomain.all(directory).get(0).identity();
        assertThat(FolderDomain.all(directory).get(0).identity()).isEqualTo(before);
        Files.setLastModifiedTime(
                directory.resolve("math").resolve("test.txt"), FileTime.fromMillis(1));
        assertThat(FolderDomain.all(directory).get(0).identity()).isNotEqualTo(before);
    }

    @Test
    void aDirectoryWithoutDomainsIsRefused() throws IOException {
        rejects(directory.resolve("absent"), "received: ");
        rejects(directory, "one directory per domain");
        write("math/train.txt", "1");
        rejects(directory, "test.txt");
    }

    private static void rejects(Path root, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> FolderDomain.all(root))
                .withMessageContaining("--data")
                .withMessageContaining(message);
    }

    private List<String> texts(Domain domain, Share split) throws IOException {
        List<String> texts = new ArrayList<>();
        domain.read(split, texts::add, reports::add);
        return texts;
    }

    private void write(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
