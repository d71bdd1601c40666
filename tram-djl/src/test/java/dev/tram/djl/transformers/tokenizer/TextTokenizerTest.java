package dev.tram.djl.transformers.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With BERT's English vocabulary, from the artifact of MiniLM; its ids are well known. */
class TextTokenizerTest {

    private static final long CLS = 101;
    private static final long SEP = 102;
    private static final long HELLO = 7592;
    private static final long WORLD = 2088;

    private final NDManager manager = NDManager.newBaseManager();

    @TempDir private Path directory;

    @BeforeEach
    void copyTokenizer() throws IOException {
        try (InputStream in =
                TextTokenizerTest.class.getResourceAsStream("/all-minilm-l6-v2-tokenizer.json")) {
            Files.copy(in, directory.resolve("tokenizer.json"));
        }
    }

    @AfterEach
    void closeManager() {
        manager.close();
    }

    private TextTokenizer.Builder builder() {
        return TextTokenizer.builder().setDirectory(directory);
    }

    @Test
    void padsABatch() throws IOException {
        try (TextTokenizer tokenizer = builder().build();
                TokenBatch batch = tokenizer.encode(manager, List.of("Hello world", "hello", ""))) {
            assertThat(batch.ids().getShape()).isEqualTo(new Shape(3, 4));
            assertThat(batch.ids().getDataType()).isEqualTo(DataType.INT64);
            assertThat(batch.ids().toLongArray())
                    .containsExactly(CLS, HELLO, WORLD, SEP, CLS, HELLO, SEP, 0, CLS, SEP, 0, 0);
            assertThat(batch.mask().toLongArray())
                    .containsExactly(1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0);
            assertThat(batch.types().toLongArray()).containsOnly(0);
            assertThat(batch.toList()).hasSize(3);
        }
    }

    @Test
    void tellsTheTextsOfAPairApart() throws IOException {
        try (TextTokenizer tokenizer = builder().build();
                TokenBatch batch =
                        tokenizer.encode(
                                manager, List.of("hello", "hello world"), List.of("world", ""))) {
            assertThat(batch.ids().toLongArray())
                    .containsExactly(CLS, HELLO, SEP, WORLD, SEP, CLS, HELLO, WORLD, SEP, SEP);
            assertThat(batch.types().toLongArray()).containsExactly(0, 0, 0, 1, 1, 0, 0, 0, 0, 1);
        }
    }

    @Test
    void paddingLeavesTheTokensAsTheyAre() throws IOException {
        try (TextTokenizer tokenizer = builder().build();
                TokenBatch alone = tokenizer.encode(manager, List.of("hello"));
                TokenBatch padded = tokenizer.encode(manager, List.of("hello", "hello world"))) {
            assertThat(padded.ids().get("0, :3").toLongArray())
                    .isEqualTo(alone.ids().toLongArray());
        }
    }

    /** The file itself asks for 128 tokens. */
    @Test
    void doesNotCutByDefault() throws IOException {
        String text = "hello ".repeat(1000);
        try (TextTokenizer tokenizer = builder().build();
                TokenBatch batch = tokenizer.encode(manager, List.of(text))) {
            assertThat(batch.ids().getShape()).isEqualTo(new Shape(1, 1002));
            assertThat(tokenizer.encode(text)).hasSize(1000).containsOnly(HELLO);
        }
    }

    @Test
    void cutsWhereAsked() throws IOException {
        try (TextTokenizer tokenizer = builder().optMaxLength(600).build();
                TokenBatch batch = tokenizer.encode(manager, List.of("hello ".repeat(1000)))) {
            assertThat(batch.ids().getShape()).isEqualTo(new Shape(1, 600));
            assertThat(batch.ids().getLong(0, 0)).isEqualTo(CLS);
            assertThat(batch.ids().getLong(0, 599)).isEqualTo(SEP);
        }
    }

    @Test
    void cutsTheLongerOfAPair() throws IOException {
        try (TextTokenizer tokenizer = builder().optMaxLength(8).build();
                TokenBatch batch =
                        tokenizer.encode(
                                manager, List.of("hello ".repeat(9)), List.of("world world"))) {
            assertThat(batch.ids().toLongArray())
                    .containsExactly(CLS, HELLO, HELLO, HELLO, SEP, WORLD, WORLD, SEP);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "bert,512,0,,512",
        "bert,512,0,256,256",
        "bert,512,0,1e30,512",
        "xlm-roberta,514,1,,512",
        "gpt2,,,,none"
    })
    void cutsAtTheModelsLimit(
            String type, Integer positions, Integer pad, String ofTokenizer, String expected)
            throws IOException {
        Files.writeString(
                directory.resolve("config.json"),
                "{\"model_type\": \"%s\", \"max_position_embeddings\": %s, \"pad_token_id\": %s}"
                        .formatted(type, positions, pad));
        Files.writeString(
                directory.resolve("tokenizer_config.json"),
                "{\"model_max_length\": %s}".formatted(ofTokenizer));
        try (TextTokenizer tokenizer = builder().optModelLimit().build();
                TokenBatch batch = tokenizer.encode(manager, List.of("hello ".repeat(1000)))) {
            long length = expected.equals("none") ? 1002 : Long.parseLong(expected);
            assertThat(batch.ids().getShape().get(1)).isEqualTo(length);
        }
    }

    /** What the setting was called before. */
    @Test
    void cutsAtTheOlderLimit() throws IOException {
        Files.writeString(directory.resolve("tokenizer_config.json"), "{\"max_len\": 16}");
        try (TextTokenizer tokenizer = builder().optModelLimit().build();
                TokenBatch batch = tokenizer.encode(manager, List.of("hello ".repeat(100)))) {
            assertThat(batch.ids().getShape().get(1)).isEqualTo(16);
        }
    }

    @Test
    void decodesWithoutSpecialTokens() throws IOException {
        try (TextTokenizer tokenizer = builder().build()) {
            assertThat(tokenizer.decode(new long[] {CLS, HELLO, WORLD, SEP}))
                    .isEqualTo("hello world");
        }
    }

    @Test
    void knowsItsVocabulary() throws IOException {
        try (TextTokenizer tokenizer = builder().build()) {
            assertThat(tokenizer.vocabularySize()).isEqualTo(30522);
            assertThat(tokenizer.id("world")).hasValue(WORLD);
            assertThat(tokenizer.id("no such token")).isEmpty();
            assertThat(tokenizer.id(SpecialToken.MASK)).hasValue(103);
            assertThat(tokenizer.id(SpecialToken.CLASSIFIER)).hasValue(CLS);
            assertThat(tokenizer.id(SpecialToken.BEGIN)).isEmpty();
            assertThat(tokenizer.padId()).isZero();
        }
    }

    /** A file's word on special tokens goes before the usual names. */
    @Test
    void obeysTheConfigurationsSpecialTokens() throws IOException {
        Files.writeString(
                directory.resolve("special_tokens_map.json"),
                "{\"pad_token\": {\"content\": \"[unused5]\"}, \"mask_token\": \"world\"}");
        try (TextTokenizer tokenizer = builder().build()) {
            assertThat(tokenizer.padId()).isEqualTo(tokenizer.id("[unused5]").getAsLong());
            assertThat(tokenizer.id(SpecialToken.MASK)).hasValue(WORLD);
        }
    }

    @Test
    void rejectsPairsThatDoNotMatch() throws IOException {
        try (TextTokenizer tokenizer = builder().build()) {
            assertThatThrownBy(() -> tokenizer.encode(manager, List.of("a", "b"), List.of("c")))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("received: 1");
        }
    }
}
