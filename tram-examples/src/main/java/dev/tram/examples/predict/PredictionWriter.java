package dev.tram.examples.predict;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.model.ProblemType;
import dev.tram.experiments.Json;
import java.io.Closeable;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.csv.CSVFormat;

/**
 * Writes predictions, a row each, as they come: to CSV, where a class's probability is in the
 * column {@code p_CLASS}, or to JSON lines.
 */
final class PredictionWriter implements Closeable {

    private static final CSVFormat CSV = CSVFormat.RFC4180.builder().setRecordSeparator('\n').get();

    /** From which probability on a class is right where any number may be. */
    private static final double RIGHT = 0.5;

    private final ProblemType problem;
    private final boolean hasSeveralLabels;

    /** The classes; empty for a language model. */
    private final List<String> classes;

    private final IntFunction<String> tokens;
    private final String id;
    private final boolean isJson;
    private final Writer writer;
    private final JsonGenerator json;

    /**
     * Opens a file.
     *
     * @param isJson whether it gets lines of JSON
     * @param id the name of what identifies an example
     * @param tokens a token's text, for a language model
     * @throws IllegalArgumentException if a prediction has a part of the id's name
     */
    PredictionWriter(
            Path file, boolean isJson, String id, Predictor predictor, IntFunction<String> tokens)
            throws IOException {
        problem = predictor.problem();
        hasSeveralLabels = problem == ProblemType.MULTI_LABEL_CLASSIFICATION;
        classes = predictor.config().classes();
        this.tokens = tokens;
        this.id = id;
        this.isJson = isJson;
        List<String> names = isJson ? fields() : columns();
        if (names.contains(id)) {
            throw Arguments.rejected(
                    "the name of the column that identifies a row (--id)",
                    "none of " + String.join(", ", names),
                    id);
        }
        writer = Files.newBufferedWriter(file);
        json = Json.MAPPER.createGenerator(writer).setRootValueSeparator(null);
        if (!isJson) {
            CSV.printRecord(writer, Stream.concat(Stream.of(id), names.stream()).toArray());
        }
    }

    private List<String> columns() {
        if (classes.isEmpty()) {
            return List.of("token", "index", "probability");
        }
        if (problem == ProblemType.REGRESSION) {
            return classes;
        }
        List<String> names = new ArrayList<>(List.of(hasSeveralLabels ? "labels" : "label"));
        classes.forEach(name -> names.add("p_" + name));
        return names;
    }

    /** The keys of a line of JSON. */
    private List<String> fields() {
        if (classes.isEmpty()) {
            return columns();
        }
        return problem == ProblemType.REGRESSION
                ? List.of("values")
                : List.of(hasSeveralLabels ? "labels" : "label", "probabilities");
    }

    void write(Example<?> example, float[] logits) throws IOException {
        double[] values = problem.values(logits);
        if (isJson) {
            json.writeStartObject();
            json.writeObjectField(id, example.id());
            writeFields(values);
            json.writeEndObject();
            json.flush();
            writer.write('\n');
        } else {
            List<Object> cells = new ArrayList<>(List.of(example.id()));
            cells.addAll(cells(values));
            CSV.printRecord(writer, cells.toArray());
        }
    }

    private List<Object> cells(double... values) {
        if (classes.isEmpty()) {
            int best = mostProbable(values);
            return List.of(tokens.apply(best), best, (float) values[best]);
        }
        List<Object> cells = new ArrayList<>();
        if (problem != ProblemType.REGRESSION) {
            cells.add(String.join(";", labels(values)));
        }
        DoubleStream.of(values).forEach(value -> cells.add((float) value));
        return cells;
    }

    private void writeFields(double... values) throws IOException {
        if (classes.isEmpty()) {
            int best = mostProbable(values);
            json.writeStringField("token", tokens.apply(best));
            json.writeNumberField("index", best);
            json.writeNumberField("probability", (float) values[best]);
            return;
        }
        if (hasSeveralLabels) {
            json.writeObjectField("labels", labels(values));
        } else if (problem != ProblemType.REGRESSION) {
            json.writeStringField("label", labels(values).get(0));
        }
        json.writeObjectFieldStart(problem == ProblemType.REGRESSION ? "values" : "probabilities");
        for (int i = 0; i < values.length; i++) {
            json.writeNumberField(classes.get(i), (float) values[i]);
        }
        json.writeEndObject();
    }

    private List<String> labels(double... probabilities) {
        return hasSeveralLabels
                ? IntStream.range(0, probabilities.length)
                        .filter(i -> probabilities[i] >= RIGHT)
                        .mapToObj(classes::get)
                        .toList()
                : List.of(classes.get(mostProbable(probabilities)));
    }

    private static int mostProbable(double... probabilities) {
        return IntStream.range(0, probabilities.length)
                .reduce((best, i) -> probabilities[i] > probabilities[best] ? i : best)
                .orElseThrow();
    }

    @Override
    public void close() throws IOException {
        json.close();
    }
}
