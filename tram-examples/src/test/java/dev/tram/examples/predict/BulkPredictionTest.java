package dev.tram.examples.predict;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.djl.transformers.model.EncoderConfig;
import dev.tram.djl.transformers.model.Gpt2Config;
import dev.tram.djl.transformers.model.ModelConfig;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.model.VitConfig;
import dev.tram.examples.SmallTokenizer;
import dev.tram.experiments.data.RowCensus;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is predicted in bulk is what is predicted for each row alone. */
class BulkPredictionTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int ROWS = 333;

    @TempDir private Path directory;

    private Path save(ModelConfig config) throws IOException {
        Path checkpoint = directory.resolve("checkpoint");
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel model = config.newBlock();
            model.initialize(manager, 3);
            model.save(checkpoint);
        }
        return checkpoint;
    }

    private Path encoder(List<String> labels) throws IOException {
        Path checkpoint =
                save(
                        EncoderConfig.of("roberta", SmallTokenizer.SIZE, 40, 16, 1, 2, labels)
                                .withInitializerRange(0.5f));
        SmallTokenizer.ROBERTA.write(checkpoint);
        return checkpoint;
    }

    private static List<String> texts() {
        Random random = new Random(4);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            texts.add("\"day, " + i + "\" " + "night ".repeat(random.nextInt(9)));
        }
        return texts;
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\"", "\"\"") + "\"";
    }

    private Path write(String format, List<String> texts) throws IOException {
        StringBuilder rows =
                new StringBuilder(
                        switch (format) {
                            case "csv", "csv.gz" -> "name,text,other\n";
                            case "tsv" -> "name\ttext\n";
                            default -> "";
                        });
        for (int i = 0; i < texts.size(); i++) {
            String text = texts.get(i);
            rows.append(
                    switch (format) {
                        case "csv", "csv.gz" -> "n" + i + "," + quoted(text) + ",x\n";
                        case "tsv" -> "n" + i + "\t" + text + "\n";
                        default ->
                                MAPPER.writeValueAsString(
                                                MAPPER.createObjectNode()
                                                        .put("name", "n" + i)
                                                        .put("text", text))
                                        + "\n";
                    });
        }
        Path file = directory.resolve("table." + format);
        try (OutputStream plain = Files.newOutputStream(file);
                OutputStream out = format.endsWith("gz") ? new GZIPOutputStream(plain) : plain) {
            out.write(rows.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        return file;
    }

    private static BulkSource texts(Path data, String id) {
        return new BulkSource(data, "text", null, "image", id);
    }

    /** Long and short texts mixed, in several windows, against one at a time. */
    @ParameterizedTest
    @ValueSource(strings = {"csv", "csv.gz", "tsv", "jsonl"})
    void eachRowOfATableHasItsProbabilities(String format) throws IOException {
        Path out = directory.resolve("out.jsonl");
        List<String> texts = texts();
        try (Predictor predictor = Predictor.open(encoder(List.of("a", "b", "c")), Device.cpu())) {
            RowCensus census =
                    texts(write(format, texts), "name").predict(predictor, 4, out, line -> {});
            assertThat(census.rows()).isEqualTo(ROWS);
            List<String> lines = Files.readAllLines(out);
            assertThat(lines).hasSize(ROWS);
            for (int i = 0; i < ROWS; i++) {
                JsonNode line = MAPPER.readTree(lines.get(i));
                assertThat(line.get("name").asText()).isEqualTo("n" + i);
                List<Choice> choices = predictor.text(texts.get(i), null, 3);
                assertThat(line.get("label").asText()).isEqualTo(choices.get(0).name());
                for (Choice choice : choices) {
                    assertThat(line.get("probabilities").get(choice.name()).asDouble())
                            .isCloseTo(choice.value(), within(1e-5));
                }
            }
        }
    }

    @Test
    void aTableOfPredictionsNamesTheLine() throws IOException {
        Path data =
                Files.writeString(
                        directory.resolve("pairs.csv"), "one,two\na,b\n\"c\nd\",e\nf,g\n");
        Path out = directory.resolve("out.csv");
        try (Predictor predictor =
                Predictor.open(encoder(List.of("yes", "no, never")), Device.cpu())) {
            new BulkSource(data, "one", "two", "image", null)
                    .predict(predictor, 32, out, line -> {});
            List<String> lines = Files.readAllLines(out);
            assertThat(lines).hasSize(4);
            assertThat(lines.get(0)).isEqualTo("line,label,p_yes,\"p_no, never\"");
            assertThat(lines.get(1)).startsWith("2,");
            assertThat(lines.get(2)).startsWith("3,");
            assertThat(lines.get(3)).startsWith("5,");
            Choice best = predictor.text("f", "g", 1).get(0);
            assertThat(lines.get(3)).contains(best.name());
        }
    }

    private static Path parquet(String name) throws URISyntaxException {
        return Path.of(RowCensus.class.getResource(name).toURI());
    }

    @Test
    void pairsOfParquetAreNumberedByRows() throws Exception {
        Path out = directory.resolve("out.jsonl");
        try (Predictor predictor = Predictor.open(encoder(List.of("a", "b")), Device.cpu())) {
            new BulkSource(parquet("types.parquet"), "category", "json", "image", null)
                    .predict(predictor, 1, out, line -> {});
            List<String> lines = Files.readAllLines(out);
            List<Choice> second = predictor.text("spam", "\"b\"", 2);
            assertThat(lines).hasSize(2);
            JsonNode line = MAPPER.readTree(lines.get(1));
            assertThat(line.get("row").isInt()).isTrue();
            assertThat(line.get("row").asInt()).isEqualTo(2);
            assertThat(line.get("label").asText()).isEqualTo(second.get(0).name());
            for (Choice choice : second) {
                assertThat(line.get("probabilities").get(choice.name()).asDouble())
                        .isCloseTo(choice.value(), within(1e-5));
            }
        }
    }

    /** A red and a blue one, which the model tells apart. */
    @Test
    void imagesOfParquetAreNamedByAColumn() throws Exception {
        Path checkpoint = save(VitConfig.of(16, 8, 16, 1, 2, List.of("a", "b")));
        Path out = directory.resolve("out.jsonl");
        try (Predictor predictor = Predictor.open(checkpoint, Device.cpu())) {
            new BulkSource(parquet("images.parquet"), "text", null, "img", "fine_label")
                    .predict(predictor, 2, out, line -> {});
            List<String> lines = Files.readAllLines(out);
            assertThat(lines).hasSize(2);
            int[] colours = {0xFF0000, 0x0000FF};
            int[] names = {3, 7};
            for (int i = 0; i < 2; i++) {
                BufferedImage image = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
                image.setRGB(
                        0,
                        0,
                        2,
                        2,
                        new int[] {colours[i], colours[i], colours[i], colours[i]},
                        0,
                        2);
                JsonNode line = MAPPER.readTree(lines.get(i));
                assertThat(line.get("fine_label").isInt()).isTrue();
                assertThat(line.get("fine_label").asInt()).isEqualTo(names[i]);
                for (Choice choice : predictor.image(image, 2)) {
                    assertThat(line.get("probabilities").get(choice.name()).asDouble())
                            .isCloseTo(choice.value(), within(1e-5));
                }
            }
            assertThat(MAPPER.readTree(lines.get(0)).get("probabilities"))
                    .isNotEqualTo(MAPPER.readTree(lines.get(1)).get("probabilities"));
        }
    }

    private void configure(Path checkpoint, Consumer<ObjectNode> change) throws IOException {
        Path file = checkpoint.resolve("config.json");
        ObjectNode json = (ObjectNode) MAPPER.readTree(file.toFile());
        change.accept(json);
        MAPPER.writeValue(file.toFile(), json);
    }

    @Test
    void numbersAndSeveralLabels() throws IOException {
        Path checkpoint = encoder(List.of("a", "b", "c"));
        Path data = write("csv", List.of("warm", "cold"));
        Path out = directory.resolve("out.csv");
        for (String problem : List.of("regression", "multi_label_classification")) {
            configure(checkpoint, json -> json.put("problem_type", problem));
            try (Predictor predictor = Predictor.open(checkpoint, Device.cpu())) {
                texts(data, null).predict(predictor, 2, out, line -> {});
                List<Choice> choices = predictor.text("warm", null, 3);
                List<String> lines = Files.readAllLines(out);
                if (problem.equals("regression")) {
                    assertThat(lines.get(0)).isEqualTo("line,a,b,c");
                    String[] cells = lines.get(1).split(",", -1);
                    for (Choice choice : choices) {
                        assertThat(Double.parseDouble(cells[1 + choice.index()]))
                                .isCloseTo(choice.value(), within(1e-5));
                    }
                } else {
                    assertThat(lines.get(0)).isEqualTo("line,labels,p_a,p_b,p_c");
                    String right =
                            choices.stream()
                                    .filter(choice -> choice.value() >= 0.5)
                                    .map(Choice::name)
                                    .sorted()
                                    .reduce((a, b) -> a + ";" + b)
                                    .orElse("");
                    assertThat(lines.get(1)).startsWith("2," + right + ",");
                }
            }
        }
    }

    @Test
    void aLanguageModelGoesOnWithEachText() throws IOException {
        Path checkpoint = save(Gpt2Config.of(SmallTokenizer.SIZE, 80, 16, 1, 2));
        SmallTokenizer.GPT2.write(checkpoint);
        Path out = directory.resolve("out.jsonl");
        List<String> texts = texts().subList(0, 20);
        try (Predictor predictor = Predictor.open(checkpoint, Device.cpu())) {
            texts(write("jsonl", texts), null).predict(predictor, 8, out, line -> {});
            List<String> lines = Files.readAllLines(out);
            for (int i = 0; i < texts.size(); i++) {
                JsonNode line = MAPPER.readTree(lines.get(i));
                Choice best = predictor.text(texts.get(i), null, 1).get(0);
                assertThat(line.get("line").isInt()).isTrue();
                assertThat(line.get("line").asInt()).isEqualTo(i + 1);
                assertThat(line.get("index").asInt()).isEqualTo(best.index());
                assertThat(line.get("token").asText()).isEqualTo(best.name());
                assertThat(line.get("probability").asDouble())
                        .isCloseTo(best.value(), within(1e-5));
            }
        }
    }

    @Test
    void aFolderWithoutImagesIsRefused() throws IOException {
        Path checkpoint = save(VitConfig.of(16, 8, 16, 1, 2, List.of("a", "b")));
        Path folder = Files.createDirectories(directory.resolve("empty"));
        Path out = directory.resolve("out.csv");
        BulkSource source = new BulkSource(folder, "text", null, "image", null);
        try (Predictor predictor = Predictor.open(checkpoint, Device.cpu())) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> source.predict(predictor, 1, out, line -> {}))
                    .withMessageContaining("--data must be a folder with PNG, JPEG");
        }
        assertThat(out).doesNotExist();
    }

    @Test
    void imagesOfAFolderWithClassesOrWithout() throws IOException {
        Path checkpoint = save(VitConfig.of(16, 8, 16, 1, 2, List.of("a", "b")));
        Path folder = Files.createDirectories(directory.resolve("images").resolve("deep"));
        BufferedImage image = new BufferedImage(9, 21, BufferedImage.TYPE_INT_RGB);
        image.setRGB(3, 4, 0xFFEEDD);
        ImageIO.write(image, "png", folder.resolve("one.png").toFile());
        ImageIO.write(image, "png", folder.resolveSibling("two.png").toFile());
        Path out = directory.resolve("out.csv");
        try (Predictor predictor = Predictor.open(checkpoint, Device.cpu())) {
            new BulkSource(directory.resolve("images"), "text", null, "image", null)
                    .predict(predictor, 1, out, line -> {});
            Choice best = predictor.image(image, 1).get(0);
            List<String> lines = Files.readAllLines(out);
            assertThat(lines.get(0)).isEqualTo("file,label,p_a,p_b");
            assertThat(lines.get(1))
                    .startsWith(Path.of("deep", "one.png") + "," + best.name() + ",");
            assertThat(lines.get(2)).startsWith("two.png," + best.name() + ",");
            assertThat(lines.get(1).substring(lines.get(1).indexOf(',')))
                    .isEqualTo(lines.get(2).substring(lines.get(2).indexOf(',')));
        }
    }

    @Test
    void malformedRowsAreLeftOutAndCountedAndTooManyAreRefused() throws IOException {
        List<String> texts = texts();
        texts.set(7, " ");
        Path out = directory.resolve("out.csv");
        try (Predictor predictor = Predictor.open(encoder(List.of("a", "b")), Device.cpu())) {
            RowCensus census =
                    texts(write("csv", texts), null).predict(predictor, 8, out, line -> {});
            assertThat(census.malformed()).isEqualTo(1);
            assertThat(census.report()).contains("column text is blank");
            assertThat(Files.readAllLines(out)).hasSize(ROWS).noneMatch(l -> l.startsWith("9,"));
            Files.delete(out);
            texts.replaceAll(text -> text.contains("1") ? " " : text);
            Path bad = write("tsv", texts);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> texts(bad, null).predict(predictor, 8, out, line -> {}))
                    .withMessageContaining("rows are malformed (limit 1 %)");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> texts(bad, "nope").predict(predictor, 8, out, line -> {}))
                    .withMessageContaining("--id must be a column of")
                    .withMessageContaining("received: nope");
            Path labelled =
                    Files.writeString(directory.resolve("labelled.csv"), "text,label\nx,a\n");
            assertThatIllegalArgumentException()
                    .isThrownBy(
                            () -> texts(labelled, "label").predict(predictor, 8, out, line -> {}))
                    .withMessage(
                            "the name of the column that identifies a row (--id) must be none of"
                                    + " label, p_a, p_b, received: label");
            assertThat(out).doesNotExist();
            assertThat(directory.resolve("out.csv.incomplete")).doesNotExist();
        }
    }
}
