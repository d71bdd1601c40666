package dev.tram.experiments.data;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Which columns of a row hold the text and its class.
 *
 * @param pair the column of a pair's second text, or null
 * @param group the column of the group, or null
 */
public record TextColumns(String text, String pair, String label, String group)
        implements RowParser<TextExample> {

    /** Returns what each column holds, and its name; a new map. */
    public Map<String, String> byContent() {
        Map<String, String> names = new LinkedHashMap<>();
        names.put("text", text);
        names.put("pair", pair);
        names.put("label", label);
        names.put("group", group);
        names.values().removeIf(Objects::isNull);
        return names;
    }

    @Override
    public TextExample parse(Row row) throws MalformedRowException {
        return new TextExample(
                row.text(text),
                pair == null ? null : row.text(pair),
                row.text(label),
                group == null ? null : row.text(group));
    }
}
