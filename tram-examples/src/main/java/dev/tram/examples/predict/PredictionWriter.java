package dev.tram.examples.predict;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.model.ProblemType;
import dev.tram.experiments.Json;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.apache.commons.csv.CSVFormat;

/**
 * Writes predictions, a row each, as they come: to CSV, where a class's probability is in the
 * column {@code p_CLASS}, or to JSON lines.
 */
abstract class PredictionWriter implements Closeable, BulkPrediction.Sink {

    /** From which probability on a class is right where any number may be. */
    private static final double RIGHT = 0.5;

    private final ProblemType problem;

    /** The classes; empty for a language model. */
    final List<String> classes;

    private final IntFunction<String> tokens;

    private PredictionWriter(Predictor predictor, IntFunction<String> tokens) {
        problem = predictor.problem();
        classes = predictor.config().classes();
        this.tokens = tokens;
    }

    /**
     * Opens a file.
     *
     * @param file a name that ends in .csv or .jsonl
     * @param id the name of what identifies an example
     * @param tokens a token's text, for a language model
     */
    static PredictionWriter open(
            Path target, Path file, String id, Predictor predictor, IntFunction<String> tokens)
            throws IOException {
        Writer writer = new BufferedWriter(Files.newBufferedWriter(file, StandardCharsets.UTF_8));
        return isJson(target)
                ? new JsonLines(writer, id, predictor, tokens)
                : new Table(writer, id, predictor, tokens);
    }

    /** Refuses a file's name of another ending. */
    static void requireFormat(Path file) {
        if (!isJson(file) && !name(file).endsWith(".csv")) {
            throw Arguments.rejected("--out", "a name that ends in .csv or .jsonl", file);
        }
    }

    private static boolean isJson(Path file) {
        return name(file).endsWith(".jsonl");
    }

    private static String name(Path file) {
        return file.getFileName().toString().toLowerCase(Locale.ROOT);
    }

    @Override
    public final void accept(Example<?> example, float[] logits) throws IOException {
        double[] values = problem.values(logits);
        if (classes.isEmpty()) {
            int best = mostProbable(values);
            write(example.id(), tokens.apply(best), best, values[best]);
        } else if (problem == ProblemType.REGRESSION) {
            write(example.id(), null, values);
        } else {
            write(example.id(), labels(values), values);
        }
    }

    private List<String> labels(double... probabilities) {
        return problem == ProblemType.MULTI_LABEL_CLASSIFICATION
                ? IntStream.range(0, probabilities.length)
                        .filter(i -> probabilities[i] >= RIGHT)
                        .mapToObj(classes::get)
                        .toList()
                : List.of(classes.get(mostProbable(probabilities)));
    }

    private static int mostProbable(double... probabilities) {
        int best = 0;
        for (int i = 1; i < probabilities.length; i++) {
            if (probabilities[i] > probabilities[best]) {
                best = i;
            }
        }
        return best;
    }

    final boolean hasSeveralLabels() {
        return problem == ProblemType.MULTI_LABEL_CLASSIFICATION;
    }

    final boolean isRegression() {
        return !classes.isEmpty() && problem == ProblemType.REGRESSION;
    }

    /** Writes a classifier's labels and probabilities, or without labels a regression's numbers. */
    abstract void write(Object id, List<String> labels, double[] values) throws IOException;

    /** Writes the most probable next token. */
    abstract void write(Object id, String token, int index, double probability) throws IOException;

    private static final class Table extends PredictionWriter {

        private static final CSVFormat FORMAT =
                CSVFormat.RFC4180.builder().setRecordSeparator('\n').get();

        private final Writer writer;

        Table(Writer writer, String id, Predictor predictor, IntFunction<String> tokens)
                throws IOException {
            super(predictor, tokens);
            this.writer = writer;
            List<String> names = new ArrayList<>(List.of(id));
            if (classes.isEmpty()) {
                names.addAll(List.of("token", "index", "probability"));
            } else if (isRegression()) {
                names.addAll(classes);
            } else {
                names.add(hasSeveralLabels() ? "labels" : "label");
                classes.forEach(name -> names.add("p_" + name));
            }
            FORMAT.printRecord(writer, names.toArray());
        }

        @Override
        void write(Object id, List<String> labels, double[] values) throws IOException {
            List<Object> cells = new ArrayList<>(List.of(id));
            if (labels != null) {
                cells.add(String.join(";", labels));
            }
            DoubleStream.of(values).forEach(value -> cells.add((float) value));
            FORMAT.printRecord(writer, cells.toArray());
        }

        @Override
        void write(Object id, String token, int index, double probability) throws IOException {
            FORMAT.printRecord(writer, id, token, index, (float) probability);
        }

        @Override
        public void close() throws IOException {
            writer.close();
        }
    }

    private static final class JsonLines extends PredictionWriter {

        private final Writer writer;
        private final JsonGenerator json;
        private final String name;

        JsonLines(Writer writer, String name, Predictor predictor, IntFunction<String> tokens)
                throws IOException {
            super(predictor, tokens);
            this.writer = writer;
            this.name = name;
            json = Json.MAPPER.createGenerator(writer);
            json.setRootValueSeparator(null);
        }

        @Override
        void write(Object id, List<String> labels, double[] values) throws IOException {
            json.writeStartObject();
            json.writeObjectField(name, id);
            if (labels != null && hasSeveralLabels()) {
                json.writeArrayFieldStart("labels");
                for (String label : labels) {
                    json.writeString(label);
                }
                json.writeEndArray();
            } else if (labels != null) {
                json.writeStringField("label", labels.get(0));
            }
            json.writeObjectFieldStart(labels == null ? "values" : "probabilities");
            for (int i = 0; i < values.length; i++) {
                json.writeNumberField(classes.get(i), (float) values[i]);
            }
            json.writeEndObject();
            end();
        }

        @Override
        void write(Object id, String token, int index, double probability) throws IOException {
            json.writeStartObject();
            json.writeObjectField(name, id);
            json.writeStringField("token", token);
            json.writeNumberField("index", index);
            json.writeNumberField("probability", (float) probability);
            end();
        }

        private void end() throws IOException {
            json.writeEndObject();
            json.flush();
            writer.write('\n');
        }

        @Override
        public void close() throws IOException {
            json.close();
        }
    }
}
