package dev.tram.examples.data;

import java.util.Map;

/**
 * A row of a data set.
 *
 * @param file the file's name
 * @param line where the row begins: the line, from 1; in Parquet the row's number, from 1
 * @param values the columns by name: String, Number, Boolean, byte[], or a Map of these
 */
public record Row(String file, long line, Map<String, Object> values) {

    /**
     * Returns a column as text.
     *
     * @param column the column's name
     * @return the text, not blank
     * @throws MalformedRowException if the row lacks it, or if it is blank or no text
     */
    public String text(String column) throws MalformedRowException {
        Object value = value(column);
        if (value instanceof String || value instanceof Number || value instanceof Boolean) {
            String text = value.toString();
            if (!text.isBlank()) {
                return text;
            }
            throw malformed("column " + column + " is blank");
        }
        throw malformed("column " + column + " holds no text");
    }

    /**
     * Returns a column's value.
     *
     * @param column the column's name
     * @return the value
     * @throws MalformedRowException if the row lacks it
     */
    public Object value(String column) throws MalformedRowException {
        Object value = values.get(column);
        if (value == null) {
            throw malformed("column " + column + " is missing; there are " + values.keySet());
        }
        return value;
    }

    /**
     * Returns the exception for a row that cannot be used.
     *
     * @param reason what is wrong with it
     * @return the exception to throw
     */
    public MalformedRowException malformed(String reason) {
        return new MalformedRowException(file, line, reason);
    }
}
