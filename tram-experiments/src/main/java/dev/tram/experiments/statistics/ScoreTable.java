package dev.tram.experiments.statistics;

import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.JsonFile;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/**
 * Figures of methods, such as a table of the paper.
 *
 * @param columns the figures' names; the training domain's first
 * @param rows per method, its figures by name
 */
public record ScoreTable(String name, List<String> columns, Map<String, Map<String, Double>> rows) {

    private static final String METHOD = "method";

    /** What follows a figure's name in that of the half width of its 95 % interval. */
    static final String CI95 = "_ci95";

    private static final CSVFormat FORMAT =
            CSVFormat.RFC4180.builder().setHeader().setSkipHeaderRecord(true).get();

    /**
     * Reads a table from comma-separated values: a line per method, its name first.
     *
     * @return the table, named as the file without {@code .csv}
     * @throws IllegalArgumentException if it is no such table, where the message names the line, or
     *     too large
     */
    public static ScoreTable read(Path file) throws IOException {
        try (Reader reader = Files.newBufferedReader(JsonFile.require(file))) {
            return parse(file.getFileName().toString().replaceFirst("\\.csv$", ""), reader);
        }
    }

    /**
     * Reads a table from comma-separated values.
     *
     * @param reader the values; not closed
     * @throws IllegalArgumentException if they are not such a table; the message names the line
     */
    public static ScoreTable parse(String name, Reader reader) throws IOException {
        CSVParser parser = FORMAT.parse(reader);
        List<String> header = parser.getHeaderNames();
        if (header.size() < 2 || !header.get(0).equals(METHOD)) {
            throw Arguments.rejected(
                    "the first line of " + name, METHOD + " and names of figures", header);
        }
        List<String> columns = List.copyOf(header.subList(1, header.size()));
        Map<String, Map<String, Double>> rows = new LinkedHashMap<>();
        for (CSVRecord record : parser) {
            rows.put(record.get(0), row(name, columns, record));
        }
        return new ScoreTable(name, columns, rows);
    }

    private static Map<String, Double> row(String name, List<String> columns, CSVRecord record) {
        String line = "line " + (record.getRecordNumber() + 1) + " of " + name;
        if (!record.isConsistent()) {
            throw Arguments.rejected(line, columns.size() + 1 + " values", record.size());
        }
        Map<String, Double> row = new LinkedHashMap<>();
        for (String column : columns) {
            try {
                row.put(column, Double.valueOf(record.get(column)));
            } catch (NumberFormatException e) {
                throw Arguments.rejected(line, "a number for " + column, record.get(column));
            }
        }
        return row;
    }

    /** Returns a figure, NaN if the table lacks it. */
    public double value(String method, String column) {
        return rows.getOrDefault(method, Map.of()).getOrDefault(column, Double.NaN);
    }

    /** Returns the half width of a figure's 95 % interval, NaN if the table lacks it. */
    public double ci95(String method, String column) {
        return value(method, column + CI95);
    }

    /** Returns a figure of all methods. */
    public double[] column(String column) {
        return rows.keySet().stream().mapToDouble(method -> value(method, column)).toArray();
    }

    /** Returns a part of the table. */
    public ScoreTable methods(Predicate<String> isKept) {
        Map<String, Map<String, Double>> kept = new LinkedHashMap<>(rows);
        kept.keySet().removeIf(isKept.negate());
        return new ScoreTable(name, columns, kept);
    }
}
