package dev.tram.experiments.data;

import java.util.List;
import java.util.Map;

/** UTF-8, as the readers take it. */
final class Utf8 {

    /** How a row's complaint ends. */
    static final String COMPLAINT = " is not UTF-8";

    /** How the complaint of a row ends that is probably UTF-16, whose letters are half zeros. */
    static final String UTF16_COMPLAINT = " has characters of code 0, as UTF-16 has";

    /** What decoding puts in the place of bytes that are not UTF-8. */
    private static final char REPLACEMENT = '\uFFFD';

    private Utf8() {}

    /**
     * Says what to do about malformed rows.
     *
     * @param complaints what is said of the first ones
     * @return the end of a message, or an empty text if they may have any reason
     */
    static String advice(List<String> complaints) {
        if (complaints.stream().anyMatch(complaint -> complaint.endsWith(UTF16_COMPLAINT))) {
            return ". If the file is UTF-16: iconv -f UTF-16LE -t UTF-8 makes it UTF-8 (or UTF-16BE)";
        }
        return complaints.stream().allMatch(complaint -> complaint.endsWith(COMPLAINT))
                ? ". If the file is Latin-1: iconv -f LATIN1 -t UTF-8 makes it UTF-8"
                : "";
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
