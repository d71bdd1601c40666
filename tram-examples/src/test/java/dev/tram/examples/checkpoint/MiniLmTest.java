package dev.tram.examples.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.allminilml6v2.AllMiniLmL6V2EmbeddingModel;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import dev.tram.djl.transformers.tokenizer.TokenBatch;
import dev.tram.experiments.ModelCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** MiniLM as a block against the artifact's own model, which ONNX Runtime runs. */
class MiniLmTest {

    private static final List<String> SENTENCES =
            List.of(
                    "Hello",
                    "A cat sits on the mat.",
                    "a CAT sits on the MAT",
                    "The trust region keeps the model close to what it knew.",
                    "Sharp minima generalise worse than flat ones, or so it is said.",
                    "Call me Ishmael.",
                    "Some years ago—never mind how long precisely—having little or no money in my"
                            + " purse, and nothing particular to interest me on shore, I thought I"
                            + " would sail about a little and see the watery part of the world.",
                    "¿Dónde está la biblioteca?",
                    "Der Übermut der Ämter",
                    "北京是中华人民共和国的首都",
                    "Привет, мир",
                    "🙂 🙃",
                    "1999-12-31 23:59:60",
                    "https://example.com/a?b=c#d",
                    "supercalifragilisticexpialidocious",
                    "WIN A FREE PRIZE NOW!!!",
                    "Please find attached the minutes of yesterday's meeting.",
                    "x",
                    "... --- ...",
                    "Fellow-Citizens of the Senate and House of Representatives: "
                            + "I embrace with great satisfaction the opportunity. ".repeat(8));

    @TempDir private static Path scratch;

    private static final NDManager MANAGER = NDManager.newBaseManager();
    private static Path directory;
    private static Checkpoint checkpoint;
    private static TransformerModel model;

    @BeforeAll
    static void convert() throws IOException {
        directory = MiniLm.directory(new ModelCache(scratch.resolve("cache")));
        checkpoint = Checkpoint.open(directory).withMeanPooling(List.of("ham", "spam"));
        model = checkpoint.load(MANAGER);
    }

    @AfterAll
    static void close() {
        MANAGER.close();
    }

    private static float[][] embeddings(TransformerModel encoder, List<String> sentences)
            throws IOException {
        try (NDManager scope = MANAGER.newSubManager();
                TextTokenizer tokenizer = TextTokenizer.builder().setDirectory(directory).build();
                TokenBatch batch = tokenizer.encode(scope, sentences)) {
            NDArray pooled =
                    encoder.features(new ParameterStore(scope, false), batch.toList(), false);
            NDArray normalized = pooled.normalize(2, 1);
            float[][] rows = new float[sentences.size()][];
            for (int i = 0; i < rows.length; i++) {
                rows[i] = normalized.get(i).toFloatArray();
            }
            return rows;
        }
    }

    /**
     * The batch is padded to its longest sentence, the reference sees each sentence alone, and at
     * most 128 tokens of it.
     */
    @Test
    void embedsAsOnnxRuntimeDoes() throws IOException {
        EmbeddingModel reference = new AllMiniLmL6V2EmbeddingModel();
        float[][] actual = embeddings(model, SENTENCES);
        assertThat(SENTENCES).hasSize(20);
        for (int i = 0; i < SENTENCES.size(); i++) {
            float[] expected = reference.embed(SENTENCES.get(i)).content().vector();
            assertThat(actual[i]).as(SENTENCES.get(i)).containsExactly(expected, within(1e-4f));
        }
    }

    @Test
    void tellsMeaningsApart() throws IOException {
        float[][] rows =
                embeddings(
                        model,
                        List.of("The cat sleeps.", "A kitten is napping.", "Rates were raised."));
        assertThat(cosine(rows[0], rows[1])).isGreaterThan(0.5);
        assertThat(cosine(rows[0], rows[2])).isLessThan(0.2);
    }

    private static double cosine(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    @Test
    void savesAsAHuggingFaceDirectory() throws IOException {
        Path saved = scratch.resolve("saved");
        checkpoint.save(model, saved);
        var config = new ObjectMapper().readTree(saved.resolve("config.json").toFile());
        assertThat(config.get("architectures").get(0).asText())
                .as("Hugging Face's classifier has no head on a mean")
                .isEqualTo("BertModel");
        assertThat(config.get("id2label").get("1").asText()).isEqualTo("spam");
        assertThat(saved.resolve("tokenizer.json"))
                .hasSameBinaryContentAs(directory.resolve("tokenizer.json"));
        TransformerModel again = Checkpoint.open(saved).load(MANAGER);
        NDArray ids = MANAGER.create(new long[][] {{101, 7592, 2088, 102}});
        ParameterStore store = new ParameterStore(MANAGER, false);
        NDArray logits = model.forward(store, new NDList(ids), false).head();
        assertThat(again.forward(store, new NDList(ids), false).head()).isEqualTo(logits);
    }

    @Test
    void leavesNothingBehindWhereItCannotWrite() throws IOException {
        Path occupied = Files.createDirectories(scratch.resolve("occupied"));
        Path file = Files.writeString(occupied.resolve("all"), "a file");
        assertThat(catchThrowable(() -> MiniLm.directory(new ModelCache(file.resolve("cache")))))
                .isInstanceOf(IOException.class);
        try (var files = Files.list(occupied)) {
            assertThat(files).containsExactly(file);
        }
    }
}
