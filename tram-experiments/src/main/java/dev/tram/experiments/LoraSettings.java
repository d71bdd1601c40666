package dev.tram.experiments;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.model.LoraConfig;
import dev.tram.djl.transformers.model.ModelConfig;
import dev.tram.djl.transformers.model.TransformerModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * The adapters of low rank that are trained instead of the whole model, as {@code --lora} and
 * config.json write them, such as {@code r=8,alpha=16,targets=query+value}.
 *
 * @param text comma-separated: {@code targets=A+B}, the adapted linear maps, {@code all-linear} or
 *     a regular expression; perhaps {@code r} and {@code alpha} (8 both), {@code dropout} (0),
 *     {@code rslora}, and {@code save=A+B}, the parts that are trained whole: a classifier's head
 *     unless given, {@code none} for none
 */
public record LoraSettings(@JsonValue String text) {

    private static final String TARGETS = "targets";
    private static final String SAVE = "save";
    private static final String RS_LORA = "rslora";
    private static final List<String> KEYS =
            List.of("r", "alpha", "dropout", RS_LORA, TARGETS, SAVE);

    /**
     * Checks the keys and their values.
     *
     * @throws IllegalArgumentException if one is rejected, naming it
     */
    @JsonCreator
    public LoraSettings {
        LoraConfig.Builder builder = config(values(text), List.of());
        try {
            builder.build();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--lora: " + e.getMessage(), e);
        }
    }

    private static Map<String, String> values(String text) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String part : text.split(",", -1)) {
            String[] pair = part.split("=", 2);
            String value = pair.length == 2 ? pair[1] : pair[0].equals(RS_LORA) ? "true" : "";
            if (!KEYS.contains(pair[0]) || values.put(pair[0], value) != null) {
                throw Arguments.rejected(
                        "--lora",
                        "each of " + KEYS + " at most once, such as r=8,alpha=16,targets=query",
                        part.isEmpty() ? "nothing" : part);
            }
        }
        if (!values.containsKey(TARGETS)) {
            throw Arguments.rejected(
                    "--lora",
                    "given targets, such as targets=query+value or targets=all-linear",
                    text);
        }
        return values;
    }

    private static LoraConfig.Builder config(Map<String, String> values, List<String> head) {
        LoraConfig.Builder builder = LoraConfig.builder().setTargetModules(names(values, TARGETS));
        if (values.containsKey("r")) {
            builder.optRank(rank(values.get("r")));
        }
        if (values.containsKey("alpha")) {
            builder.optAlpha(MethodVariant.number("alpha of --lora", values.get("alpha")));
        }
        if (values.containsKey("dropout")) {
            builder.optDropout(MethodVariant.number("dropout of --lora", values.get("dropout")));
        }
        String rsLora = values.getOrDefault(RS_LORA, "false");
        if (!rsLora.equals("true") && !rsLora.equals("false")) {
            throw Arguments.rejected("rslora of --lora", "true or false", rsLora);
        }
        String[] saved =
                !values.containsKey(SAVE)
                        ? head.toArray(String[]::new)
                        : values.get(SAVE).equals("none") ? new String[0] : names(values, SAVE);
        return builder.optRsLora(Boolean.parseBoolean(rsLora)).optModulesToSave(saved);
    }

    private static int rank(String value) {
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw Arguments.rejected("r of --lora", "a whole number", value);
        }
    }

    /** Names joined by +, or a regular expression. */
    private static String[] names(Map<String, String> values, String key) {
        String value = values.get(key);
        boolean isList = value.matches("[\\w.+-]*");
        if (!isList) {
            requireRegex(key, value);
        }
        String[] names = isList ? value.split("\\+", -1) : new String[] {value};
        if (List.of(names).contains("")) {
            throw Arguments.rejected(
                    key + " of --lora", "names of linear maps", "\"" + value + "\"");
        }
        return names;
    }

    private static void requireRegex(String key, String value) {
        try {
            Pattern.compile(value);
        } catch (PatternSyntaxException e) {
            throw Arguments.rejected(
                    key + " of --lora",
                    "names joined by +, or a regular expression",
                    value + " (" + e.getDescription() + ")");
        }
    }

    /** Returns the dropout of what the adapters read. */
    float dropout() {
        return config(values(text), List.of()).build().dropout();
    }

    private LoraConfig on(TransformerModel model, String base) {
        List<String> head = model.config().classes().isEmpty() ? List.of() : model.headModules();
        return config(values(text), head).optBaseModel(base).build();
    }

    /**
     * Refuses parts that a model does not have.
     *
     * @throws IllegalArgumentException if there are no linear maps of one of the names, naming it
     */
    void requireFit(ModelConfig model) {
        TransformerModel block = model.newBlock();
        block.adapters().requireFit(on(block, ""));
    }

    /** Adds an adapter to a model; from then on it alone is trained. */
    void addTo(TransformerModel model, String base) {
        model.adapters().add("lora", on(model, base));
    }
}
