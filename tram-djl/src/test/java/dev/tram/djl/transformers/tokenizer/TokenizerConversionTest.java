package dev.tram.djl.transformers.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerConversionTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final List<String> TEXTS =
            List.of(
                    "All human beings are born free and equal in dignity and rights.",
                    "We're 'quoted' — naïve café, 12345  spaces\n\nand\tmore   ",
                    "人人生而自由,在尊严和权利上一律平等。 🙂 [MASK] <mask> <s>",
                    "",
                    "Unaffordable tokenization of supercalifragilistic words");

    private final NDManager manager = NDManager.newBaseManager();

    @TempDir private Path original;
    @TempDir private Path converted;

    @AfterEach
    void closeManager() {
        manager.close();
    }

    private static TextTokenizer load(Path directory) throws IOException {
        return TextTokenizer.builder().setDirectory(directory).build();
    }

    private void assertSameEncodings() throws IOException {
        List<String> reversed = new ArrayList<>(TEXTS);
        Collections.reverse(reversed);
        try (TextTokenizer expected = load(original);
                TextTokenizer actual = load(converted);
                TokenBatch expectedPairs = expected.encode(manager, TEXTS, reversed);
                TokenBatch actualPairs = actual.encode(manager, TEXTS, reversed)) {
            assertThat(actual.vocabularySize()).isEqualTo(expected.vocabularySize());
            assertThat(actualPairs.ids().toLongArray())
                    .isEqualTo(expectedPairs.ids().toLongArray());
            assertThat(actualPairs.types().toLongArray())
                    .isEqualTo(expectedPairs.types().toLongArray());
            for (String text : TEXTS) {
                long[] ids = actual.encode(text);
                assertThat(ids).isEqualTo(expected.encode(text));
                assertThat(actual.decode(ids)).isEqualTo(expected.decode(ids));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void vocabularyAndMerges(SmallTokenizer small) throws IOException {
        small.write(original);
        JsonNode model = MAPPER.readTree(original.resolve("tokenizer.json").toFile()).get("model");
        List<String> merges = new ArrayList<>(List.of("#version: 0.2"));
        model.get("merges").forEach(merge -> merges.add(merge.asText()));
        Files.writeString(converted.resolve("vocab.json"), model.get("vocab").toString());
        Files.write(converted.resolve("merges.txt"), merges);

        assertSameEncodings();
    }

    /** Any code points but surrogates: controls, spaces, letters, unassigned ones. */
    @ParameterizedTest
    @EnumSource
    void everyTextComesBack(SmallTokenizer small) throws IOException {
        small.write(original);
        try (TextTokenizer tokenizer = load(original)) {
            assertThat(tokenizer.vocabularySize()).isEqualTo(SmallTokenizer.SIZE);
            Random random = new Random(7);
            for (int i = 0; i < 300; i++) {
                StringBuilder text = new StringBuilder();
                int length = random.nextInt(40);
                while (text.codePointCount(0, text.length()) < length) {
                    int[] ends = {0x80, 0x3000, Character.MAX_CODE_POINT + 1};
                    int code = random.nextInt(ends[random.nextInt(ends.length)]);
                    if (code < Character.MIN_SURROGATE || code > Character.MAX_SURROGATE) {
                        text.appendCodePoint(code);
                    }
                }
                long[] ids = tokenizer.encode(text.toString());
                assertThat(tokenizer.decode(ids)).isEqualTo(text.toString());
            }
        }
    }

    /** Only the first line is a version; GPT-2 has rules such as "# #". */
    @Test
    void mergesOfNumberSigns() throws IOException {
        Files.writeString(converted.resolve("vocab.json"), "{\"#\": 0, \"a\": 1, \"##\": 2}");
        Files.writeString(converted.resolve("merges.txt"), "#version: 0.2\n# #\n");
        try (TextTokenizer tokenizer = load(converted)) {
            assertThat(tokenizer.encode("##a")).containsExactly(2, 1);
        }
    }

    @Test
    void addedTokensAndPrefixSpace() throws IOException {
        Files.writeString(converted.resolve("vocab.json"), "{\"a\": 0, \"Ġ\": 1, \"Ġa\": 2}");
        Files.writeString(converted.resolve("merges.txt"), "#version: 0.2\nĠ a\n");
        Files.writeString(converted.resolve("added_tokens.json"), "{\"<sep>\": 3}");
        Files.writeString(
                converted.resolve("tokenizer_config.json"),
                "{\"add_prefix_space\": true, \"sep_token\": \"<sep>\"}");
        try (TextTokenizer tokenizer = load(converted)) {
            assertThat(tokenizer.encode("a<sep>")).containsExactly(2, 3);
            assertThat(tokenizer.id(SpecialToken.SEPARATOR)).hasValue(3);
            assertThat(tokenizer.vocabularySize()).isEqualTo(4);
            assertThat(tokenizer.decode(new long[] {2, 3})).isEqualTo(" a");
        }
    }

    /** The library numbers added tokens on from the vocabulary's end, whatever the file says. */
    @Test
    void rejectsAddedTokensWithAGap() throws IOException {
        Files.writeString(converted.resolve("vocab.json"), "{\"a\": 0}");
        Files.writeString(converted.resolve("merges.txt"), "#version: 0.2\n");
        Files.writeString(converted.resolve("added_tokens.json"), "{\"<sep>\": 7}");

        assertThatThrownBy(() -> load(converted))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("id of added token <sep>")
                .hasMessageContaining("must be 1")
                .hasMessageContaining("received: 7");
    }

    @Test
    void wordPieces() throws IOException {
        try (InputStream in =
                TokenizerConversionTest.class.getResourceAsStream(
                        "/all-minilm-l6-v2-tokenizer.json")) {
            Files.copy(in, original.resolve("tokenizer.json"));
        }
        JsonNode vocabulary =
                MAPPER.readTree(original.resolve("tokenizer.json").toFile()).at("/model/vocab");
        List<String> words = new ArrayList<>();
        vocabulary.fieldNames().forEachRemaining(words::add);
        words.sort((a, b) -> Integer.compare(vocabulary.get(a).asInt(), vocabulary.get(b).asInt()));
        Files.write(converted.resolve("vocab.txt"), words);

        assertSameEncodings();
    }

    @Test
    void wordPiecesWithCase() throws IOException {
        Files.write(
                converted.resolve("vocab.txt"),
                List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "A", "##b"));
        Files.writeString(converted.resolve("tokenizer_config.json"), "{\"do_lower_case\": false}");
        try (TextTokenizer tokenizer = load(converted)) {
            assertThat(tokenizer.encode("A ab c")).containsExactly(5, 4, 6, 1);
        }
    }

    /** The SentencePiece program's ids, moved as XLM-RoBERTa moves them. */
    @Test
    void sentencePieces() throws IOException {
        Path expected = converted.resolve("expected.json");
        for (String name : List.of("tokenizer.json", "expected.json")) {
            try (InputStream in =
                    TokenizerConversionTest.class.getResourceAsStream("sentencepiece/" + name)) {
                Files.copy(in, converted.resolve(name));
            }
        }
        try (TextTokenizer tokenizer = load(converted)) {
            for (JsonNode each : MAPPER.readTree(expected.toFile()).get("cases")) {
                int[] pieces = MAPPER.convertValue(each.get("ids"), int[].class);
                LongStream ids = Arrays.stream(pieces).mapToLong(id -> id == 0 ? 3 : id + 1);
                assertThat(tokenizer.encode(each.get("text").asText()))
                        .as(each.get("text").asText())
                        .isEqualTo(ids.toArray());
            }
            try (TokenBatch pair = tokenizer.encode(manager, List.of("a"), List.of("a"))) {
                long a = tokenizer.encode("a")[tokenizer.encode("a").length - 1];
                assertThat(pair.ids().toLongArray()).startsWith(0).endsWith(a, 2).contains(2, 2);
            }
            assertThat(tokenizer.id(SpecialToken.PAD)).hasValue(1);
            assertThat(tokenizer.id(SpecialToken.MASK)).hasValue(tokenizer.vocabularySize() - 1);
        }
    }

    /** What the file holds, and a part of the message. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    tokenizer.json          | {            | tokenizer.json is no JSON: Unexpected end-of-input
                    tokenizer.json          | ''           | must be an object, received:
                    tokenizer.json          | {}           | cannot be used: Model missing
                    vocab.json              | {            | vocab.json is no JSON
                    vocab.json              | {"a": "x"}   | id of a in vocab.json of
                    vocab.json              | {"a": -1}    | must be an integer >= 0, received: -1
                    merges.txt              | b c d        | cannot be used
                    tokenizer_config.json   | {            | tokenizer_config.json is no JSON
                    added_tokens.json       | {"<x>": 1.5} | id of <x> in added_tokens.json of
                    """)
    void saysWhichFileIsDamaged(String name, String content, String message) throws IOException {
        Files.writeString(converted.resolve("vocab.json"), "{\"a\": 0}");
        Files.writeString(converted.resolve("merges.txt"), "");
        Files.writeString(converted.resolve(name), content);
        assertThatThrownBy(() -> load(converted))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message)
                .hasMessageContaining(converted.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"merges.txt", "vocab.txt"})
    void refusesLinesThatAreNotUtf8(String name) throws IOException {
        if (name.equals("merges.txt")) {
            Files.writeString(converted.resolve("vocab.json"), "{\"a\": 0}");
        }
        Path file = Files.write(converted.resolve(name), new byte[] {'a', '\n', (byte) 0xff});
        assertThatThrownBy(() -> load(converted))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(file + " is not UTF-8");
    }

    @Test
    void saysWhatToDoWithoutFiles() throws IOException {
        String command =
                "; Python writes tokenizer.json: python -c \"from transformers import AutoTokenizer"
                        + " as T; T.from_pretrained('%1$s').save_pretrained('%1$s')\"";
        assertThatThrownBy(() -> load(converted))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("tokenizer directory must hold tokenizer.json")
                .hasMessageEndingWith(("received: %1$s" + command).formatted(converted));
        Files.writeString(converted.resolve("sentencepiece.bpe.model"), "pieces");
        String alone = "received: %1$s, with a SentencePiece model alone";
        assertThatThrownBy(() -> load(converted))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith((alone + command).formatted(converted));
    }
}
