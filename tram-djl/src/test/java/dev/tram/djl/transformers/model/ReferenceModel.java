package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A checkpoint of the test resources with its inputs and expected outputs, computed in float64 by
 * an independent implementation (see README.md there).
 */
record ReferenceModel(Path directory, JsonNode expected) {

    static final List<String> NAMES =
            List.of(
                    "vit-tiny",
                    "gpt2-tiny",
                    "xlm-roberta-tiny",
                    "distilbert-tiny",
                    "deit-tiny",
                    "electra-tiny",
                    "bert-tiny",
                    "gpt2-classifier-tiny");

    static ReferenceModel of(String name) {
        try {
            Path directory = Path.of(ReferenceModel.class.getResource(name).toURI());
            Path file = directory.resolve("expected.json");
            return new ReferenceModel(directory, new ObjectMapper().readTree(file.toFile()));
        } catch (IOException | URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    boolean isLanguageModel() {
        return !expected.get("inputs").has("labels");
    }

    /** The inputs in the order of the block's: ids, mask and types, or pixels. */
    NDList inputs(NDManager manager) {
        NDList inputs = new NDList();
        for (String name :
                List.of("pixel_values", "input_ids", "attention_mask", "token_type_ids")) {
            if (expected.get("inputs").has(name)) {
                NDArray input = array(manager, expected.get("inputs").get(name));
                boolean pixels = name.equals("pixel_values");
                inputs.add(pixels ? input : input.toType(DataType.INT64, false));
            }
        }
        return inputs;
    }

    NDArray labels(NDManager manager) {
        return array(manager, expected.get("inputs").get("labels"));
    }

    NDArray array(NDManager manager, String name) {
        return array(manager, expected.get(name));
    }

    double number(String name) {
        return expected.get(name).asDouble();
    }

    Map<String, Double> gradientNorms() {
        return new ObjectMapper()
                .convertValue(expected.get("gradient_norm"), new TypeReference<>() {});
    }

    static NDArray array(NDManager manager, JsonNode json) {
        float[] values = new float[json.get("values").size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = json.get("values").get(i).floatValue();
        }
        long[] shape = new ObjectMapper().convertValue(json.get("shape"), long[].class);
        return manager.create(values, new Shape(shape));
    }
}
