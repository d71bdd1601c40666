package dev.tram.djl.transformers.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.inference.Predictor;
import ai.djl.modality.Classifications;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.cv.BufferedImageFactory;
import ai.djl.modality.cv.Image;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ZooModel;
import ai.djl.training.ParameterStore;
import ai.djl.util.StringPair;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.EncoderConfig;
import dev.tram.djl.transformers.model.Gpt2Config;
import dev.tram.djl.transformers.model.ModelConfig;
import dev.tram.djl.transformers.model.PreprocessorConfig;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.model.VitConfig;
import dev.tram.djl.transformers.tokenizer.SmallTokenizer;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A saved directory loads by DJL's Criteria, and answers as its block does. */
class CriteriaTest {

    private static final List<String> LABELS = List.of("ham", "spam", "eggs");
    private static final List<String> TEXTS = List.of("a", "a longer text", "of three words");
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir private Path directory;

    private final NDManager manager = NDManager.newBaseManager();

    @AfterEach
    void close() {
        manager.close();
    }

    private void save(ModelConfig config) throws IOException {
        TransformerModel model = config.newBlock();
        model.initialize(manager, 7);
        model.save(directory);
    }

    private void saveEncoder(List<String> labels) throws IOException {
        SmallTokenizer.ROBERTA.write(directory);
        save(
                EncoderConfig.of("roberta", SmallTokenizer.SIZE, 40, 16, 1, 2, labels)
                        .withInitializerRange(0.5f));
    }

    private <I, O> ZooModel<I, O> load(Class<I> input, Class<O> output) throws Exception {
        return Criteria.builder()
                .setTypes(input, output)
                .optModelPath(directory)
                .optTranslatorFactory(new TransformerTranslatorFactory())
                .build()
                .loadModel();
    }

    /** The block's logits of a text or a pair, computed alone. */
    private NDArray logits(String text, String pair) throws IOException {
        try (TextTokenizer tokenizer =
                TextTokenizer.builder().setDirectory(directory).optModelLimit().build()) {
            NDList inputs =
                    (pair == null
                                    ? tokenizer.encode(manager, List.of(text))
                                    : tokenizer.encode(manager, List.of(text), List.of(pair)))
                            .toList();
            return forward(inputs);
        }
    }

    private NDArray forward(NDList inputs) throws IOException {
        return Checkpoint.open(directory)
                .load(manager)
                .forward(new ParameterStore(manager, false), inputs, false)
                .head();
    }

    private static void assertSays(Classifications said, NDArray logits) {
        float[] expected = logits.softmax(-1).toFloatArray();
        assertThat(said.getClassNames()).isEqualTo(LABELS);
        for (int i = 0; i < expected.length; i++) {
            assertThat(said.getProbabilities().get(i)).isCloseTo(expected[i], within(1e-5));
        }
    }

    @Test
    void textsOneByOneAndInBatches() throws Exception {
        saveEncoder(LABELS);
        try (ZooModel<String, Classifications> model = load(String.class, Classifications.class);
                Predictor<String, Classifications> predictor = model.newPredictor()) {
            List<Classifications> all = predictor.batchPredict(TEXTS);
            for (int i = 0; i < TEXTS.size(); i++) {
                NDArray expected = logits(TEXTS.get(i), null);
                assertSays(predictor.predict(TEXTS.get(i)), expected);
                assertSays(all.get(i), expected);
            }
        }
    }

    @Test
    void pairsAndNumbersAlone() throws Exception {
        saveEncoder(LABELS);
        try (ZooModel<StringPair, Classifications> model =
                        load(StringPair.class, Classifications.class);
                Predictor<StringPair, Classifications> predictor = model.newPredictor()) {
            assertSays(
                    predictor.predict(new StringPair("a longer text", "words")),
                    logits("a longer text", "words"));
        }
        saveEncoder(List.of("length"));
        try (ZooModel<String, float[]> model = load(String.class, float[].class);
                Predictor<String, float[]> predictor = model.newPredictor()) {
            assertThat(predictor.predict("of three words"))
                    .containsExactly(logits("of three words", null).toFloatArray(), within(1e-5f));
        }
        assertThatThrownBy(() -> load(String.class, Classifications.class))
                .hasStackTraceContaining("float[] for a regression");
    }

    @Test
    void imagesOfAnySize() throws Exception {
        save(VitConfig.of(16, 8, 16, 1, 2, LABELS));
        BufferedImage picture = new BufferedImage(20, 11, BufferedImage.TYPE_INT_RGB);
        IntStream.range(0, 20).forEach(x -> picture.setRGB(x, x / 2, 0xFF00AA + x));
        NDArray pixels = PreprocessorConfig.usual(16).prepare(manager, picture);
        NDArray expected = forward(new NDList(pixels));
        try (ZooModel<Image, Classifications> model = load(Image.class, Classifications.class);
                Predictor<Image, Classifications> predictor = model.newPredictor()) {
            Image image = BufferedImageFactory.getInstance().fromImage(picture);
            assertSays(predictor.predict(image), expected);
            assertSays(predictor.batchPredict(List.of(image, image)).get(1), expected);
        }
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        ImageIO.write(picture, "png", file);
        try (ZooModel<Input, Output> model = load(Input.class, Output.class);
                Predictor<Input, Output> predictor = model.newPredictor()) {
            Input request = new Input();
            request.add("data", file.toByteArray());
            JsonNode said = MAPPER.readTree(predictor.predict(request).getData().getAsString());
            assertThat(said.get(0).get("probability").asDouble())
                    .isCloseTo(expected.softmax(-1).max().getFloat(), within(1e-5));
        }
    }

