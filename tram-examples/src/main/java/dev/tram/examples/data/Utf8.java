package dev.tram.examples.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.commons.io.input.BOMInputStream;

/** UTF-8, as the readers take it. */
final class Utf8 {

    /** How a row's complaint ends. */
    static final String COMPLAINT = " is not UTF-8";

    /** What decoding puts in the place of bytes that are not UTF-8. */
    private static final char REPLACEMENT = '\uFFFD';

    private Utf8() {}

    /** Decodes a stream without its byte-order mark, whose lines are not too long. */
    static BufferedReader reader(String file, InputStream stream) throws IOException {
        InputStream unmarked = BOMInputStream.builder().setInputStream(stream).get();
        InputStreamReader decoded = new InputStreamReader(unmarked, StandardCharsets.UTF_8);
        return new BufferedReader(new BoundedLineReader(file, decoded));
    }

    /** Whether a text was not damaged, by this decoding or by an earlier one. */
    static boolean isIntact(String text) {
        return text.indexOf(REPLACEMENT) < 0;
    }

    /** Refuses a row whose text was damaged, by this decoding or by an earlier one. */
    static Row requireIntact(Row row) throws MalformedRowException {
        for (Map.Entry<String, Object> entry : row.values().entrySet()) {
            if (entry.getValue() instanceof String text && !isIntact(text)) {
                throw row.malformed("column " + entry.getKey() + COMPLAINT);
            }
        }
        return row;
    }
}
