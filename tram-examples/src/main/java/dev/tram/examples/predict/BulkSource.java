package dev.tram.examples.predict;

import ai.djl.util.StringPair;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.AtomicFile;
import dev.tram.djl.transformers.inference.ImageEncoder;
import dev.tram.djl.transformers.inference.InputEncoder;
import dev.tram.djl.transformers.inference.TextEncoder;
import dev.tram.djl.transformers.model.VitConfig;
import dev.tram.experiments.data.Columns;
import dev.tram.experiments.data.ImageFiles;
import dev.tram.experiments.data.ImageFolder;
import dev.tram.experiments.data.MalformedRowException;
import dev.tram.experiments.data.ParsedRows;
import dev.tram.experiments.data.Row;
import dev.tram.experiments.data.RowCensus;
import dev.tram.experiments.data.RowParser;
import dev.tram.experiments.data.RowSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * A table of texts, pairs or images, or a folder of images, for whose rows a model predicts.
 *
 * @param data a file as {@link RowSource#of} reads it, or a folder
 * @param text the column of the text
 * @param pair the column of the second text, or null
 * @param image the column of the image
 * @param id the column that names a row in the output; null for the line, the number of the row, or
 *     an image's path in the folder
 */
public record BulkSource(Path data, String text, String pair, String image, String id) {

    /** How many batches of texts are ordered by length at once. */
    private static final int WINDOW = 32;

    /**
     * Refuses a file that predictions cannot be written to.
     *
     * @throws IllegalArgumentException if its name ends neither in .csv nor in .jsonl
     */
    public static void requireFormat(Path out) {
        if (!hasEnding(out, ".csv") && !hasEnding(out, ".jsonl")) {
            throw Arguments.rejected("--out", "a name that ends in .csv or .jsonl", out);
        }
    }

    private static boolean hasEnding(Path file, String ending) {
        return file.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(ending);
    }

    /**
     * Predicts for all rows. Malformed ones are left out and counted.
     *
     * @param out a file that ends in .csv or .jsonl, which is written row by row under another name
     *     until it is whole
     * @throws IllegalArgumentException if there is no such column, or more than 1 % of the rows are
     *     malformed
     */
    public RowCensus predict(Predictor predictor, int batch, Path out, Consumer<String> told)
            throws IOException {
        AtomicReference<RowCensus> census = new AtomicReference<>();
        AtomicFile.write(
                out,
                incomplete -> {
                    boolean isJson = hasEnding(out, ".jsonl");
                    Job job = new Job(predictor, batch, incomplete, isJson, idName(), told);
                    census.set(predictor.config() instanceof VitConfig ? images(job) : texts(job));
                });
        return census.get();
    }

    private RowCensus texts(Job job) throws IOException {
        if (Files.isDirectory(data)) {
            throw Arguments.rejected("--data", "a table for a model that reads texts", data);
        }
        RowSource rows = RowSource.of(data);
        requireColumn(rows, "--text", text);
        requireColumn(rows, "--pair", pair);
        requireColumn(rows, "--id", id);
        try (TextEncoder encoder = TextEncoder.of(job.predictor.checkpoint())) {
            return job.run(rows, this::parseText, encoder, WINDOW, encoder::token);
        }
    }

    private Example<StringPair> parseText(Row row) throws MalformedRowException {
        String first = row.text(text);
        String second = pair == null ? null : row.text(pair);
        int length = first.length() + (second == null ? 0 : second.length());
        return new Example<>(id(row), new StringPair(first, second), length);
    }

    private RowCensus images(Job job) throws IOException {
        RowSource rows;
        if (Files.isDirectory(data)) {
            rows = ImageFolder.readAll(data).rows();
            if (first(rows).isEmpty()) {
                throw Arguments.rejected(
                        "--data", "a folder with PNG, JPEG, GIF, BMP or TIFF images", data);
            }
        } else {
            rows = RowSource.of(data);
            requireColumn(rows, "--image", image);
            requireColumn(rows, "--id", id);
        }
        ImageEncoder encoder = ImageEncoder.of(job.predictor.checkpoint());
        return job.run(rows, row -> parseImage(row, encoder), encoder::join, 1, token -> "");
    }

    private Example<float[]> parseImage(Row row, ImageEncoder encoder)
            throws MalformedRowException {
        boolean inFolder = Files.isDirectory(data);
        Object value = row.value(inFolder ? "image" : image);
        Object bytes = value instanceof Map<?, ?> struct ? struct.get("bytes") : value;
        if (!(bytes instanceof byte[] file)) {
            throw row.malformed("column " + image + " holds no bytes of an image");
        }
        try {
            float[] pixels = encoder.prepare(ImageFiles.decode(file, remark -> {}));
            return new Example<>(id(row), pixels, 1);
        } catch (IOException e) {
            throw row.malformed("the image cannot be decoded: " + e.getMessage());
        }
    }

    private Object id(Row row) throws MalformedRowException {
        if (id != null) {
            Object value = row.value(id);
            boolean isItself =
                    value instanceof String || value instanceof Integer || value instanceof Long;
            return isItself ? value : row.text(id);
        }
        return Files.isDirectory(data)
                ? data.relativize(Path.of(row.file())).toString()
                : row.line();
    }

    private String idName() {
        if (id != null) {
            return id;
        }
        return Files.isDirectory(data)
                ? "file"
                : data.toString().endsWith(".parquet") ? "row" : RowSource.LINE;
    }

    private static Optional<Row> first(RowSource rows) throws IOException {
        try (ParsedRows<Row> all = new ParsedRows<>(rows, row -> row)) {
            return all.hasNext() ? Optional.of(all.next()) : Optional.empty();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Refuses a column that the first row does not have. */
    private void requireColumn(RowSource rows, String option, String column) throws IOException {
        Optional<Row> first = column == null ? Optional.empty() : first(rows);
        if (first.isPresent() && !first.get().values().containsKey(column)) {
            throw Arguments.rejected(
                    option,
                    "a column of %s, which has %s"
                            .formatted(data, Columns.inWords(first.get().values().keySet())),
                    column);
        }
    }

    /** What is written, and by which model, whatever is read. */
    private record Job(
            Predictor predictor,
            int batch,
            Path file,
            boolean isJson,
            String id,
            Consumer<String> told) {

        <I> RowCensus run(
                RowSource rows,
                RowParser<Example<I>> parser,
                InputEncoder<I> encoder,
                int window,
                IntFunction<String> tokens)
                throws IOException {
            try (ParsedRows<Example<I>> examples = new ParsedRows<>(rows.watched(told), parser);
                    PredictionWriter writer =
                            new PredictionWriter(file, isJson, id, predictor, tokens)) {
                new BulkPrediction<>(predictor, encoder, batch, window).run(examples, writer);
                return examples.census();
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
        }
    }
}
