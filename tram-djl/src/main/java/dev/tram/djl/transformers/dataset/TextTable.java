package dev.tram.djl.transformers.dataset;

import dev.tram.core.internal.Arguments;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/** Reads tables of separated values, row by row, under a row of names. */
final class TextTable {

    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private final Path file;
    private final List<String> names;

    private TextTable(Path file, CSVRecord names) {
        this.file = file;
        this.names = names.toList();
    }

    static List<LabeledText> read(
            Path file, String textColumn, String pairColumn, String labelColumn, boolean labeled)
            throws IOException {
        try (BufferedReader reader = Files.newBufferedReader(file);
                CSVParser rows = format(file).parse(skipMark(reader))) {
            return read(file, rows, textColumn, pairColumn, labelColumn, labeled);
        } catch (MalformedInputException e) {
            throw new IllegalArgumentException(file + " must be UTF-8, received: other bytes", e);
        } catch (UncheckedIOException e) {
            // What the iterator finds wrong: a quote that never ends, or text behind one.
            throw new IllegalArgumentException(
                    file + " is not a table of separated values: " + e.getCause().getMessage(), e);
        }
    }

    private static CSVFormat format(Path file) {
        CSVFormat.Builder builder = CSVFormat.RFC4180.builder().setIgnoreEmptyLines(true);
        return file.toString().endsWith(".tsv")
                ? builder.setDelimiter('\t').setQuote(null).get()
                : builder.get();
    }

    private static BufferedReader skipMark(BufferedReader reader) throws IOException {
        reader.mark(1);
        if (reader.read() != BYTE_ORDER_MARK) {
            reader.reset();
        }
        return reader;
    }

    private static List<LabeledText> read(
            Path file,
            CSVParser rows,
            String textColumn,
            String pairColumn,
            String labelColumn,
            boolean labeled) {
        TextTable table = null;
        List<LabeledText> examples = new ArrayList<>();
        for (CSVRecord row : rows) {
            if (table == null) {
                table = new TextTable(file, row);
                continue;
            }
            String pair = pairColumn == null ? null : table.cell(row, pairColumn);
            String label = table.cell(row, labelColumn);
            if (labeled && label.isBlank()) {
                throw table.rejected(row, "have a class in column " + labelColumn, "none");
            }
            examples.add(new LabeledText(table.cell(row, textColumn), pair, label));
        }
        if (examples.isEmpty()) {
            throw Arguments.rejected(file.toString(), "rows under a row of names", "no row");
        }
        return examples;
    }

    private String cell(CSVRecord row, String column) {
        int index = names.indexOf(column);
        if (index < 0 || names.lastIndexOf(column) != index) {
            throw Arguments.rejected(
                    "the column of " + file, "one of " + names + " that is there once", column);
        }
        if (row.size() != names.size()) {
            throw rejected(row, "have " + names.size() + " cells", row.size());
        }
        return row.get(index);
    }

    private IllegalArgumentException rejected(CSVRecord row, String expected, Object received) {
        return new IllegalArgumentException(
                "row %d of %s must %s, received: %s"
                        .formatted(row.getRecordNumber(), file, expected, received));
    }
}
