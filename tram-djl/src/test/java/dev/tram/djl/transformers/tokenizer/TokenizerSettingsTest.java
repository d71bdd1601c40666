package dev.tram.djl.transformers.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What tokenizer_config.json and special_tokens_map.json say, with and without tokenizer.json. */
class TokenizerSettingsTest {

    private static final List<String> WORDS =
            List.of(
                    "[PAD]",
                    "[UNK]",
                    "[CLS]",
                    "[SEP]",
                    "schon",
                    "sch\u00F6n",
                    "die",
                    "Die",
                    "katze",
                    "\u732B",
                    "\u72AC",
                    "\u732B\u72AC",
                    "a",
                    "b",
                    "c",
                    ".",
                    "d");

    @TempDir private Path directory;

    @BeforeEach
    void writeTheVocabulary() throws IOException {
        Files.write(directory.resolve("vocab.txt"), WORDS);
    }

    private void config(String json) throws IOException {
        Files.writeString(directory.resolve("tokenizer_config.json"), json.replace('\'', '"'));
    }

    /** The same vocabulary in a tokenizer.json with the usual settings of lower case. */
    private void writeTokenizerJson() throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        TokenizerDirectory files = new TokenizerDirectory(directory);
        mapper.writeValue(
                directory.resolve("tokenizer.json").toFile(), new TokenizerConversion(files).run());
        Files.delete(directory.resolve("vocab.txt"));
    }

    private TextTokenizer.Builder builder() {
        return TextTokenizer.builder().setDirectory(directory);
    }

    private long[] encode(String text) throws IOException {
        try (TextTokenizer tokenizer = builder().build()) {
            return tokenizer.encode(text);
        }
    }

    private static long[] ids(String words) {
        return Arrays.stream(words.split(" ", -1)).mapToLong(WORDS::indexOf).toArray();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    {}                                | Die sch\u00F6n Katze | die schon katze
                    {'strip_accents': false}          | Die sch\u00F6n Katze | die sch\u00F6n katze
                    {'do_lower_case': false}          | Die sch\u00F6n Katze | Die sch\u00F6n [UNK]
                    {'do_lower_case': false, 'strip_accents': true} | die sch\u00F6n | die schon
                    {'strip_accents': null}           | sch\u00F6n           | schon
                    {}                                | \u732B\u72AC         | \u732B \u72AC
                    {'tokenize_chinese_chars': false} | \u732B\u72AC         | \u732B\u72AC
                    {'tokenize_chinese_chars': true, 'never_split': null} | \u732B\u72AC | \u732B \u72AC
                    """)
    void normalizationIsThatOfTheConfiguration(String json, String text, String words)
            throws IOException {
        config("{}");
        for (boolean converted : new boolean[] {false, true}) {
            if (converted) {
                config("{}");
                writeTokenizerJson();
            }
            config(json);
            assertThat(encode(text)).as("tokenizer.json %s", converted).isEqualTo(ids(words));
        }
    }

    /** For this class transformers takes the file as it is. */
    @Test
    void aMereFileIsNotOverruled() throws IOException {
        config("{}");
        writeTokenizerJson();
        config("{'tokenizer_class': 'PreTrainedTokenizerFast', 'do_lower_case': false}");
        assertThat(encode("Die")).isEqualTo(ids("die"));
    }

    @Test
    void prefixSpacesAreThoseOfTheConfiguration() throws IOException {
        Files.delete(directory.resolve("vocab.txt"));
        Files.writeString(
                directory.resolve("vocab.json"), "{\"a\": 0, \"\u0120\": 1, \"\u0120a\": 2}");
        Files.writeString(directory.resolve("merges.txt"), "#version: 0.2\n\u0120 a\n");
        config("{'add_prefix_space': true}");
        assertThat(encode("a a")).containsExactly(2, 2);
        config("{}");
        assertThat(encode("a a")).containsExactly(0, 2);
        ObjectNode tree =
                (ObjectNode) new TokenizerConversion(new TokenizerDirectory(directory)).run();
        Files.writeString(directory.resolve("tokenizer.json"), tree.toString());
        config("{'add_prefix_space': true}");
        assertThat(encode("a a")).containsExactly(2, 2);
    }

    @ParameterizedTest
    @CsvSource({"right, a b c", "left, c d .", "'', a b c"})
    void inputsAreCutOnTheirSide(String side, String kept) throws IOException {
        config(side.isEmpty() ? "{}" : "{'truncation_side': '" + side + "'}");
        for (boolean converted : new boolean[] {false, true}) {
            if (converted) {
                writeTokenizerJson();
            }
            try (NDManager manager = NDManager.newBaseManager();
                    TextTokenizer tokenizer = builder().optMaxLength(5).build();
                    TokenBatch batch = tokenizer.encode(manager, List.of("a b c d ."))) {
                assertThat(batch.ids().toLongArray()).isEqualTo(ids("[CLS] " + kept + " [SEP]"));
            }
            assertThat(encode("a b c d .")).hasSize(5);
        }
    }

    @Test
    void addedTokensHaveTheFlagsOfTheConfiguration() throws IOException {
        String flags = "'rstrip': false, 'lstrip': false, 'single_word': %s, 'normalized': %s}";
        String token = "{'added_tokens_decoder': {'17': {'content': 'Katzen', 'special': false, ";
        long added = WORDS.size();
        long unknown = WORDS.indexOf("[UNK]");
        config(token + flags.formatted(false, false) + "}}");
        assertThat(encode("Katzen")).containsExactly(added);
        assertThat(encode("katzen")).containsExactly(unknown);
        assertThat(encode("aKatzen")).containsExactly(WORDS.indexOf("a"), added);
        config(token + flags.formatted(true, false) + "}}");
        assertThat(encode("aKatzen")).containsExactly(unknown);
        config(token + flags.formatted(false, true) + "}}");
        assertThat(encode("katzen")).containsExactly(added);
    }

    /** Also where tokenizer.json does not know of them. */
    @Test
    void furtherSpecialTokensAreFoundWhole() throws IOException {
        config("{}");
        for (boolean converted : new boolean[] {false, true}) {
            if (converted) {
                Files.deleteIfExists(directory.resolve("special_tokens_map.json"));
                writeTokenizerJson();
            }
            Files.writeString(
                    directory.resolve("special_tokens_map.json"),
                    "{\"additional_special_tokens\": [\"Die\"]}");
            assertThat(encode("a Die die")).isEqualTo(ids("a Die die"));
            try (TextTokenizer tokenizer = builder().build()) {
                assertThat(tokenizer.decode(ids("a Die die"))).isEqualTo("a die");
            }
        }
    }

    @Test
    void extraSpecialTokensAreFoundWhole() throws IOException {
        config("{'extra_special_tokens': {'article': 'Die'}}");
        assertThat(encode("a Die die")).isEqualTo(ids("a Die die"));
    }

    @Test
    void decodingCleansUpWhereAsked() throws IOException {
        Files.delete(directory.resolve("vocab.txt"));
        Files.writeString(
                directory.resolve("vocab.json"),
                "{\"a\": 0, \"\u0120.\": 1, \"\u0120\": 2, \".\": 3}");
        Files.writeString(directory.resolve("merges.txt"), "#version: 0.2\n\u0120 .\n");
        config("{}");
        try (TextTokenizer tokenizer = builder().build()) {
            assertThat(tokenizer.decode(new long[] {0, 1})).isEqualTo("a .");
        }
        config("{'clean_up_tokenization_spaces': true}");
        try (TextTokenizer tokenizer = builder().build()) {
            assertThat(tokenizer.decode(new long[] {0, 1})).isEqualTo("a.");
        }
    }

    /** As Python's load_vocab: the line's number is the id, and the last line of a word counts. */
    @Test
    void repeatedLinesKeepTheirNumbers() throws IOException {
        Files.write(
                directory.resolve("vocab.txt"),
                List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b", "a", "", "c"));
        assertThat(encode("a b c")).containsExactly(6, 5, 8);
        try (TextTokenizer tokenizer = builder().build()) {
            assertThat(tokenizer.id("a")).hasValue(6);
            assertThat(tokenizer.id("c")).hasValue(8);
            assertThat(tokenizer.vocabularySize()).isEqualTo(9);
        }
    }

    @Test
    void theUnknownTokenIsTheOneThatIsNamed() throws IOException {
        config("{'unk_token': 'd'}");
        assertThat(encode("katze xyz")).isEqualTo(ids("katze d"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "never_split: ['a'], must be empty",
                "do_basic_tokenize: false, must be true",
                "split_special_tokens: true, must be false",
                "do_lower_case: 'no', must be true or false",
                "truncation_side: 'middle', must be left or right",
                "padding_side: 'both', must be left or right",
                "tokenizer_class: 'BertJapaneseTokenizer', must be one of",
                "additional_special_tokens: ['[E1]'], must be tokens with an id"
            })
    void whatIsNotObeyedIsRefusedByName(String each) throws IOException {
        String[] parts = each.split(", must", 2);
        String[] pair = parts[0].split(": ", 2);
        config("{'" + pair[0] + "': " + pair[1] + "}");
        assertThatThrownBy(() -> builder().build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(pair[0])
                .hasMessageContaining("must" + parts[1])
                .hasMessageContaining("received: ");
    }

    /** Rows are filled on the right, where the mask hides what the side says. */
    @Test
    void theSideOfPaddingChangesNoText() throws IOException {
        config("{'padding_side': 'left'}");
        try (NDManager manager = NDManager.newBaseManager();
                TextTokenizer tokenizer = builder().build();
                TokenBatch batch = tokenizer.encode(manager, List.of("a", "a b"))) {
            assertThat(batch.mask().toLongArray()).containsExactly(1, 1, 1, 0, 1, 1, 1, 1);
            assertThat(LongStream.of(batch.ids().toLongArray()).filter(id -> id == 12)).hasSize(2);
        }
    }
}
