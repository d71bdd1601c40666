package dev.tram.djl.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
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
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Readers of what strangers send end with a result or with an exception that says what is wrong, in
 * ten seconds, whatever a file holds. The same 100 files each time; with {@code -Dfuzz.seconds=N}
 * new ones for so long, and {@code -Dfuzz.seed=N} begins with a round's. The file that was read
 * last is in {@code target/fuzz}, should the process be gone.
 */
class ReadersFuzzTest {

    private static final Duration LONGEST = Duration.ofSeconds(10);
    private static final int ROUNDS = 100;
    private static final int LONGEST_MESSAGE = 20_000;
    private static final Path KEPT = Path.of("target", "fuzz");

    @TempDir Path directory;

    /** A reader, and the file of a directory that is changed for it. */
    enum Reader {
        CONFIG("gpt2-tiny", "config.json"),
        VISION_CONFIG("vit-tiny", "config.json"),
        ENCODER_CONFIG("xlm-roberta-tiny", "config.json"),
        TENSORS("gpt2-tiny", "model.safetensors"),
        ADAPTER_CONFIG("lora-gpt2-tiny", "adapter_config.json"),
        ADAPTER_TENSORS("lora-gpt2-tiny", "adapter_model.safetensors"),
        PREPROCESSOR("", "preprocessor_config.json"),
        WORD_PIECE("", "tokenizer.json"),
        BYTE_PAIRS("", "tokenizer.json");

        private final String origin;
        private final String file;

        Reader(String origin, String file) {
            this.origin = origin;
            this.file = file;
        }

        boolean hasTokenizer() {
            return file.equals("tokenizer.json");
        }

        byte[] changed(byte[] whole, Mutations mutations) throws IOException {
            return file.endsWith(".safetensors")
                    ? mutations.safetensors(whole)
                    : mutations.json(whole);
        }

        void read(Path directory, Mutations mutations) throws IOException, URISyntaxException {
            switch (this) {
                case CONFIG, VISION_CONFIG, ENCODER_CONFIG, TENSORS -> load(directory);
                case ADAPTER_CONFIG, ADAPTER_TENSORS -> {
                    Path model = resource("model/gpt2-tiny");
                    try (NDManager manager = NDManager.newBaseManager()) {
                        TransformerModel block = Checkpoint.open(model).load(manager);
                        block.adapters().load("a", directory);
                    }
                }
                case PREPROCESSOR -> PreprocessorConfig.read(directory);
                case WORD_PIECE, BYTE_PAIRS -> {
                    try (TextTokenizer tokenizer =
                            TextTokenizer.builder().setDirectory(directory).build()) {
                        List<String> texts = List.of(mutations.text(), mutations.text());
                        tokenizer.encodeAll(texts);
                        tokenizer.encodeAll(texts, texts);
                        tokenizer.decode(tokenizer.encode(texts.get(0)));
                    }
                }
            }
        }

        private static void load(Path directory) throws IOException {
            try (SafetensorsFile file =
                    new SafetensorsFile(directory.resolve("model.safetensors"))) {
                assertThat(file.entries()).isNotNull();
            }
            try (NDManager manager = NDManager.newBaseManager()) {
                Checkpoint.open(directory).load(manager);
            }
        }
    }

    private static Path resource(String name) throws URISyntaxException {
        return Path.of(ReadersFuzzTest.class.getResource(name).toURI());
    }

    private void prepare(Reader reader) throws IOException, URISyntaxException {
        if (!reader.origin.isEmpty()) {
            try (Stream<Path> files = Files.list(resource("model/" + reader.origin))) {
                for (Path file : files.toList()) {
                    Files.copy(file, directory.resolve(file.getFileName()));
                }
            }
            return;
        }
        switch (reader) {
            case PREPROCESSOR ->
                    Files.writeString(
                            directory.resolve(reader.file),
                            """
                            {"do_resize": true, "size": {"height": 8, "width": 8}, "do_center_crop": true,
                             "crop_size": {"height": 8, "width": 8}, "resample": 2, "do_rescale": true,
                             "rescale_factor": 0.004, "do_normalize": true, "image_mean": [0.5, 0.5, 0.5],
                             "image_std": [0.5, 0.5, 0.5]}\
                            """);
            case WORD_PIECE ->
                    Files.writeString(
                            directory.resolve(reader.file),
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
                              "vocab": {"[UNK]": 0, "[CLS]": 1, "the": 2, "cat": 3, "a": 4, "##a": 5}}}\
                            """);
            default -> SmallTokenizer.GPT2.write(directory);
        }
    }

    @ParameterizedTest
    @EnumSource
    @Timeout(3_600)
    void endsWithAResultOrAClearException(Reader reader) throws IOException, URISyntaxException {
        assumeFalse(
                reader.hasTokenizer() && Engine.getDjlVersion().startsWith("0.29"),
                "some texts end the process in the tokenizers of DJL 0.29");
        prepare(reader);
        Path file = directory.resolve(reader.file);
        byte[] whole = Files.readAllBytes(file);
        reader.read(directory, new Mutations(0));
        Files.createDirectories(KEPT);
        long seconds = Long.getLong("fuzz.seconds", 0);
        long first = Long.getLong("fuzz.seed", seconds == 0 ? 1 : System.nanoTime());
        long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        int refused = 0;
        int round = 0;
        do {
            Mutations mutations = new Mutations(first + round);
            Files.write(file, reader.changed(whole, mutations));
            Files.copy(file, KEPT.resolve(reader.name()), StandardCopyOption.REPLACE_EXISTING);
            refused += refused(reader, mutations, "seed " + (first + round));
            round++;
        } while (seconds == 0 ? round < ROUNDS : System.nanoTime() < end);
        System.out.printf("%s: %d rounds, %d refused%n", reader, round, refused);
        assertThat(round).isPositive();
    }

    private int refused(Reader reader, Mutations mutations, String seed) throws URISyntaxException {
        long start = System.nanoTime();
        try {
            reader.read(directory, mutations);
            return 0;
        } catch (IOException | IllegalArgumentException | IllegalStateException e) {
            assertThat(e.getMessage()).as(seed).isNotBlank().hasSizeLessThan(LONGEST_MESSAGE);
            return 1;
        } catch (RuntimeException | Error e) {
            throw new AssertionError(reader + ", " + seed, e);
        } finally {
            assertThat(System.nanoTime() - start).as(seed).isLessThan(LONGEST.toNanos());
        }
    }
}
