package dev.tram.examples.task.emoji;

import dev.tram.examples.data.Bundled;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;

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

    private static final CSVFormat TABLE =
            CSVFormat.TDF.builder().setHeader().setSkipHeaderRecord(true).setQuote(null).get();

    /** Reads all emoji, in the order of the file. */
    public static List<Emoji> all() {
        return new Bundled(Emoji.class, "emoji.tsv").read(Emoji::parse);
    }

    private static List<Emoji> parse(InputStream stream) throws IOException {
        List<Emoji> emoji = new ArrayList<>();
        InputStreamReader reader = new InputStreamReader(stream, StandardCharsets.UTF_8);
        for (CSVRecord row : TABLE.parse(reader)) {
            emoji.add(
                    new Emoji(
                            row.get("unified"),
                            row.get("short_name"),
                            row.get("category"),
                            Integer.parseInt(row.get("sheet_x")),
                            Integer.parseInt(row.get("sheet_y"))));
        }
        return emoji;
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
