package dev.tram.experiments.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The tables of the resources are written by Python. */
class RowSourceTest {

    private static final List<String> TEXTS =
            List.of(
                    "plain",
                    "a \"quoted\" word, and a comma",
                    "two\nlines",
                    "tab\there",
                    "Grüße, Ωμέγα, 中文, 🙂");

    @TempDir private Path directory;

    private static Path resource(String name) throws URISyntaxException {
        return Path.of(Objects.requireNonNull(RowSourceTest.class.getResource(name)).toURI());
    }

    private Path file(String name, String content) throws IOException {
        return Files.writeString(directory.resolve(name), content);
    }

    private static List<String> lines(List<Row> rows) {
        return rows.stream().map(row -> row.line() + " " + row.values()).toList();
    }

    private static List<Row> rows(Path file) throws IOException {
        List<Row> rows = new ArrayList<>();
        RowCensus census = RowCensus.of(RowSource.of(file), row -> row, rows::add);
        assertThat(census).isEqualTo(new RowCensus(rows.size(), 0, List.of()));
        assertThat(census.report()).isEmpty();
        return rows;
    }

    /** Reads on behind malformed rows, which come as their messages. */
    private static List<String> all(RowFormat format, String content) throws IOException {
        List<String> all = new ArrayList<>();
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        try (RowReader reader = format.open("f", new ByteArrayInputStream(bytes))) {
            boolean more = true;
            while (more) {
                try {
                    Row row = reader.read();
                    more = row != null;
                    if (more) {
                        all.add(row.line() + " " + row.values());
                    }
                } catch (MalformedRowException e) {
                    all.add(e.getMessage());
                }
            }
        }
        return all;
    }

    @ParameterizedTest
    @ValueSource(strings = {"table.csv", "table.jsonl.gz"})
    void readsWhatPythonWrote(String name) throws Exception {
        List<Row> rows = rows(resource(name));
        List<String> texts = new ArrayList<>();
        for (Row row : rows) {
            texts.add(row.text("text"));
            assertThat(row.text("number")).isEqualTo(String.valueOf(rows.indexOf(row) + 1));
            assertThat(row.text("label")).isEqualTo(rows.indexOf(row) % 2 == 0 ? "ham" : "spam");
        }
        assertThat(texts).isEqualTo(TEXTS);
    }

    @Test
    void aQuoteIsALetterInTsv() throws Exception {
        List<Row> rows = rows(resource("table.tsv"));
        assertThat(rows.stream().map(row -> row.values().get("text")))
                .containsExactly(TEXTS.get(0), TEXTS.get(1), TEXTS.get(4));
        assertThat(lines(rows(file("q.tsv", "a\tb\n\"x\t y \n"))))
                .containsExactly("2 {a=\"x, b= y }");
    }

    @Test
    void aRowKnowsWhereItBegins() throws Exception {
        assertThat(rows(resource("table.csv")).stream().map(Row::line))
                .containsExactly(2L, 3L, 4L, 6L, 7L);
        assertThat(lines(rows(file("a.csv", "a,b\r\n\r\n1,\"x\r\n\r\ny\"\r\n2,z"))))
                .containsExactly("3 {a=1, b=x\n\ny}", "6 {a=2, b=z}");
        assertThat(lines(rows(file("a.jsonl", "{\"a\":1}\n\n{\"a\":[true]}\n"))))
                .containsExactly("1 {a=1}", "3 {a=[true]}");
    }

    /** Of 60 tables, most of them random ones with stray quotes. */
    @Test
    void csvHasTheRowsThatPythonReads() throws Exception {
        JsonNode cases = new JsonMapper().readTree(resource("python-csv.json").toFile());
        assertThat(cases).hasSize(60);
        for (JsonNode each : cases) {
            List<String> expected = new ArrayList<>();
            each.get(1).forEach(row -> expected.add(row.textValue()));
            String table = each.get(0).textValue();
            assertThat(all(RowFormat.CSV, "a,b,c\n" + table)).as(table).isEqualTo(expected);
        }
    }

    @Test
    void malformedRowsOfCsvSpoilNoOthers() throws IOException {
        String open = "a,b\n1,\"never closed\n2,x\n3,\"q\" y\n4\n5,6,7\n8,\"o\nk\"\n";
        assertThat(all(RowFormat.CSV, open))
                .containsExactly(
                        "f:2: a quote is not closed at the end of its cell",
                        "3 {a=2, b=x}",
                        "4 {a=3, b=q y}",
                        "f:5: 1 cells, expected 2",
                        "f:6: 3 cells, expected 2",
                        "7 {a=8, b=o\nk}");
        assertThat(all(RowFormat.CSV, "a\n\"x\ny\n"))
                .containsExactly("f:2: a quote is not closed at the end of its cell", "3 {a=y}");
    }

