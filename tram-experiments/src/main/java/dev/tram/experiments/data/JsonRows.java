package dev.tram.experiments.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.exc.StreamReadException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;

/** A JSON object per line, with NaN as Python writes it; blank lines are passed over. */
final class JsonRows implements RowReader {

    private static final TypeReference<LinkedHashMap<String, Object>> OBJECT =
            new TypeReference<>() {};

    private final String file;
    private final Lines lines;
    private final JsonMapper mapper = mapper();

    JsonRows(String file, InputStream stream) throws IOException {
        this.file = file;
        lines = new Lines(file, Utf8.reader(file, stream));
    }

    /** Names of a file's choice do not become Java's own: equal hashes made that quadratic. */
    private static JsonMapper mapper() {
        JsonFactory factory =
                JsonFactory.builder()
                        .streamReadConstraints(
                                StreamReadConstraints.builder()
                                        .maxTokenCount(Limit.CELLS.value())
                                        .build())
                        .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                        .build();
        return JsonMapper.builder(factory)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                .build();
    }

    @Override
    public Row read() throws IOException, MalformedRowException {
        String text = lines.nextNotBlank();
        if (text == null) {
            return null;
        }
        Utf8.requireText(file, lines.number(), text);
        return Utf8.requireIntact(new Row(file, lines.number(), parse(text)));
    }

    private Map<String, Object> parse(String text) throws MalformedRowException {
        try {
            Map<String, Object> values = mapper.readValue(text, OBJECT);
            if (values != null) {
                return values;
            }
        } catch (StreamConstraintsException e) {
            throw new MalformedRowException(
                    file,
                    lines.number(),
                    ("more than %s names, values and brackets (%s=N sets that), or too deep, or a"
                                    + " number of too many digits")
                            .formatted(Limit.CELLS.value(), Limit.CELLS.option()));
        } catch (StreamReadException e) {
            int column = e.getLocation() == null ? 1 : e.getLocation().getColumnNr();
            throw new MalformedRowException(
                    file, lines.number(), "no JSON, from column " + column + " on");
        } catch (JsonProcessingException e) {
            throw noObject();
        }
        throw noObject();
    }

    private MalformedRowException noObject() {
        return new MalformedRowException(file, lines.number(), "no JSON object");
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
