package dev.tram.djl.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.djl.internal.safetensors.SafetensorsFile;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.PreprocessorConfig;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.tokenizer.SmallTokenizer;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What reads the files of a checkpoint answers strangers' files as {@link FuzzRounds} says. */
class ReadersFuzzTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String WEIGHTS = "model.safetensors";

    @TempDir Path directory;

    /** Works on a directory. */
    private interface Work {
        void on(Path directory) throws IOException;
    }

    /** Reads a directory, and texts that a round has. */
    private interface Reading {
        void of(Path directory, Mutations mutations) throws IOException;
    }

    /** What reads, and the file that is changed for it. */
    private record Reader(String name, String file, Work preparation, Reading reading) {

        boolean hasTokenizer() {
            return !name.startsWith("model") && !name.startsWith("adapter");
        }

        byte[] changed(byte[] whole, Mutations mutations) throws IOException {
            if (file.endsWith(".safetensors")) {
                return mutations.safetensors(whole);
            }
            return file.endsWith(".json") ? mutations.json(whole) : mutations.bytes(whole);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static Reader model(String name, String file, Work preparation) {
        return new Reader("model-" + name, file, preparation, reading(ReadersFuzzTest::load));
    }

    private static Reader adapter(String name, String file, Work preparation) {
        return new Reader("adapter-" + name, file, preparation, reading(ReadersFuzzTest::adapt));
    }

    private static Reader tokenizer(String name, String file, Work preparation) {
        return new Reader(name, file, preparation, ReadersFuzzTest::tokenize);
    }

    static List<Reader> readers() {
        Work gpt2 = copyOf("model/gpt2-tiny");
        Work lora = copyOf("model/lora-gpt2-tiny");
        return List.of(
                model("config", "config.json", gpt2),
                model("vision-config", "config.json", copyOf("model/vit-tiny")),
                model("encoder-config", "config.json", copyOf("model/xlm-roberta-tiny")),
                model("tensors", WEIGHTS, gpt2),
                model("index", WEIGHTS + ".index.json", ReadersFuzzTest::shards),
                new Reader(
                        "model-preprocessor",
                        "preprocessor_config.json",
                        ReadersFuzzTest::preprocessor,
                        reading(PreprocessorConfig::read)),
                adapter("config", "adapter_config.json", lora),
                adapter("tensors", "adapter_model.safetensors", lora),
                adapter("model-config", "config.json", ReadersFuzzTest::adapterOfAModel),
                tokenizer("word-pieces", "tokenizer.json", ReadersFuzzTest::wordPieces),
                tokenizer("byte-pairs", "tokenizer.json", ReadersFuzzTest::bytePairs),
                tokenizer("settings", "tokenizer_config.json", ReadersFuzzTest::bytePairs),
                tokenizer("special-tokens", "special_tokens_map.json", ReadersFuzzTest::bytePairs),
                tokenizer("added-tokens", "added_tokens.json", ReadersFuzzTest::merges),
                tokenizer("words", "vocab.txt", ReadersFuzzTest::vocabulary),
                tokenizer("vocabulary", "vocab.json", ReadersFuzzTest::merges),
                tokenizer("merges", "merges.txt", ReadersFuzzTest::merges));
    }

    private static Reading reading(Work work) {
        return (directory, mutations) -> work.on(directory);
    }

    private static Path resource(String name) {
        try {
            return Path.of(Objects.requireNonNull(ReadersFuzzTest.class.getResource(name)).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Work copyOf(String origin) {
        return directory -> {
            try (Stream<Path> files = Files.list(resource(origin))) {
                for (Path file : files.toList()) {
                    Files.copy(file, directory.resolve(file.getFileName()));
                }
            }
        };
    }

    private static void shards(Path directory) throws IOException {
        copyOf("model/gpt2-tiny").on(directory);
        String shard = "model-00001.safetensors";
        Files.move(directory.resolve(WEIGHTS), directory.resolve(shard));
        ObjectNode index = MAPPER.createObjectNode();
        ObjectNode shards = index.putObject("weight_map");
        try (SafetensorsFile file = new SafetensorsFile(directory.resolve(shard))) {
            file.entries().keySet().forEach(tensor -> shards.put(tensor, shard));
        }
        MAPPER.writeValue(directory.resolve(WEIGHTS + ".index.json").toFile(), index);
    }

    private static void adapterOfAModel(Path directory) throws IOException {
        copyOf("model/lora-gpt2-tiny").on(directory);
        Files.copy(resource("model/gpt2-tiny/config.json"), directory.resolve("config.json"));
    }

    private static void preprocessor(Path directory) throws IOException {
        Files.writeString(
                directory.resolve("preprocessor_config.json"),
                """
                {"do_resize": true, "size": {"height": 8, "width": 8}, "do_center_crop": true,
                 "crop_size": {"height": 8, "width": 8}, "resample": 2, "do_rescale": true,
                 "rescale_factor": 0.004, "do_normalize": true, "image_mean": [0.5, 0.5, 0.5],
                 "image_std": [0.5, 0.5, 0.5]}""");
    }

    private static void wordPieces(Path directory) throws IOException {
        Files.writeString(
                directory.resolve("tokenizer.json"),
                """
                {"version": "1.0", "truncation": null, "padding": null,
                 "added_tokens": [{"id": 1, "content": "[CLS]", "single_word": false, "lstrip":
                  false, "rstrip": false, "normalized": false, "special": true}],
                 "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKC"},
                  {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
                  {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                   "strip_accents": null, "lowercase": true}]},
                 "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Split",
                  "pattern": {"Regex": "\\\\p{N}{1,3}|\\\\s+"}, "behavior": "Isolated",
                  "invert": false}, {"type": "BertPreTokenizer"}]},
                 "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken":
                  {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                  "pair": [{"Sequence": {"id": "A", "type_id": 0}},
                  {"Sequence": {"id": "B", "type_id": 1}}], "special_tokens": {"[CLS]":
                  {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]}}},
                 "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
                 "model": {"type": "WordPiece", "unk_token": "[UNK]",
                  "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
                  "vocab": {"[UNK]": 0, "[CLS]": 1, "the": 2, "cat": 3, "a": 4, "##a": 5}}}""");
    }

    private static void bytePairs(Path directory) throws IOException {
        SmallTokenizer.GPT2.write(directory);
        Files.writeString(
                directory.resolve("special_tokens_map.json"),
                """
                {"unk_token": "<|endoftext|>", "pad_token": {"content": "!", "lstrip": false,
                 "rstrip": false, "normalized": false, "single_word": false}}""");
    }

    /** A vocabulary as it was before there was {@code tokenizer.json}. */
    private static void merges(Path directory) throws IOException {
        SmallTokenizer.GPT2.write(directory);
        Path whole = directory.resolve("tokenizer.json");
        JsonNode model = MAPPER.readTree(whole.toFile()).get("model");
        Files.delete(whole);
        MAPPER.writeValue(directory.resolve("vocab.json").toFile(), model.get("vocab"));
        StringBuilder merges = new StringBuilder("#version: 0.2\n");
        model.get("merges").forEach(merge -> merges.append(merge.asText()).append('\n'));
        Files.writeString(directory.resolve("merges.txt"), merges);
        int size = model.get("vocab").size();
        Files.writeString(
                directory.resolve("added_tokens.json"),
                "{\"<sep>\": " + size + ", \"<end>\": " + (size + 1) + "}");
    }

    private static void vocabulary(Path directory) throws IOException {
        Files.writeString(
                directory.resolve("vocab.txt"),
                "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncat\n##s\na\n##a\n!\n");
    }

    private static void load(Path directory) throws IOException {
        if (Files.exists(directory.resolve(WEIGHTS))) {
            try (SafetensorsFile file = new SafetensorsFile(directory.resolve(WEIGHTS))) {
                assertThat(file.entries()).isNotNull();
            }
        }
        try (NDManager manager = NDManager.newBaseManager()) {
            Checkpoint.open(directory).load(manager);
        }
    }

    private static void adapt(Path directory) throws IOException {
        Checkpoint checkpoint = Checkpoint.open(resource("model/gpt2-tiny"));
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel model = checkpoint.withAdapter(directory).load(manager);
            assertThat(model.adapters().names()).hasSize(1);
        }
    }

    private static void tokenize(Path directory, Mutations mutations) throws IOException {
        try (TextTokenizer tokenizer = TextTokenizer.builder().setDirectory(directory).build()) {
            List<String> texts = List.of(mutations.text(), mutations.text());
            tokenizer.encodeAll(texts);
            tokenizer.encodeAll(texts, texts);
            tokenizer.decode(tokenizer.encode(texts.get(0)));
        }
    }

    @ParameterizedTest
    @MethodSource("readers")
    @Timeout(3_600)
    void endsWithAResultOrAClearException(Reader reader) throws IOException {
        assumeFalse(
                reader.hasTokenizer() && Engine.getDjlVersion().startsWith("0.29"),
                "some texts end the process in the tokenizers of DJL 0.29");
        reader.preparation.on(directory);
        Path file = directory.resolve(reader.file);
        byte[] whole = Files.readAllBytes(file);
        reader.reading.of(directory, new Mutations(0));
        FuzzRounds.run(
                reader.name(),
                mutations -> {
                    byte[] changed = reader.changed(whole, mutations);
                    Files.write(file, FuzzRounds.kept(reader.name(), changed));
                    reader.reading.of(directory, mutations);
                });
    }
}