    /** Python takes the lines as one row; they could be rows with an unclosed quote before them. */
    @Test
    void noLineOfACellIsARow() throws IOException {
        String quote = "a quote is not closed at the end of its cell";
        assertThat(all(RowFormat.CSV, "a,b\n\"1\nx,y\n2\" z,3\n4,5\n"))
                .containsExactly(
                        "f:2: " + quote,
                        "f:3: a line of the row that begins in line 2",
                        "f:4: a line of the row that begins in line 2",
                        "5 {a=4, b=5}");
        assertThat(all(RowFormat.CSV, "a\n\"1\n\"\"2\"\" z\" 3\n\n4\n"))
                .containsExactly(
                        "f:2: " + quote, "f:3: a line of the row that begins in line 2", "5 {a=4}");
        assertThat(all(RowFormat.CSV, "a,b\n\"5 inch,x\n\"6\",y\n7,z\n"))
                .as("the second quote begins a cell: the first one is stray")
                .containsExactly("f:2: " + quote, "3 {a=6, b=y}", "4 {a=7, b=z}");
        assertThat(all(RowFormat.CSV, "a,b,c\n\"2\n3,4\" x,5\n"))
                .as("as one row it would lack a cell")
                .containsExactly("f:2: " + quote, "3 {a=3, b=4\" x, c=5}");
    }

    @Test
    void unnamedColumnsArePassedOver() throws IOException {
        assertThat(all(RowFormat.CSV, ",text,,label,, \n0,x,-,y,,\n1,x,-,z\n2,x\n"))
                .containsExactly(
                        "2 {text=x, label=y}", "3 {text=x, label=z}", "f:4: 2 cells, expected 6");
    }

    /** As Python takes 1 and 1.0, and writes what is missing. */
    @Test
    void equalNumbersAreTheSameText() throws Exception {
        List<String> texts = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (String number :
                List.of(
                        "1",
                        "1.0",
                        "1e0",
                        "-0.0",
                        "0.5",
                        "50e-2",
                        "100",
                        "12345678901234567890",
                        "true",
                        "NaN",
                        "Infinity")) {
            Path file = file("n.jsonl", "{\"label\":" + number + "}\n");
            try (RowReader reader = RowSource.of(file).open()) {
                texts.add(reader.read().text("label"));
            } catch (MalformedRowException e) {
                missing.add(e.getMessage());
            }
        }
        assertThat(texts)
                .containsExactly(
                        "1", "1", "1", "0", "0.5", "0.5", "100", "12345678901234567890", "true");
        String name = directory.resolve("n.jsonl").toString();
        assertThat(missing)
                .containsExactly(
                        name + ":1: column label holds NaN",
                        name + ":1: column label holds Infinity");
    }

    @Test
    void malformedRowsOfJsonSpoilNoOthers() throws IOException {
        List<String> all =
                all(RowFormat.JSONL, "{\"a\":1}\n{\"a\":\n[1]\nnull\n{\"a\":1} {}\n{\"a\":2}\n");
        assertThat(all).hasSize(6);
        assertThat(all.get(0)).isEqualTo("1 {a=1}");
        assertThat(all.subList(1, 5))
                .containsExactly(
                        "f:2: no JSON, from column 6 on",
                        "f:3: no JSON object",
                        "f:4: no JSON object",
                        "f:5: no JSON object");
        assertThat(all.get(5)).isEqualTo("6 {a=2}");
    }

