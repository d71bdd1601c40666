package dev.tram.djl.internal.files;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.file.Path;

/** Reads JSON that somebody else wrote: what is wrong with it is said with the file's name. */
public final class JsonFile {

    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION).build();

    private JsonFile() {}

    /**
     * Reads a file.
     *
     * @param file the file
     * @return its tree; a missing node where it is empty
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if it is no JSON
     */
    public static JsonNode read(Path file) throws IOException {
        try {
            return MAPPER.readTree(file.toFile());
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    file + " is no JSON: " + e.getOriginalMessage() + place(e.getLocation()), e);
        } catch (CharConversionException e) {
            throw new IllegalArgumentException(file + " is no JSON: " + e.getMessage(), e);
        }
    }

    private static String place(JsonLocation location) {
        return location == null
                ? ""
                : " in line " + location.getLineNr() + ", column " + location.getColumnNr();
    }
}
