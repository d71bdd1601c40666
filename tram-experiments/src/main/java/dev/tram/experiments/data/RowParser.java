package dev.tram.experiments.data;

/** Makes something of a row. */
@FunctionalInterface
public interface RowParser<T> {

    /**
     * Makes something of a row.
     *
     * @return what was made, or null if the row has nothing to offer, though it is well-formed
     * @throws MalformedRowException if the row is malformed
     */
    T parse(Row row) throws MalformedRowException;
}
