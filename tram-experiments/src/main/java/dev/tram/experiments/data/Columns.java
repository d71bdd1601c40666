package dev.tram.experiments.data;

import java.util.Collection;
import java.util.stream.Collectors;

/** The names of a table's columns in messages. */
public final class Columns {

    private static final int NAMED = 20;

    private Columns() {}

    /** Names the first twenty, and says how many more there are. */
    public static String inWords(Collection<String> names) {
        String first = names.stream().limit(NAMED).collect(Collectors.joining(", "));
        return names.size() <= NAMED ? first : first + " and " + (names.size() - NAMED) + " more";
    }
}
