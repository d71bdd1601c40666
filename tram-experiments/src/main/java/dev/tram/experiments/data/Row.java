package dev.tram.experiments.data;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * A row of a data set.
 *
 * @param line where the row begins: the line, from 1; in Parquet the row's number, from 1; 0 for a
 *     file that is one row
 * @param values the columns by name: String, Number, Boolean, byte[], or a Map of these; anything
 *     else can be named, but not read
 */
public record Row(String file, long line, Map<String, Object> values) {

    static final long WHOLE_FILE = 0;

    /**
     * Returns a column as text: bytes as UTF-8, a number in its shortest form, so that 1 and 1.0
     * are the same.
     *
     * @return the text, not blank
     * @throws MalformedRowException if the row lacks it, or if it is blank or no text
     */
    public String text(String column) throws MalformedRowException {
        Object value = value(column);
        String text;
        if (value instanceof String || value instanceof Boolean) {
            text = value.toString();
        } else if (value instanceof Number number) {
            text = number(column, number);
        } else if (value instanceof byte[] bytes) {
            text = utf8(column, bytes);
        } else {
            throw malformed("column " + column + " holds no text");
        }
        requireShort(column, text);
        if (text.isBlank()) {
            throw malformed("column " + column + " is blank");
        }
        return text;
    }

    /** Refuses a text that would take a tokenizer minutes. */
    void requireShort(String column, String text) throws MalformedRowException {
        if (text.length() > Limit.TEXT.value()) {
            String length = Limit.TEXT.complaint(text.length(), "characters");
            throw malformed("column " + column + " has " + length);
        }
    }

    /** Equal numbers as equal texts, as 1 and 1.0. */
    private String number(String column, Number number) throws MalformedRowException {
        try {
            BigDecimal exact = new BigDecimal(number.toString());
            if (Math.abs((long) exact.scale()) > Limit.TEXT.value()) {
                throw malformed("column " + column + " holds a number of too many digits");
            }
            return exact.stripTrailingZeros().toPlainString();
        } catch (NumberFormatException e) {
            throw malformed("column " + column + " holds " + number);
        }
    }

    private String utf8(String column, byte[] bytes) throws MalformedRowException {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw malformed("column " + column + " holds bytes that are not UTF-8 text");
        }
    }

    /**
     * Returns a column's value.
     *
     * @throws MalformedRowException if the row lacks it
     */
    public Object value(String column) throws MalformedRowException {
        Object value = values.get(column);
        if (value == null) {
            String present = Columns.inWords(values.keySet());
            throw malformed("column " + column + " is missing; there are [" + present + "]");
        }
        return value;
    }

    /** Returns the exception for a row that cannot be used. */
    public MalformedRowException malformed(String reason) {
        return line == WHOLE_FILE
                ? new MalformedRowException(file, reason)
                : new MalformedRowException(file, line, reason);
    }
}