    @Test
    void languageModelsNameTheNextTokens() throws Exception {
        SmallTokenizer.GPT2.write(directory);
        save(Gpt2Config.of(SmallTokenizer.SIZE, 30, 16, 1, 2));
        try (ZooModel<String, Classifications> model = load(String.class, Classifications.class);
                Predictor<String, Classifications> predictor = model.newPredictor();
                TextTokenizer tokenizer = TextTokenizer.builder().setDirectory(directory).build()) {
            List<Classifications> all = predictor.batchPredict(TEXTS);
            for (int i = 0; i < TEXTS.size(); i++) {
                NDArray ids = manager.create(tokenizer.encode(TEXTS.get(i))).expandDims(0);
                NDArray next = forward(new NDList(ids)).get("0, -1").softmax(-1);
                String best = tokenizer.decode(new long[] {next.argMax().getLong()});
                for (Classifications said : List.of(all.get(i), predictor.predict(TEXTS.get(i)))) {
                    assertThat(said.getClassNames()).hasSize(5);
                    assertThat(said.getClassNames().get(0)).isEqualTo(best);
                    assertThat(said.getProbabilities().get(0))
                            .isCloseTo(next.max().getFloat(), within(1e-5));
                }
            }
        }
    }

    private static JsonNode answer(Predictor<Input, Output> predictor, String type, String content)
            throws Exception {
        Input request = new Input();
        request.addProperty("Content-Type", type);
        request.add("data", content.getBytes(StandardCharsets.UTF_8));
        return MAPPER.readTree(predictor.predict(request).getData().getAsString());
    }

    @Test
    void requestsOfServing() throws Exception {
        saveEncoder(LABELS);
        try (ZooModel<Input, Output> model = load(Input.class, Output.class);
                Predictor<Input, Output> predictor = model.newPredictor()) {
            JsonNode plain = answer(predictor, "text/plain", "of three words");
            double expected = logits("of three words", null).softmax(-1).max().getFloat();
            assertThat(plain.get(0).get("probability").asDouble())
                    .isCloseTo(expected, within(1e-5));
            String json = "application/json";
            assertThat(answer(predictor, json, "\"of three words\"")).isEqualTo(plain);
            JsonNode list =
                    answer(
                            predictor,
                            json,
                            "{\"inputs\": [\"of three words\", {\"text\": \"of three words\"}]}");
            assertThat(list).hasSize(2);
            assertThat(list.get(1)).isEqualTo(list.get(0));
            JsonNode pair =
                    answer(predictor, json, "{\"text\": \"a longer text\", \"text_pair\": \"a\"}");
            assertThat(pair.get(0).get("probability").asDouble())
                    .isCloseTo(
                            logits("a longer text", "a").softmax(-1).max().getFloat(),
                            within(1e-5));
            for (String bad : List.of("{\"words\": 3}", "[]", "[3]", "{")) {
                assertThatThrownBy(() -> answer(predictor, json, bad))
                        .hasStackTraceContaining("the request must");
            }
        }
    }

    /** What djl-serving reads of the directory, which names the classes. */
    @Test
    void theDirectorySaysHowItIsLoaded() throws Exception {
        saveEncoder(LABELS);
        assertThat(Files.readAllLines(directory.resolve("serving.properties")))
                .containsExactly(
                        "engine=PyTorch",
                        "option.hasParameter=false",
                        "blockFactory=" + TransformerBlockFactory.class.getName(),
                        "translatorFactory=" + TransformerTranslatorFactory.class.getName());
        Files.delete(directory.resolve("serving.properties"));
        try (ZooModel<String, Classifications> model =
                Criteria.builder()
                        .setTypes(String.class, Classifications.class)
                        .optModelPath(directory)
                        .optEngine("PyTorch")
                        .optArgument("blockFactory", TransformerBlockFactory.class.getName())
                        .optOption("hasParameter", "false")
                        .optTranslatorFactory(new TransformerTranslatorFactory())
                        .build()
                        .loadModel()) {
            assertThat(model.getBlock()).isInstanceOf(TransformerModel.class);
        }
    }

    @Test
    void severalLabelsMayBeRight() throws Exception {
        saveEncoder(LABELS);
        Path file = directory.resolve("config.json");
        ObjectNode json = (ObjectNode) MAPPER.readTree(file.toFile());
        MAPPER.writeValue(file.toFile(), json.put("problem_type", "multi_label_classification"));
        try (ZooModel<String, float[]> model = load(String.class, float[].class);
                Predictor<String, float[]> predictor = model.newPredictor()) {
            float[] logits = logits("a longer text", null).toFloatArray();
            float[] said = predictor.predict("a longer text");
            for (int i = 0; i < said.length; i++) {
                assertThat((double) said[i])
                        .isCloseTo(1 / (1 + Math.exp(-logits[i])), within(1e-5));
            }
        }
    }

    @Test
    void otherInputsAreRefused() throws Exception {
        saveEncoder(LABELS);
        assertThatThrownBy(() -> load(Image.class, Classifications.class))
                .hasStackTraceContaining("one that reads images");
        save(VitConfig.of(16, 8, 16, 1, 2, LABELS));
        assertThatThrownBy(() -> load(String.class, Classifications.class))
                .hasStackTraceContaining("one that reads texts");
    }
}
