package dev.tram.examples.task.emoji;

import dev.tram.experiments.data.Bundled;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * An emoji.
 *
 * @param unified its code points in hexadecimal, joined by hyphens
 * @param column its column on the sheets, from 0
 * @param row its row on the sheets, from 0
 */
public record Emoji(String unified, String name, String category, int column, int row) {

    /** Man, woman, person, boy, girl, child; joiner, variation selector; signs; arrow. */
    private static final Set<String> VARIATIONS =
            Set.of(
                    "1F468", "1F469", "1F9D1", "1F466", "1F467", "1F9D2", "200D", "FE0F", "2640",
                    "2642", "27A1");

    /** Reads all emoji, in the order of the file. */
    public static List<Emoji> all() {
        return new Bundled(Emoji.class, "emoji.tsv")
                .rows(
                        row ->
                                new Emoji(
                                        row.text("unified"),
                                        row.text("short_name"),
                                        row.text("category"),
                                        Integer.parseInt(row.text("sheet_x")),
                                        Integer.parseInt(row.text("sheet_y"))));
    }

    /**
     * Returns what the emoji has in common with those that differ from it in a person's gender and
     * age or in direction only, "running" of "woman running facing right": the remaining code
     * points, none for people alone, such as families.
     */
    String concept() {
        return Arrays.stream(unified.split("-"))
                .filter(codePoint -> !VARIATIONS.contains(codePoint))
                .collect(Collectors.joining("-"));
    }
}
