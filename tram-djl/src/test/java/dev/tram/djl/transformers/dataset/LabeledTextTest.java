package dev.tram.djl.transformers.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabeledTextTest {

    @TempDir private Path directory;

    private Path file(String name, String content) throws IOException {
        return Files.writeString(directory.resolve(name), content);
    }

    @Test
    void readsCommaSeparatedValues() throws IOException {
        Path file =
                file(
                        "a.csv",
                        "\uFEFFlabel,text\r\nham,\"one, \"\"two\"\"\nthree\"\r\n\r\nspam, four \r\n");
        assertThat(LabeledText.read(file, "text", "label"))
                .containsExactly(
                        new LabeledText("one, \"two\"\nthree", null, "ham"),
                        new LabeledText(" four ", null, "spam"));
    }

    @Test
    void aCellMayHoldSeveralLabelsOrNone() throws IOException {
        Path file = file("a.csv", "text,labels\nx,a;b\ny,\n");
        assertThat(LabeledText.readSeveralLabels(file, "text", null, "labels"))
                .containsExactly(new LabeledText("x", null, "a;b"), new LabeledText("y", null, ""));
    }

    @Test
    void aQuoteInTabSeparatedValuesIsACharacter() throws IOException {
        Path file = file("a.tsv", "a\tb\tc\n\"x\t y\t1\n");
        assertThat(LabeledText.read(file, "a", "b", "c"))
                .containsExactly(new LabeledText("\"x", " y", "1"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    'words,label;a,b'       | the column of                       | text
                    'text,text,label;a,b,c' | that is there once                  | text
                    'text,label;a'          | row 2                               | must have 2 cells
                    'text,label;a,b;c, '    | row 3                               | a class in column label
                    'text,label'            | rows under a row of names           | no row
                    'text,label;"a'         | is not a table of separated values     | a.csv
                    """)
    void namesWhatIsWrong(String rows, String first, String second) throws IOException {
        Path file = file("a.csv", rows.replace(';', '\n'));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LabeledText.read(file, "text", "label"))
                .withMessageContaining(file.toString())
                .withMessageContaining(first)
                .withMessageContaining(second);
    }

    @Test
    void otherEncodingsAreRefused() throws IOException {
        Path file = directory.resolve("a.csv");
        Files.write(file, "text,label\nä,b\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LabeledText.read(file, "text", "label"))
                .withMessageContaining("must be UTF-8");
    }
}
