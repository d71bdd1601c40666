package dev.tram.djl.transformers.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import ai.djl.util.StringPair;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.EncoderConfig;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A multilingual MiniLM is a BERT with the tokenizer of XLM-RoBERTa. */
class MultilingualMiniLmTest {

    @TempDir private Path directory;

    private void copy(Class<?> place, String name, String target) throws IOException {
        try (InputStream in = place.getResourceAsStream(name)) {
            Files.copy(in, directory.resolve(target));
        }
    }

    /** Against an independent implementation of the model and the SentencePiece program's ids. */
    @Test
    void classifiesTextsOfSeveralLanguages() throws IOException {
        for (String file : List.of("config.json", "model.safetensors", "expected.json")) {
            copy(Checkpoint.class, "bert-tiny/" + file, file);
        }
        copy(TextTokenizer.class, "sentencepiece/tokenizer.json", "tokenizer.json");
        Files.writeString(
                directory.resolve("tokenizer_config.json"),
                "{\"tokenizer_class\": \"XLMRobertaTokenizer\"}");
        JsonNode cases =
                new ObjectMapper()
                        .readTree(directory.resolve("expected.json").toFile())
                        .get("texts");
        Checkpoint checkpoint = Checkpoint.open(directory);
        assertThat(checkpoint.config()).isInstanceOf(EncoderConfig.class);
        try (NDManager manager = NDManager.newBaseManager();
                TextEncoder encoder = TextEncoder.of(checkpoint)) {
            TransformerModel model = checkpoint.load(manager);
            List<StringPair> texts = new ArrayList<>();
            cases.forEach(each -> texts.add(new StringPair(each.get("text").asText(), null)));
            NDArray logits =
                    model.forward(
                                    new ParameterStore(manager, false),
                                    new NDList(encoder.encode(texts).apply(manager)),
                                    false)
                            .head();
            for (int i = 0; i < texts.size(); i++) {
                float[] actual = logits.get(i).toFloatArray();
                for (int label = 0; label < actual.length; label++) {
                    assertThat((double) actual[label])
                            .isCloseTo(
                                    cases.get(i).get("logits").get(label).asDouble(), within(1e-5));
                }
            }
        }
    }
}
