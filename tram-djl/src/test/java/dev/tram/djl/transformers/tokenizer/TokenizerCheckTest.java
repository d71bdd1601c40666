package dev.tram.djl.transformers.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.djl.internal.files.MalformedFileException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files that end the process in the native library, or that grow there, are refused before: where
 * one is not, these tests do not fail, their process is gone.
 */
class TokenizerCheckTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String TEXT = "the cat " + "a".repeat(30) + "b £ 🙂";

    @TempDir private Path directory;

    private ObjectNode tree;

    @BeforeEach
    void wordPieces() throws IOException {
        tree = (ObjectNode) resource("word-piece.json");
        ObjectNode vocabulary = (ObjectNode) tree.get("model").get("vocab");
        for (String token : new String[] {"[UNK]", "[CLS]", "[SEP]", "the", "cat", "a", "##a"}) {
            vocabulary.put(token, vocabulary.size());
        }
    }

    private static JsonNode resource(String name) throws IOException {
        return MAPPER.readTree(TokenizerCheck.class.getResourceAsStream(name));
    }

    /** Loads the tokenizer and encodes a text by it. */
    private long[] encode() throws IOException {
        Files.writeString(directory.resolve("tokenizer.json"), tree.toString());
        try (TextTokenizer tokenizer = TextTokenizer.builder().setDirectory(directory).build()) {
            return tokenizer.encode(TEXT);
        }
    }

    private void set(String section, String json) throws IOException {
        tree.set(section, MAPPER.readTree(json.replace('\'', '"')));
    }

    private void assertRefused(String... named) {
        assertThatIllegalArgumentException()
                .isThrownBy(this::encode)
                .withMessageContainingAll(named)
                .withMessageContaining(" of the tokenizer of " + directory);
    }

    @Test
    void leavesAlone() throws IOException {
        assertThat(encode()).contains(3, 4);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    normalizer | {'type': 'Replace', 'pattern': {'Regex': '(a+)+$'}, 'content': ''} | the regular expression of Replace in normalizer
                    pre_tokenizer | {'type': 'Split', 'pattern': {'Regex': '(a*)*c'}, 'behavior': 'Isolated', 'invert': false} | the regular expression of Split in pre_tokenizer
                    normalizer | {'type': 'Replace', 'pattern': {'String': ''}, 'content': 'q'} | pattern of Replace in normalizer
                    normalizer | {'type': 'Replace', 'pattern': {'Regex': ''}, 'content': 'q'} | pattern of Replace in normalizer
                    normalizer | {'type': 'Replace', 'pattern': {'Regex': 'x*'}, 'content': 'q'} | pattern of Replace in normalizer
                    normalizer | {'type': 'Replace', 'pattern': {'Regex': '^'}, 'content': 'q'} | pattern of Replace in normalizer
                    normalizer | {'type': 'Replace', 'pattern': {'Regex': '(?i)a?\\\\b'}, 'content': 'q'} | pattern of Replace in normalizer
                    normalizer | {'type': 'Replace', 'pattern': {'Regex': 't?(?=e)'}, 'content': 'q'} | pattern of Replace in normalizer
                    decoder | {'type': 'Replace', 'pattern': {'Regex': '(a*)*c'}, 'content': ''} | the regular expression of Replace in decoder
                    pre_tokenizer | {'type': 'Sequence', 'pretokenizers': [{'type': 'Sequence', 'pretokenizers': [{'type': 'Split', 'pattern': {'Regex': '(a*)*c'}}]}]} | the regular expression of Split
                    pre_tokenizer | {'type': 'FixedLength', 'length': 0} | length of FixedLength
                    decoder | {'type': 'Strip', 'content': 'a', 'start': 0, 'stop': 1} | stop of Strip
                    normalizer | {'type': 'Precompiled', 'precompiled_charsmap': ''} | precompiled_charsmap
                    normalizer | {'type': 'Precompiled', 'precompiled_charsmap': null} | precompiled_charsmap
                    normalizer | {'type': 'Precompiled', 'precompiled_charsmap': '!!!'} | precompiled_charsmap
                    normalizer | {'type': 'Precompiled', 'precompiled_charsmap': 'BAAAAAAAAAA'} | not padded
                    post_processor | {'type': 'BertProcessing', 'sep': ['[SEP]', 4294967295], 'cls': ['[CLS]', 1]} | an id of sep
                    post_processor | {'type': 'TemplateProcessing', 'single': [{'SpecialToken': {'id': 'X', 'type_id': 0}}], 'pair': [], 'special_tokens': {}} | must be of special_tokens
                    post_processor | {'type': 'TemplateProcessing', 'single': [{'Sequence': {'id': 'A', 'type_id': 4000000000}}], 'pair': [], 'special_tokens': {}} | type_id of single
                    post_processor | {'type': 'TemplateProcessing', 'single': [{'SpecialToken': {'id': 'X', 'type_id': 0}}], 'pair': [], 'special_tokens': {'X': {'id': 'X', 'ids': [-1], 'tokens': ['X']}}} | an id of special_tokens
                    post_processor | {'type': 'Sequence', 'processors': [{'type': 'TemplateProcessing'}, {'type': 'TemplateProcessing'}]} | one that adds special tokens
                    model | {'type': 'WordPiece', 'unk_token': '[UNK]', 'vocab': {'a': 0}} | unk_token in model
                    model | {'type': 'WordLevel', 'unk_token': 'x', 'vocab': {'a': 0}} | unk_token in model
                    model | {'unk_token': 'x', 'vocab': {'a': 0}} | unk_token in model
                    model | {'type': 'WordPiece', 'unk_token': 'a', 'max_input_chars_per_word': 4611686018427387904, 'continuing_subword_prefix': '', 'vocab': {'a': 0}} | max_input_chars_per_word
                    model | {'type': 'WordPiece', 'unk_token': 'a', 'vocab': {'a': 4294967295}} | an id of vocab
                    model | {'type': 'WordPiece', 'unk_token': 'a', 'vocab': {'a': -1}} | an id of vocab
                    model | {'type': 'WordPiece', 'unk_token': 'a', 'vocab': {'a': 1.5}} | an id of vocab
                    model | {'type': 'BPE', 'unk_token': 'x', 'vocab': {'a': 0}, 'merges': []} | unk_token in model
                    model | {'type': 'BPE', 'continuing_subword_prefix': '####', 'vocab': {'a': 0, 'b': 1, 'ab': 2}, 'merges': ['a b']} | continuing_subword_prefix
                    model | {'type': 'BPE', 'continuing_subword_prefix': 'é', 'vocab': {'a': 0, 'éb': 1, 'ab': 2}, 'merges': [['a', 'éb']]} | continuing_subword_prefix
                    model | {'type': 'Unigram', 'unk_id': null, 'vocab': [['a', -1.0]]} | unk_id in model
                    model | {'type': 'Unigram', 'unk_id': 1, 'vocab': [['a', -1.0]]} | unk_id in model
                    model | {'type': 'Unigram', 'unk_id': 0, 'vocab': []} | unk_id in model
                    added_tokens | [{'id': 4294967295, 'content': 'x'}] | an id of added_tokens
                    """)
    void refuses(String section, String json, String named) throws IOException {
        set(section, json);
        assertRefused(named);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "5", "'x'", "null"})
    void refusesWhatIsNoObject(String json) throws IOException {
        Files.writeString(directory.resolve("tokenizer.json"), json.replace('\'', '"'));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TextTokenizer.builder().setDirectory(directory).build())
                .withMessageContaining("tokenizer.json of the tokenizer of " + directory);
    }

    /** Odd shapes that the library itself reports. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "'x'",
                "[]",
                "{'type': 'Nope'}",
                "{'type': 'WordPiece', 'vocab': null}",
                "{'type': 'Unigram', 'unk_id': 0, 'vocab': [null]}",
                "{'type': 'Unigram', 'unk_id': 0, 'vocab': [['a'], ['b', 1, 2]]}",
                "{'type': 'BPE', 'vocab': {'a': 0}, 'merges': [1]}",
                "{'type': 'BPE', 'vocab': {'a': 0}, 'merges': ['a']}"
            })
    void namesTheFileWhereTheLibraryReports(String model) throws IOException {
        set("model", model);
        assertThatIllegalArgumentException()
                .isThrownBy(this::encode)
                .withMessageContaining(directory.toString());
    }

    @Test
    void refusesReplacementsThatMultiply() {
        ArrayNode steps =
                tree.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
        for (int i = 0; i < 4; i++) {
            steps.addObject()
                    .put("type", "Replace")
                    .put("content", "aaaa")
                    .putObject("pattern")
                    .put("String", "a");
        }
        assertRefused("the replacements", "received: 256.0");
        tree.putNull("normalizer");
        steps = tree.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
        for (int i = 0; i < 8; i++) {
            steps.addObject().put("type", "ByteLevel").put("use_regex", false);
        }
        assertRefused("the replacements", "received: 256.0");
    }

    @Test
    void refusesWhatIsTooMuch() {
        ArrayNode tokens = tree.putArray("added_tokens");
        for (int i = 0; i <= 20_000; i++) {
            tokens.addObject().put("id", i).put("content", "t" + i);
        }
        assertRefused("added_tokens", "received: 20001");
        tree.putArray("added_tokens").addObject().put("id", 7).put("content", "x".repeat(1_001));
        assertRefused("content of added_tokens", "received: 1001");
        tree.putArray("added_tokens");
        ((ObjectNode) tree.get("model"))
                .put("type", "Unigram")
                .put("unk_id", 0)
                .putArray("vocab")
                .addArray()
                .add("x".repeat(1_001))
                .add(0);
        assertRefused("a piece of vocab", "received: 1001");
        ArrayNode steps =
                tree.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
        for (int i = 0; i <= 100; i++) {
            steps.addObject().put("type", "NFC");
        }
        assertRefused("normalizer", "at most 100 steps");
    }

    @Test
    void refusesALongFrame() {
        ObjectNode frame = tree.putObject("post_processor").put("type", "TemplateProcessing");
        ArrayNode single = frame.putArray("single");
        single.addObject().putObject("SpecialToken").put("id", "X").put("type_id", 0);
        ArrayNode ids = frame.putObject("special_tokens").putObject("X").putArray("ids");
        for (int i = 0; i <= 100; i++) {
            ids.add(1);
        }
        assertRefused("single in post_processor", "at most 100 tokens");
    }

    /** GPT-2's own file: an unknown token that no text needs. */
    @Test
    void byteLevelVocabulariesNeedNoUnknownToken() throws IOException {
        tree = (ObjectNode) resource("byte-level.json");
        ObjectNode model = (ObjectNode) tree.get("model");
        model.put("unk_token", "<|endoftext|>");
        ByteAlphabet.all()
                .chars()
                .forEach(
                        c ->
                                ((ObjectNode) model.get("vocab"))
                                        .put(Character.toString((char) c), c));
        assertThatCode(this::encode).doesNotThrowAnyException();
    }

    private byte[] map() throws IOException {
        try (InputStream in =
                TokenizerCheckTest.class.getResourceAsStream("sentencepiece/tokenizer.json")) {
            JsonNode json = new ObjectMapper().readTree(in);
            return Base64.getDecoder().decode(json.at("/normalizer/precompiled_charsmap").asText());
        }
    }

    private void setMap(byte[] map) {
        tree.putObject("normalizer")
                .put("type", "Precompiled")
                .put("precompiled_charsmap", Base64.getEncoder().encodeToString(map));
    }

    @Test
    void takesSentencePiecesOwnMap() throws IOException {
        setMap(map());
        assertThat(encode()).contains(3, 4);
    }

    /** One state after the root's: the letter a becomes what the texts begin with. */
    @Test
    void readsAMapAsTheLibraryDoes() throws IOException {
        int[] units = new int[512];
        units[0] = 256 << 10;
        units[256 ^ 'a'] = 1 << 10 | 1 << 8 | 'a';
        units[256 ^ 'a' ^ 1] = 1 << 31;
        byte[] map = map(units, "the \0".getBytes(StandardCharsets.UTF_8));
        assertThat(CharacterMap.of(Base64.getEncoder().encodeToString(map)).growth())
                .isEqualTo(4.0);
        setMap(map);
        assertThat(encode()).contains(3).doesNotContain(5, 6);
        units[256 ^ 'a' ^ 1] |= 6;
        setMap(map(units, "the \0".getBytes(StandardCharsets.UTF_8)));
        assertRefused("a text at 6 of 5");
    }

    /** A map with a changed byte is refused, or the library reads it without harm. */
    @Test
    void aDamagedMapDoesNoHarm() throws IOException {
        byte[] map = map();
        int trie = ByteBuffer.wrap(map).order(ByteOrder.LITTLE_ENDIAN).getInt();
        Random random = new Random(7);
        int refused = 0;
        for (int i = 0; i < 100; i++) {
            byte[] damaged = map.clone();
            int end = i % 2 == 0 ? trie : Math.min(trie, 4_096);
            for (int k = 0; k < 3; k++) {
                damaged[4 + random.nextInt(end)] = (byte) random.nextInt(256);
            }
            setMap(damaged);
            refused += refused();
        }
        assertThat(refused).isBetween(1, 99);
        for (int length : new int[] {0, 3, 4, 5, 100, trie, trie + 4, map.length - 1}) {
            setMap(Arrays.copyOf(map, length));
            assertThat(refused()).as("cut after " + length).isBetween(0, 1);
        }
    }

    private int refused() throws IOException {
        try {
            encode();
            return 0;
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageContaining("precompiled_charsmap");
            return 1;
        }
    }

    @Test
    void refusesMapsThatLeadOutside() {
        assertMapRefused(units -> Arrays.fill(units, -1), "a state at ");
        assertMapRefused(units -> Arrays.fill(units, 0x8000_0fff), "a state at ");
        byte[] notUtf8 = map(new int[256], new byte[] {-1, -2});
        setMap(notUtf8);
        assertRefused("texts that are not UTF-8");
        setMap(map(new int[0], new byte[0]));
        assertRefused("a trie of 0 bytes");
    }

    private void assertMapRefused(Consumer<int[]> fill, String named) {
        int[] units = new int[256];
        fill.accept(units);
        setMap(map(units, "abc\0".getBytes(StandardCharsets.UTF_8)));
        assertRefused("precompiled_charsmap", named);
    }

    private static byte[] map(int[] units, byte[] texts) {
        ByteBuffer map =
                ByteBuffer.allocate(4 + 4 * units.length + texts.length)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(4 * units.length);
        for (int unit : units) {
            map.putInt(unit);
        }
        return map.put(texts).array();
    }

    @Test
    void refusesAVocabularyThatIsNoFile() throws IOException {
        Files.createDirectory(directory.resolve("vocab.txt"));
        assertThatExceptionOfType(MalformedFileException.class)
                .isThrownBy(() -> TextTokenizer.builder().setDirectory(directory).build())
                .withMessageContaining("vocab.txt must be a file");
    }
}
