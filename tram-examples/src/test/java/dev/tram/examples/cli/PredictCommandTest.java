package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.EncoderConfig;
import dev.tram.djl.transformers.model.Gpt2Config;
import dev.tram.djl.transformers.model.ModelConfig;
import dev.tram.djl.transformers.model.PreprocessorConfig;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import dev.tram.examples.SmallTokenizer;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PredictCommandTest extends CommandTester {

    private static final Path REFERENCES =
            Path.of("..", "tram-djl", "src", "test", "resources")
                    .resolve(Checkpoint.class.getPackageName().replace('.', '/'));

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final NDManager manager = NDManager.newBaseManager();

    @AfterEach
    void close() {
        manager.close();
    }

    private int predict(Object... options) {
        return tram(Stream.concat(Stream.of("predict"), Stream.of(options)).toArray());
    }

    private void assertBadInput(int code, String message) {
        assertThat(code).as(err.toString()).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).startsWith("tram predict: ").contains(message);
        assertThat(out.toString()).isEmpty();
    }

    private static Path reference(String name) {
        return REFERENCES.resolve(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2-tiny", "vit-tiny", "xlm-roberta-tiny"})
    void writesTheLogitsOfAFile(String name) throws IOException {
        Path checkpoint = reference(name);
        Path input = checkpoint.resolve("expected.json");
        Path output = directory.resolve("logits.json");
        assertThat(predict("--checkpoint", checkpoint, "--input", input, "--out", output)).isZero();
        JsonNode expected = MAPPER.readTree(input.toFile()).get("logits");
        JsonNode actual = MAPPER.readTree(output.toFile()).get("logits");
        assertThat(actual.get("shape")).isEqualTo(expected.get("shape"));
        assertThat(actual.get("values")).hasSameSizeAs(expected.get("values"));
        for (int i = 0; i < expected.get("values").size(); i++) {
            assertThat(actual.get("values").get(i).doubleValue())
                    .isCloseTo(expected.get("values").get(i).doubleValue(), within(1e-5));
        }
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactly(output);
        }
        assertThat(out.toString() + err).isEmpty();
    }

    @Test
    void aDeviceThatIsNotThereIsRefused() {
        Path checkpoint = reference("gpt2-tiny");
        int code = predict("--checkpoint", checkpoint, "--text", "a", "--device", "gpu99");
        assertBadInput(code, "--device must be cpu");
        assertThat(err.toString()).contains("received: gpu99");
    }

    /** Token types without a mask: nothing is padding. */
    @Test
    void readsTokenTypes() throws IOException {
        Path checkpoint = write(encoder(), SmallTokenizer.ROBERTA);
        String ids = "'input_ids': {'shape': [1, 3], 'values': [5, 6.0, 7]}";
        String types = ", 'token_type_ids': {'shape': [1, 3], 'values': [0, 0, 0]}";
        List<JsonNode> results = new ArrayList<>();
        for (String inputs : List.of(ids, ids + types)) {
            Path input = json("{'inputs': {" + inputs + "}}");
            Path output = directory.resolve("out.json");
            assertThat(predict("--checkpoint", checkpoint, "--input", input, "--out", output))
                    .isZero();
            results.add(MAPPER.readTree(output.toFile()));
        }
        assertThat(results.get(0)).isEqualTo(results.get(1));
    }

    private Path json(String text) throws IOException {
        return Files.writeString(directory.resolve("input.json"), text.replace('\'', '"'));
    }

    private static EncoderConfig encoder() {
        return EncoderConfig.of("roberta", 300, 20, 16, 1, 2, List.of("ham", "spam", "eggs"));
    }

    /** A model with random weights of a size that tells its choices apart, and a tokenizer. */
    private Path write(ModelConfig config, SmallTokenizer tokenizer) throws IOException {
        Path checkpoint = directory.resolve("checkpoint");
        TransformerModel model = config.newBlock();
        model.initialize(manager);
        model.getParameters().values().forEach(p -> p.getArray().muli(9));
        model.save(checkpoint);
        tokenizer.write(checkpoint);
        return checkpoint;
    }

    @Test
    void namesTheMostProbableNextTokens() throws IOException {
        Path checkpoint = write(Gpt2Config.of(300, 20, 16, 1, 2), SmallTokenizer.GPT2);
        assertThat(predict("--checkpoint", checkpoint, "--text", "lower new", "--top", 300))
                .isZero();
        List<String> lines = out.toString().lines().toList();
        assertThat(lines).hasSize(300);
        try (TextTokenizer tokenizer = TextTokenizer.builder().setDirectory(checkpoint).build()) {
            long[] ids = tokenizer.encode("lower new");
            NDArray probabilities =
                    logits(checkpoint, manager.create(ids, new Shape(1, ids.length)))
                            .get("0, -1")
                            .softmax(-1);
            long best = probabilities.argMax().getLong();
            assertThat(lines.get(0))
                    .startsWith("%6.2f %%".formatted(100 * probabilities.max().getFloat()))
                    .endsWith(" (" + best + ")");
            long newline = tokenizer.encode("\n")[0];
            assertThat(lines).anyMatch(line -> line.endsWith("  \"\\n\" (" + newline + ")"));
        }
    }

    private NDArray logits(Path checkpoint, NDArray... inputs) throws IOException {
        return Checkpoint.open(checkpoint)
                .load(manager)
                .forward(new ParameterStore(manager, false), new NDList(inputs), false)
                .head();
    }

    private String lines(List<String> labels, NDArray logits) {
        float[] probabilities = logits.softmax(-1).toFloatArray();
        List<Integer> order = new ArrayList<>();
        for (long i : logits.argSort(-1, false).toLongArray()) {
            order.add((int) i);
        }
        StringBuilder lines = new StringBuilder();
        for (int i : order) {
            lines.append("%6.2f %%  %s%n".formatted(100 * probabilities[i], labels.get(i)));
        }
        return lines.toString();
    }

    @Test
    void classifiesATextAndAPair() throws IOException {
        Path checkpoint = write(encoder(), SmallTokenizer.ROBERTA);
        List<String> labels = List.of("ham", "spam", "eggs");
        try (TextTokenizer tokenizer = TextTokenizer.builder().setDirectory(checkpoint).build()) {
            NDArray one = tokenizer.encode(manager, List.of("low lower")).ids();
            NDArray two = tokenizer.encode(manager, List.of("low"), List.of("wide")).ids();
            assertThat(predict("--checkpoint", checkpoint, "--text", "low lower")).isZero();
            assertThat(out.toString()).isEqualTo(lines(labels, logits(checkpoint, one)));
            out.getBuffer().setLength(0);
            assertThat(predict("--checkpoint", checkpoint, "--text", "low", "--pair", "wide"))
                    .isZero();
            assertThat(out.toString()).isEqualTo(lines(labels, logits(checkpoint, two)));
        }
    }

    @Test
    void classifiesAnImageAsItsPreprocessorSays() throws IOException {
        Path image = reference("pillow").resolve("picture.png");
        BufferedImage picture = ImageIO.read(image.toFile());
        Path checkpoint = Files.createDirectory(directory.resolve("vit"));
        for (String name : List.of("config.json", "model.safetensors")) {
            Files.copy(reference("vit-tiny").resolve(name), checkpoint.resolve(name));
        }
        List<String> labels =
                List.of("LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3", "LABEL_4").subList(0, 5);
        assertThat(predict("--checkpoint", checkpoint, "--image", image)).isZero();
        NDArray usual = PreprocessorConfig.usual(16).prepare(manager, picture);
        assertThat(out.toString()).isEqualTo(lines(labels, logits(checkpoint, usual)));

        Files.writeString(
                checkpoint.resolve("preprocessor_config.json"),
                "{\"size\": 16, \"resample\": 3, \"image_mean\": [0.2, 0.3, 0.4]}");
        out.getBuffer().setLength(0);
        assertThat(predict("--checkpoint", checkpoint, "--image", image, "--top", "2")).isZero();
        NDArray other = PreprocessorConfig.read(checkpoint).orElseThrow().prepare(manager, picture);
        assertThat(lines(labels, logits(checkpoint, other))).startsWith(out.toString());
        assertThat(out.toString().lines()).hasSize(2);
    }

    @Test
    void refusesAnImageForALanguageModel() {
        Path image = reference("pillow").resolve("picture.png");
        assertBadInput(
                predict("--checkpoint", reference("gpt2-tiny"), "--image", image),
                "the model must be one that reads images, received: gpt2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{}; input_ids and optionally [attention_mask], received: []",
                "[; is no JSON",
                "{'inputs': {'pixel_values': {}}}; received: [pixel_values]",
                "{'inputs': {'input_ids': {}}}; shape of input_ids",
                "{'inputs': {'input_ids': {'shape': [1, 2], 'values': [1, 61]}}}; received: 61",
                "{'inputs': {'input_ids': {'shape': [1, 2], 'values': [1, -1]}}}; received: -1",
                "{'inputs': {'input_ids': {'shape': [1, 2], 'values': [1, 0.5]}}}; received: 0.5",
                "{'inputs': {'input_ids': {'shape': [1, 2], 'values': [1, 'a']}}}; received: \"a\"",
                "{'inputs': {'input_ids': {'shape': [1, 2], 'values': [1]}}}; received: [1,2]",
                "{'inputs': {'input_ids': {'shape': [-1, -1], 'values': [1]}}}; received: [-1,-1]",
                "{'inputs': {'input_ids': {'shape': [1], 'values': [1]}}}; of shape (B, T)",
                "{'inputs': {'input_ids': {'shape': [1, 1], 'values': [1]}, 'x': 1}}; x]"
            })
    void refusesOtherInputs(String json, String message) throws IOException {
        Path output = directory.resolve("out.json");
        Path input = json(json);
        int code =
                predict("--checkpoint", reference("gpt2-tiny"), "--input", input, "--out", output);
        assertBadInput(code, message);
        assertThat(output).doesNotExist();
    }

    @Test
    void refusesAnImageOfAnotherSize() throws IOException {
        Path input =
                json("{'inputs': {'pixel_values': {'shape': [1, 3, 1, 1], 'values': [1, 2, 3]}}}");
        Path output = directory.resolve("out.json");
        assertBadInput(
                predict("--checkpoint", reference("vit-tiny"), "--input", input, "--out", output),
                "the images must be of shape (-1, 3, 16, 16), received: (1, 3, 1, 1)");
    }

    /** Arguments after the checkpoint, and a part of the message. */
    @ParameterizedTest
    @CsvSource({
        "gpt2-tiny, '', 'give one of --text, --image, --input and --data'",
        "gpt2-tiny, --text a --image pom.xml, 'give one of --text, --image, --input and --data'",
        "gpt2-tiny, --text a, tokenizer directory must hold tokenizer.json",
        "gpt2-tiny, --text a --top 0, received: 0",
        "gpt2-tiny, --text a --out b, --out goes with --input or --data only",
        "gpt2-tiny, --data pom.xml, --data goes with --out only",
        "gpt2-tiny, --data pom.xml --out b.txt, 'a name that ends in .csv or .jsonl, received:"
                + " b.txt'",
        "gpt2-tiny, --data pom.xml --out b.csv, 'one ending in .csv, .tsv or .jsonl'",
        "gpt2-tiny, --data none.csv --out b.csv, --data must be a file or folder that can be read",
        "gpt2-tiny, --data src --out b.csv, '--data must be a table for a model that reads texts'",
        "gpt2-tiny, --text a --id b, --id goes with --data only",
        "gpt2-tiny, --data pom.xml --out b.csv --batch 0, received: 0",
        "gpt2-tiny, --image pom.xml --pair a, --pair goes with --text only",
        "gpt2-tiny, --input pom.xml, --input goes with --out only",
        "gpt2-tiny, --input nowhere --out b, --input must be a file that can be read",
        "vit-tiny, --image nowhere, --image must be a file that can be read",
        "vit-tiny, --image pom.xml, '--image must be an image, received: pom.xml: no known format'",
        "vit-tiny, --input pom.xml --out /nowhere/b, --out must be a file in an existing directory",
        "vit-tiny, --input pom.xml --out target, --out must be a file in an existing directory",
        "vit-tiny, --input pom.xml --out ./pom.xml, --out must be another file than --input",
        "vit-tiny, --input pom.xml --out b --top 3, --top goes with --text or --image only",
        "vit-tiny, --text a, 'the model must be one that reads texts, received: vit'",
        "pillow, --text a, config.json",
        "nowhere, --text a, 'checkpoint must be an existing directory, received: '"
    })
    void badInputIsOneLineAndCode2(String checkpoint, String arguments, String message) {
        List<Object> words = new ArrayList<>(List.of("--checkpoint"));
        words.add(
                checkpoint.equals("nowhere")
                        ? directory.resolve(checkpoint)
                        : reference(checkpoint));
        words.addAll(arguments.isEmpty() ? List.of() : List.of(arguments.split(" ", -1)));
        assertBadInput(predict(words.toArray()), message);
    }

    @Test
    void refusesTextsThatTheModelCannotRead() throws IOException {
        Path gpt2 = write(Gpt2Config.of(300, 20, 16, 1, 2), SmallTokenizer.GPT2);
        assertBadInput(predict("--checkpoint", gpt2, "--text", ""), "at least one token long");
        err.getBuffer().setLength(0);
        assertBadInput(
                predict("--checkpoint", gpt2, "--text", "?".repeat(21)),
                "the number of tokens T must be at most 20, received: 21");
        err.getBuffer().setLength(0);
        assertBadInput(
                predict("--checkpoint", gpt2, "--text", "a", "--pair", "b"),
                "the second text must be absent for a language model, received: b");
    }

    /** Their logits would be more than memory, or a file of JSON, holds. */
    @Test
    void refusesMoreTokensThanALanguageModelCanAnswer() throws IOException {
        Path gpt2 = write(Gpt2Config.of(20_000, 20, 16, 1, 2), SmallTokenizer.GPT2);
        Path input = directory.resolve("many.json");
        Files.writeString(
                input,
                "{\"inputs\": {\"input_ids\": {\"shape\": [13422, 1], \"values\": [5"
                        + ",5".repeat(13_421)
                        + "]}}}");
        assertBadInput(
                predict("--checkpoint", gpt2, "--input", input, "--out", directory.resolve("b")),
                "input_ids in "
                        + input
                        + " must be at most 13421 tokens, as each has 20000 logits (make several"
                        + " files), received: 13422");
    }

    @Test
    void refusesATokenizerOfAnotherModel() throws IOException {
        Path checkpoint = write(Gpt2Config.of(20, 20, 16, 1, 2), SmallTokenizer.GPT2);
        assertBadInput(
                predict("--checkpoint", checkpoint, "--text", "low"),
                "the tokenizer's ids must be less than vocab_size 20, received: ");
    }

    private void configure(Path checkpoint, Consumer<ObjectNode> change) throws IOException {
        Path config = checkpoint.resolve("config.json");
        ObjectNode tree = (ObjectNode) MAPPER.readTree(config.toFile());
        change.accept(tree);
        MAPPER.writeValue(config.toFile(), tree);
    }

    @Test
    void aSingleLabelIsANumber() throws IOException {
        Path checkpoint = write(encoder().withLabels(List.of("score")), SmallTokenizer.ROBERTA);
        try (TextTokenizer tokenizer = TextTokenizer.builder().setDirectory(checkpoint).build()) {
            NDArray ids = tokenizer.encode(manager, List.of("low")).ids();
            assertThat(predict("--checkpoint", checkpoint, "--text", "low")).isZero();
            assertThat(out.toString())
                    .isEqualTo("%10.4f  score%n".formatted(logits(checkpoint, ids).getFloat(0, 0)));
        }
        configure(checkpoint, tree -> tree.put("problem_type", "single_label_classification"));
        out.getBuffer().setLength(0);
        assertBadInput(
                predict("--checkpoint", checkpoint, "--text", "low"),
                "must be at least two, received: [score]");
    }

    @Test
    void labelsOfWhichSeveralMayBeRightHaveProbabilitiesOfTheirOwn() throws IOException {
        Path checkpoint = write(encoder(), SmallTokenizer.ROBERTA);
        configure(checkpoint, tree -> tree.put("problem_type", "multi_label_classification"));
        try (TextTokenizer tokenizer = TextTokenizer.builder().setDirectory(checkpoint).build()) {
            NDArray ids = tokenizer.encode(manager, List.of("low")).ids();
            float[] logits = logits(checkpoint, ids).toFloatArray();
            assertThat(predict("--checkpoint", checkpoint, "--text", "low")).isZero();
            for (int i = 0; i < logits.length; i++) {
                assertThat(out.toString())
                        .contains(
                                "%6.2f %%  %s%n"
                                        .formatted(
                                                100 / (1 + Math.exp(-logits[i])),
                                                encoder().labels().get(i)));
            }
        }
    }

    @Test
    void aClassifierOfGpt2Classifies() throws IOException {
        Path checkpoint =
                write(
                        Gpt2Config.of(300, 20, 16, 1, 2).withLabels(List.of("ham", "spam")),
                        SmallTokenizer.GPT2);
        try (TextTokenizer tokenizer = TextTokenizer.builder().setDirectory(checkpoint).build()) {
            NDArray ids = tokenizer.encode(manager, List.of("low lower")).ids();
            assertThat(predict("--checkpoint", checkpoint, "--text", "low lower")).isZero();
            assertThat(out.toString())
                    .isEqualTo(lines(List.of("ham", "spam"), logits(checkpoint, ids)));
        }
        out.getBuffer().setLength(0);
        assertBadInput(
                predict("--checkpoint", checkpoint, "--text", ""), "at least one token long");
    }

    @Test
    void aClassifierCutsWhereItWasTrainedTo() throws IOException {
        Path checkpoint = write(encoder(), SmallTokenizer.ROBERTA);
        Path settings = checkpoint.resolve("tokenizer_config.json");
        ObjectNode tree = (ObjectNode) MAPPER.readTree(settings.toFile());
        MAPPER.writeValue(settings.toFile(), tree.put("model_max_length", 7));
        try (TextTokenizer tokenizer =
                TextTokenizer.builder().setDirectory(checkpoint).optMaxLength(7).build()) {
            String text = "low lower wide wider newest";
            NDArray ids = tokenizer.encode(manager, List.of(text)).ids();
            assertThat(ids.getShape()).isEqualTo(new Shape(1, 7));
            assertThat(predict("--checkpoint", checkpoint, "--text", text)).isZero();
            assertThat(out.toString())
                    .isEqualTo(lines(encoder().labels(), logits(checkpoint, ids)));
        }
    }

    @Test
    void refusesAModelWithoutAHeadOrWithAnotherOne() throws IOException {
        Path checkpoint = write(encoder(), SmallTokenizer.ROBERTA);
        configure(checkpoint, tree -> tree.put("model_type", "bert").put("pad_token_id", 0));
        assertBadInput(predict("--checkpoint", checkpoint, "--text", "low"), "does not fit");
        err.getBuffer().setLength(0);
        configure(
                checkpoint,
                tree -> tree.putArray("architectures").add("BertForTokenClassification"));
        assertBadInput(
                predict("--checkpoint", checkpoint, "--text", "low"),
                "architectures in config.json must be BertForSequenceClassification, received:"
                        + " [BertForTokenClassification]");
    }

    @Test
    void refusesDamagedWeights() throws IOException {
        Path checkpoint = write(encoder(), SmallTokenizer.ROBERTA);
        Path weights = checkpoint.resolve("model.safetensors");
        Files.write(weights, Arrays.copyOf(Files.readAllBytes(weights), 5000));
        assertBadInput(
                predict("--checkpoint", checkpoint, "--text", "low"),
                "--checkpoint " + checkpoint + ": " + weights);
    }

    @Test
    void refusesLogitsThatAreNotFinite() throws IOException {
        TransformerModel model = encoder().newBlock();
        Path checkpoint = write(encoder(), SmallTokenizer.ROBERTA);
        model.initialize(manager);
        model.getParameters().values().forEach(p -> p.getArray().muli(Float.NaN));
        model.save(checkpoint);
        assertBadInput(
                predict("--checkpoint", checkpoint, "--text", "low"),
                "the logits of " + checkpoint + " must be finite, received: NaN");
    }

    @Test
    void saysThatAnEncoderNeedsAHead() throws IOException {
        assertBadInput(
                predict("--checkpoint", "minilm", "--text", "hello"),
                "It has no head of this kind: give it a new one and train that.");
    }
}
