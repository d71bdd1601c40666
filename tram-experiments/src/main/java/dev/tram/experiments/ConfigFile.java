package dev.tram.experiments;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.JsonFile;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/** A config.json that a person wrote, whole or in part. */
public final class ConfigFile {

    private static final String STEPS = "steps";
    private static final String WARMUP = "warmup";

    /** What belongs to each key of config.json. */
    private static final Map<String, RecordComponent> KEYS = keys();

    private ConfigFile() {}

    /** What a key's value has to be. */
    private record Kind(String words, Predicate<JsonNode> test) {}

    private static Map<String, RecordComponent> keys() {
        Map<String, RecordComponent> keys = new TreeMap<>();
        for (Class<?> part :
                List.of(ExperimentConfig.class, Protocol.class, MethodSettings.class)) {
            for (RecordComponent component : part.getRecordComponents()) {
                if (!component.getType().isRecord() || component.getType() == LoraSettings.class) {
                    keys.put(SnakeCaseStrategy.INSTANCE.translate(component.getName()), component);
                }
            }
        }
        return keys;
    }

    /**
     * Lays some keys over a whole configuration. Where steps are given but no warm-up, that keeps
     * its share of the steps.
     */
    public static ObjectNode over(ObjectNode below, ObjectNode given) {
        ObjectNode json = below.deepCopy();
        json.setAll(given);
        long before = below.path(STEPS).asLong();
        if (given.has(STEPS) && !given.has(WARMUP) && before > 0) {
            json.put(WARMUP, below.get(WARMUP).asLong() * given.get(STEPS).asLong() / before);
        }
        return json;
    }

    /**
     * Lays a file's values over a preset's.
     *
     * @param stepsAreGiven whether others than the file's steps are taken
     * @throws IllegalArgumentException if the file is no object of JSON, has a key that there is
     *     not, or a value of another kind
     */
    public static ObjectNode over(ObjectNode preset, Path file, boolean stepsAreGiven)
            throws IOException {
        JsonNode given = JsonFile.readHandwritten(file);
        if (!given.isObject()) {
            throw Arguments.rejected(file.toString(), "an object of JSON, {...}", given);
        }
        for (Map.Entry<String, JsonNode> entry : given.properties()) {
            require(file, entry.getKey(), entry.getValue());
        }
        ObjectNode values = (ObjectNode) given;
        if (stepsAreGiven && !values.has(WARMUP)) {
            values.remove(STEPS);
        }
        return over(preset, values);
    }

    private static void require(Path file, String key, JsonNode value) {
        RecordComponent component = KEYS.get(key);
        if (component == null) {
            throw Arguments.rejected(
                    file + "'s keys",
                    "some of " + String.join(", ", KEYS.keySet()),
                    key + NearNames.didYouMean(NearNames.of(key, KEYS.keySet())));
        }
        Kind kind = kind(component.getType());
        if (value.isNull() ? !mayBeNull(component) : !kind.test().test(value)) {
            throw Arguments.rejected(file + ": " + key, kind.words(), value);
        }
    }

    /** Whether null says that nothing is set. */
    private static boolean mayBeNull(RecordComponent component) {
        return component.getDeclaringRecord() == MethodSettings.class
                || List.of(Float.class, LoraSettings.class).contains(component.getType());
    }

    private static Kind kind(Class<?> type) {
        if (type == int.class) {
            return new Kind(
                    "an integer", value -> value.isIntegralNumber() && value.canConvertToInt());
        }
        if (type == float.class || type == Float.class) {
            return new Kind("a number", JsonNode::isNumber);
        }
        if (type == List.class) {
            return new Kind(
                    "a list of texts, [\"...\"]", value -> value.isArray() && hasTexts(value));
        }
        if (type == Map.class) {
            return new Kind(
                    "an object whose values are texts, {\"...\": \"...\"}",
                    value -> value.isObject() && hasTexts(value));
        }
        if (type.isEnum()) {
            List<String> names =
                    Json.MAPPER.convertValue(type.getEnumConstants(), new TypeReference<>() {});
            return new Kind(
                    "one of " + String.join(", ", names),
                    value -> value.isTextual() && names.contains(value.textValue()));
        }
        return new Kind("a text", JsonNode::isTextual);
    }

    private static boolean hasTexts(JsonNode values) {
        return values.valueStream().allMatch(JsonNode::isTextual);
    }
}
