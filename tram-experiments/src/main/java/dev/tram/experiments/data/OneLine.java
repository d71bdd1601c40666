package dev.tram.experiments.data;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What is shown of texts from files and servers: one line, of a bearable length, that commands no
 * terminal.
 */
public final class OneLine {

    private static final int LONGEST = 8_000;

    /** Control characters, those that turn the direction of writing among them. */
    private static final Pattern COMMANDS =
            Pattern.compile("[\\p{Cc}\\u202A-\\u202E\\u2066-\\u2069]");

    private OneLine() {}

    /** Returns a text with its line breaks as blanks and its other commands in Java's spelling. */
    public static String of(String text) {
        String start = text.length() > LONGEST ? text.substring(0, LONGEST) + " …" : text;
        return COMMANDS.matcher(start.replaceAll("\\s*\\R\\s*", " ").replace('\t', ' '))
                .replaceAll(
                        command ->
                                String.format(
                                        Locale.ROOT, "\\\\u%04X", (int) command.group().charAt(0)));
    }
}
