package dev.tram.examples.report;

import dev.tram.examples.experiment.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.commons.csv.CSVFormat;

/** Writes comma-separated values; what is not finite is left blank. */
public final class CsvFile {

    private CsvFile() {}

    /**
     * Writes a file in one go.
     *
     * @param file the file
     * @param lines the values of each line, the head first
     * @throws IOException if it cannot be written
     */
    public static void write(Path file, List<List<Object>> lines) throws IOException {
        Json.replace(
                file,
                lines.stream()
                        .map(line -> line.stream().map(CsvFile::blankUnlessFinite).toArray())
                        .map(line -> CSVFormat.RFC4180.format(line) + "\n")
                        .collect(Collectors.joining()));
    }

    private static Object blankUnlessFinite(Object value) {
        return value instanceof Double number && !Double.isFinite(number) ? "" : value;
    }
}
