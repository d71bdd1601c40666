package dev.tram.djl.transformers.dataset;

import dev.tram.djl.internal.OptionalArtifact;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * A text, or a pair of texts, and its label.
 *
 * @param text the text
 * @param pair the second text, or null
 * @param label the class's name; a number for a regression; where several labels may be right, all
 *     of them separated by semicolons, or an empty text for none
 */
public record LabeledText(String text, String pair, String label) {

    /** Separates several labels. */
    static final String SEPARATOR = ";";

    /** Checks the example. */
    public LabeledText {
        Objects.requireNonNull(text, "text");
        Objects.requireNonNull(label, "label");
    }

    /**
     * Reads a table of texts: comma-separated values as RFC 4180 describes them, or tab-separated
     * ones without quotes if the file's name ends in {@code .tsv}; UTF-8, with the columns' names
     * in the first row.
     *
     * @param file the file
     * @param textColumn the name of the column of texts
     * @param labelColumn the name of the column of classes
     * @return the rows
     * @throws IllegalArgumentException if a column is missing or a row is malformed; the message
     *     names it
     * @throws IllegalStateException if {@code org.apache.commons:commons-csv} is not on the class
     *     path
     * @throws IOException if the file cannot be read
     */
    public static List<LabeledText> read(Path file, String textColumn, String labelColumn)
            throws IOException {
        return read(file, textColumn, null, labelColumn);
    }

    /**
     * Reads a table of pairs of texts.
     *
     * @param file the file, as for {@link #read(Path, String, String)}
     * @param textColumn the name of the column of first texts
     * @param pairColumn the name of the column of second texts, or null for none
     * @param labelColumn the name of the column of classes
     * @return the rows
     * @throws IllegalArgumentException if a column is missing or a row is malformed; the message
     *     names it
     * @throws IllegalStateException if {@code org.apache.commons:commons-csv} is not on the class
     *     path
     * @throws IOException if the file cannot be read
     */
    public static List<LabeledText> read(
            Path file, String textColumn, String pairColumn, String labelColumn)
            throws IOException {
        OptionalArtifact.COMMONS_CSV.require("a table of texts");
        return TextTable.read(file, textColumn, pairColumn, labelColumn, true);
    }

    /**
     * Reads a table of texts, or pairs, with any number of labels each.
     *
     * @param file the file, as for {@link #read(Path, String, String)}
     * @param textColumn the name of the column of first texts
     * @param pairColumn the name of the column of second texts, or null for none
     * @param labelsColumn the name of the column of labels, separated by semicolons; a cell may be
     *     empty
     * @return the rows
     * @throws IllegalArgumentException if a column is missing or a row is malformed; the message
     *     names it
     * @throws IllegalStateException if {@code org.apache.commons:commons-csv} is not on the class
     *     path
     * @throws IOException if the file cannot be read
     */
    public static List<LabeledText> readSeveralLabels(
            Path file, String textColumn, String pairColumn, String labelsColumn)
            throws IOException {
        OptionalArtifact.COMMONS_CSV.require("a table of texts");
        return TextTable.read(file, textColumn, pairColumn, labelsColumn, false);
    }
}
