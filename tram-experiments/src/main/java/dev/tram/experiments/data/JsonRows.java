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
final class JsonRows extends TextRows {

    private static final TypeReference<LinkedHashMap<String, Object>> OBJECT =
            new TypeReference<>() {};

    private final JsonMapper mapper = mapper();

    JsonRows(String file, InputStream stream) throws IOException {
        super(file, stream);
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
        String text = nextNotBlank();
        if (text == null) {
            return null;
        }
        requireText(number(), text);
        return Utf8.requireIntact(new Row(file, number(), parse(text)));
    }

    private Map<String, Object> parse(String text) throws MalformedRowException {
        String reason = "no JSON object";
        try {
            Map<String, Object> values = mapper.readValue(text, OBJECT);
            if (values != null) {
                return values;
            }
        } catch (StreamConstraintsException e) {
            reason =
                    ("more than %s names, values and brackets (%s=N sets that), or too deep, or a"
                                    + " number of too many digits")
                            .formatted(Limit.CELLS.value(), Limit.CELLS.option());
        } catch (StreamReadException e) {
            int column = e.getLocation() == null ? 1 : e.getLocation().getColumnNr();
            reason = "no JSON, from column " + column + " on";
        } catch (JsonProcessingException e) {
            // JSON, but no object
        }
        throw malformed(number(), reason);
    }
}
