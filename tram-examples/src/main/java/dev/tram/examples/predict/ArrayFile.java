package dev.tram.examples.predict;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.JsonFile;
import dev.tram.djl.transformers.model.EncoderConfig;
import dev.tram.djl.transformers.model.Gpt2Config;
import dev.tram.djl.transformers.model.ModelConfig;
import dev.tram.djl.transformers.model.VitConfig;
import dev.tram.experiments.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.LongStream;

/**
 * Arrays in JSON, each with its {@code shape} and, row by row, its {@code values}: a file of inputs
 * holds them by name under {@code inputs}, a file of outputs under {@code logits}.
 */
record ArrayFile(Path file, JsonNode inputs) {

    private static final String IDS = "input_ids";
    private static final String MASK = "attention_mask";
    private static final String TYPES = "token_type_ids";
    private static final String PIXELS = "pixel_values";
    private static final String LABELS = "labels";

    /**
     * Reads the inputs of a model. Labels are ignored, and so is whatever lies beside the inputs.
     *
     * @return {@code pixel_values}, or {@code input_ids} and optionally {@code attention_mask} and
     *     {@code token_type_ids}, in the order that the model takes them
     * @throws IllegalArgumentException if it does not hold such inputs
     */
    static NDList read(Path file, ModelConfig config, NDManager manager) throws IOException {
        return new ArrayFile(file, JsonFile.read(file).path("inputs")).inputs(config, manager);
    }

    private NDList inputs(ModelConfig config, NDManager manager) {
        if (config instanceof VitConfig) {
            checkNames(List.of(PIXELS));
            return new NDList(floats(PIXELS, manager));
        }
        Map<String, Integer> sizes = new LinkedHashMap<>();
        if (config instanceof Gpt2Config gpt2) {
            sizes.put(IDS, gpt2.vocabSize());
            sizes.put(MASK, 2);
        } else if (config instanceof EncoderConfig encoder) {
            sizes.put(IDS, encoder.vocabSize());
            sizes.put(MASK, 2);
            sizes.put(TYPES, encoder.typeVocabSize());
        }
        checkNames(new ArrayList<>(sizes.keySet()));
        NDList arrays = new NDList();
        sizes.forEach(
                (name, size) -> {
                    if (inputs.has(name)) {
                        arrays.add(integers(name, size, manager));
                    } else if (name.equals(MASK) && inputs.has(TYPES)) {
                        arrays.add(arrays.head().onesLike());
                    }
                });
        return arrays;
    }

    private void checkNames(List<String> known) {
        TreeSet<String> names = new TreeSet<>();
        inputs.fieldNames().forEachRemaining(names::add);
        names.remove(LABELS);
        if (!names.contains(known.get(0)) || !known.containsAll(names)) {
            throw Arguments.rejected(
                    "inputs in " + file,
                    known.get(0)
                            + (known.size() == 1
                                    ? ""
                                    : " and optionally " + known.subList(1, known.size())),
                    names);
        }
    }

    private NDArray floats(String name, NDManager manager) {
        JsonNode values = inputs.get(name).path("values");
        float[] array = new float[values.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = values.get(i).floatValue();
            if (!values.get(i).isNumber() || !Float.isFinite(array[i])) {
                throw Arguments.rejected(
                        "a value of " + name + " in " + file, "a finite number", values.get(i));
            }
        }
        return manager.create(array, shape(name, array.length));
    }

    private NDArray integers(String name, int size, NDManager manager) {
        JsonNode values = inputs.get(name).path("values");
        long[] array = new long[values.size()];
        for (int i = 0; i < array.length; i++) {
            JsonNode value = values.get(i);
            array[i] = value.asLong(-1);
            if (array[i] != value.asDouble(-1) || array[i] < 0 || array[i] >= size) {
                throw Arguments.rejected(
                        "a value of " + name + " in " + file,
                        "an integer from 0 to " + (size - 1),
                        value);
            }
        }
        return manager.create(array, shape(name, array.length));
    }

    /** The shape of an array, which must hold as many values as there are. */
    private Shape shape(String name, int count) {
        JsonNode sizes = inputs.get(name).path("shape");
        long[] shape = sizes.valueStream().mapToLong(size -> size.asLong(-1)).toArray();
        boolean positive = shape.length > 0 && LongStream.of(shape).allMatch(size -> size > 0);
        if (!positive || LongStream.of(shape).reduce(1, ArrayFile::product) != count) {
            throw Arguments.rejected(
                    "shape of " + name + " in " + file,
                    "positive integers whose product is the number of values, " + count,
                    sizes);
        }
        return new Shape(shape);
    }

    private static long product(long a, long b) {
        return b > Integer.MAX_VALUE / a ? Integer.MAX_VALUE : a * b;
    }

    /**
     * Writes logits.
     *
     * @param logits the logits, all finite
     */
    static void write(Path file, NDArray logits) throws IOException {
        Map<String, Object> array = new LinkedHashMap<>();
        array.put("shape", logits.getShape().getShape());
        array.put("values", logits.toFloatArray());
        Json.write(file, Map.of("logits", array));
    }
}
