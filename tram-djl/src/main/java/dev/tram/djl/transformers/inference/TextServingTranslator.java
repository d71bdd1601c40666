package dev.tram.djl.transformers.inference;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.djl.modality.Classifications;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.ndarray.NDList;
import ai.djl.translate.NoBatchifyTranslator;
import ai.djl.translate.TranslateException;
import ai.djl.translate.Translator;
import ai.djl.translate.TranslatorContext;
import ai.djl.util.StringPair;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.JsonFile;
import java.util.ArrayList;
import java.util.List;

/**
 * Answers djl-serving's requests to a model of texts. A request is a text; or, as {@code
 * application/json}, a string, an object {@code {"text": ..., "text_pair": ...}}, or a list of
 * these, perhaps under {@code inputs}. The answer is JSON; a list's is a list.
 */
final class TextServingTranslator implements NoBatchifyTranslator<Input, Output> {

    private static final String IS_LIST = "is list";
    private static final String EXPECTED =
            "a text, {\"text\": ..., \"text_pair\": ...} or a list of these, perhaps under inputs";
    private final Translator<StringPair, ?> translator;

    TextServingTranslator(Translator<StringPair, ?> translator) {
        this.translator = translator;
    }

    @Override
    public NDList processInput(TranslatorContext context, Input input) throws Exception {
        if (input.getContent().isEmpty()) {
            throw new TranslateException(
                    "the request must hold " + EXPECTED + ", received: nothing");
        }
        String content = input.getData().getAsString();
        String type = input.getProperty("Content-Type", "");
        List<StringPair> texts = new ArrayList<>();
        context.setAttachment(IS_LIST, false);
        if (type.startsWith("application/json")) {
            JsonNode json = parse(content);
            JsonNode inputs = json.has("inputs") ? json.get("inputs") : json;
            context.setAttachment(IS_LIST, inputs.isArray());
            if (inputs.isArray()) {
                inputs.forEach(each -> texts.add(text(each)));
            } else {
                texts.add(text(inputs));
            }
        } else {
            texts.add(new StringPair(content, null));
        }
        if (texts.isEmpty()) {
            throw Arguments.rejected("the request", EXPECTED, "an empty list");
        }
        return translator.batchProcessInput(context, texts);
    }

    private static JsonNode parse(String content) {
        try {
            return JsonFile.MAPPER.readTree(content);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    "the request must be JSON, received: " + e.getOriginalMessage(), e);
        }
    }

    private static StringPair text(JsonNode json) {
        JsonNode text = json.isObject() ? json.path("text") : json;
        JsonNode pair = json.path("text_pair");
        if (!text.isTextual() || !(pair.isTextual() || pair.isMissingNode() || pair.isNull())) {
            throw Arguments.rejected("the request", EXPECTED, json);
        }
        return new StringPair(text.asText(), pair.isTextual() ? pair.asText() : null);
    }

    @Override
    public Output processOutput(TranslatorContext context, NDList outputs) throws Exception {
        ArrayNode answers = JsonFile.MAPPER.createArrayNode();
        translator.batchProcessOutput(context, outputs).forEach(each -> answers.add(json(each)));
        Output output = new Output();
        output.addProperty("Content-Type", "application/json");
        boolean isList = (boolean) context.getAttachment(IS_LIST);
        output.add((isList ? answers : answers.get(0)).toString().getBytes(UTF_8));
        return output;
    }

    /** As the newer of DJL's versions write an answer. */
    private static JsonNode json(Object answer) {
        if (!(answer instanceof Classifications said)) {
            return JsonFile.MAPPER.valueToTree(answer);
        }
        ArrayNode classes = JsonFile.MAPPER.createArrayNode();
        for (Classifications.Classification each : said.topK()) {
            classes.addObject()
                    .put("className", each.getClassName())
                    .put("probability", each.getProbability());
        }
        return classes;
    }
}
