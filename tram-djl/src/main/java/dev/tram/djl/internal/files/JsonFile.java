package dev.tram.djl.internal.files;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads JSON that somebody else wrote: what is wrong with it is said with the file's name, and no
 * more is read than {@link Limit#JSON} allows.
 */
public final class JsonFile {

    /** Reads and writes JSON of ours. */
    public static final ObjectMapper MAPPER = new ObjectMapper();

    private static final int BYTES_PER_TOKEN = 10;

    private JsonFile() {}

    /**
     * Reads a file. Of several values of one key the last counts, as in Python.
     *
     * @param file the file
     * @return its tree; a missing node where it is empty
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if it is no JSON, or larger than the limit
     */
    public static JsonNode read(Path file) throws IOException {
        return read(file, mapper().build());
    }

    /**
     * Reads a file that a person wrote, who did not mean two values of one key.
     *
     * @param file the file
     * @return its tree; a missing node where it is empty
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if it is no JSON, larger than the limit, or has a key twice
     */
    public static JsonNode readHandwritten(Path file) throws IOException {
        return read(file, mapper().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build());
    }

    private static JsonNode read(Path file, JsonMapper mapper) throws IOException {
        try {
            return mapper.readTree(require(file).toFile());
        } catch (StreamConstraintsException e) {
            throw new IllegalArgumentException(
                    file + " asks for too much (-Dtram.limit.json=N): " + e.getOriginalMessage(),
                    e);
        } catch (JsonProcessingException e) {
            String fault = e.getOriginalMessage();
            String what =
                    fault.startsWith("Duplicate field") ? " has a key twice: " : " is no JSON: ";
            throw new IllegalArgumentException(file + what + fault + place(e.getLocation()), e);
        } catch (CharConversionException e) {
            throw new IllegalArgumentException(file + " is no JSON: " + e.getMessage(), e);
        }
    }

    /**
     * Requires that what is read as JSON is a file, and no larger than the limit.
     *
     * @param file the file
     * @return the file
     * @throws IOException if it is something else, or absent
     * @throws IllegalArgumentException if it is larger
     */
    public static Path require(Path file) throws IOException {
        long size = Files.size(RegularFile.require(file));
        if (size > Limit.JSON.value()) {
            throw new IllegalArgumentException(
                    file + " has " + Limit.JSON.complaint(size, "bytes"));
        }
        return file;
    }

    private static JsonMapper.Builder mapper() {
        StreamReadConstraints constraints =
                StreamReadConstraints.builder()
                        .maxTokenCount(Limit.JSON.value() / BYTES_PER_TOKEN)
                        .build();
        // Names of a file's choice do not become Java's own: equal hashes made that quadratic.
        JsonFactory factory =
                JsonFactory.builder()
                        .streamReadConstraints(constraints)
                        .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                        .build();
        return JsonMapper.builder(factory)
                .enable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    }

    private static String place(JsonLocation location) {
        return location == null
                ? ""
                : " in line " + location.getLineNr() + ", column " + location.getColumnNr();
    }
}