    @Test
    void otherEncodingsAreMalformed() throws IOException {
        Path latin =
                Files.write(
                        directory.resolve("l.csv"),
                        "a\nGrüße\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> rows(latin))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("1 of 1 rows is malformed (limit 1 %): ")
                .hasMessageEndingWith(
                        "l.csv:2: column a is not UTF-8. If the file is Latin-1: iconv -f LATIN1"
                                + " -t UTF-8 makes it UTF-8");
    }

    @ParameterizedTest
    @ValueSource(strings = {"u.csv", "u.jsonl", "u.txt"})
    void utf16IsNamed(String name) throws IOException {
        String text = name.endsWith("jsonl") ? "{\"a\": 1}\n" : "a,b\n1,2\n";
        for (Charset utf16 :
                List.of(
                        StandardCharsets.UTF_16,
                        StandardCharsets.UTF_16LE,
                        StandardCharsets.UTF_16BE)) {
            Path file = Files.write(directory.resolve(name), text.repeat(9).getBytes(utf16));
            RowSource source = name.endsWith("txt") ? RowSource.lines(file) : RowSource.of(file);
            assertThatThrownBy(() -> RowCensus.of(source, row -> row, row -> {}))
                    .as(utf16.name())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(file + ":")
                    .hasMessageContaining(" it has characters of code 0, as UTF-16 has")
                    .hasMessageEndingWith(
                            ". If the file is UTF-16: iconv -f UTF-16LE -t UTF-8 makes it UTF-8 (or"
                                    + " UTF-16BE)");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '/',
            value = {
                "s.csv/a;b/semicolons",
                "t.csv/'a\tb'/tabs",
                "s.tsv/a;b/semicolons",
                "b.csv/a|b/bars"
            })
    void otherSeparatorsAreNamed(String name, String names, String separator) throws IOException {
        Path file = file(name, names + "\n1;2\n");
        assertThatThrownBy(() -> rows(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(file + " has " + separator + " between its columns");
    }

    @Test
    void oneInAHundredMayBeMalformed() throws IOException {
        String good =
                IntStream.range(0, 198).mapToObj(i -> i + ",x\n").collect(Collectors.joining());
        Path few = file("few.csv", "a,b\n" + good + "bad\nbad,,\n");
        RowCensus census = RowCensus.of(RowSource.of(few), row -> row, row -> {});
        assertThat(census.rows()).isEqualTo(200);
        assertThat(census.malformed()).isEqualTo(2);
        assertThat(census.report())
                .startsWith("2 malformed rows of 200 are left out: ")
                .contains("few.csv:200: 1 cells", "few.csv:201: 3 cells");
        Path many = file("many.csv", "a,b\n" + good + "bad\nbad\nbad\n");
        assertThatThrownBy(() -> RowCensus.of(RowSource.of(many), row -> row, row -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(" rows are malformed (limit 1 %)")
                .hasMessageContaining("many.csv:202");
    }

    /** A refusal is shorter. */
    @Test
    void twentyMalformedRowsAreNamed() throws IOException {
        String good = "1,x\n".repeat(2970);
        Path many = file("many.csv", "a,b\n" + good + "bad\n".repeat(25));
        RowCensus census = RowCensus.of(RowSource.of(many), row -> row, row -> {});
        assertThat(census.report())
                .startsWith("25 malformed rows of 2995 are left out: ")
                .contains("many.csv:2991: 1 cells")
                .doesNotContain("many.csv:2992")
                .endsWith("; …");
    }

    @ParameterizedTest
    @ValueSource(strings = {"c.csv.gz", "c.tsv.gz", "c.jsonl.gz"})
    void packedFilesThatAreCutOffAreNamed(String name) throws Exception {
        byte[] whole = Files.readAllBytes(resource("table.jsonl.gz"));
        Path cut = Files.write(directory.resolve(name), Arrays.copyOf(whole, whole.length / 2));
        assertThatThrownBy(() -> rows(cut))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(cut + " must be whole, received: ");
        Path plain = file(name, "{}");
        assertThatThrownBy(() -> rows(plain))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(plain + " must be packed by gzip, received: ");
    }

    @Test
    void namesOfColumnsAreText() throws IOException {
        Path file = Files.write(directory.resolve("b.csv"), new byte[] {'a', (byte) 0xFF, '\n'});
        assertThatThrownBy(() -> rows(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the names of the columns are not UTF-8");
    }

    @Test
    void aWrongFileIsLeftEarly() throws IOException {
        Path wrong = file("w.csv", "a,b\n" + "x\n".repeat(50_000));
        assertThatThrownBy(() -> RowCensus.of(RowSource.of(wrong), row -> row, row -> {}))
                .hasMessageContaining("101 of ");
    }

    @Test
    void whatAParserRefusesIsMalformedAndWhatItPassesOverIsNot() throws IOException {
        Path file = file("p.jsonl", "{\"a\":1}\n".repeat(99) + "{\"b\":1}\n");
        List<String> made = new ArrayList<>();
        RowCensus census = RowCensus.of(RowSource.of(file), row -> row.text("a"), made::add);
        assertThat(made).hasSize(99);
        assertThat(census.first()).singleElement().asString().contains("p.jsonl:100", "[b]");
        assertThat(RowCensus.of(RowSource.of(file), row -> null, row -> made.clear()).malformed())
                .isZero();
        assertThat(made).hasSize(99);
    }

    @Test
    void severalFilesFollowEachOther() throws Exception {
        RowSource one = RowSource.of(resource("table.csv"));
        List<Row> rows = new ArrayList<>();
        RowCensus.of(RowSource.concat(List.of(one, one)), row -> row, rows::add);
        assertThat(rows).hasSize(10);
        assertThat(rows.get(5)).isEqualTo(rows.get(0));
    }

    @ParameterizedTest
    @CsvSource({
        "x.xlsx, '.csv, .tsv or .jsonl'",
        "e.csv, an empty file",
        "d.csv, differently named",
    })
    void whatIsNoTableIsRefused(String name, String message) throws IOException {
        Path file = file(name, name.startsWith("d") ? "a,a\n1,2\n" : "");
        assertThatThrownBy(() -> rows(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message)
                .hasMessageContaining("received: ");
    }

    @Test
    void blankAndMissingTextIsMalformed() {
        Row row = new Row("f", 7, Map.of("blank", "  ", "list", List.of()));
        assertThatThrownBy(() -> row.text("blank")).hasMessage("f:7: column blank is blank");
        assertThatThrownBy(() -> row.text("list")).hasMessage("f:7: column list holds no text");
        assertThatThrownBy(() -> row.text("none"))
                .hasMessageContaining("f:7: column none is missing");
    }
}
