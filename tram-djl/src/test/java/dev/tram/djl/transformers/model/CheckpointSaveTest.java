package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.djl.internal.safetensors.SafetensorsFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a saved directory holds. */
class CheckpointSaveTest {

    @TempDir Path source;
    @TempDir Path target;

    private final NDManager manager = NDManager.newBaseManager();

    @AfterEach
    void close() {
        manager.close();
    }

    static List<String> models() {
        return ReferenceModel.NAMES;
    }

    private static JsonNode json(Path file) throws IOException {
        return CheckpointDirectory.MAPPER.readTree(file.toFile());
    }

    @ParameterizedTest
    @MethodSource("models")
    void loadsAgainBitForBitUnderTheSameNames(String name) throws IOException {
        Path reference = ReferenceModel.of(name).directory();
        Checkpoint checkpoint = Checkpoint.open(reference);
        TransformerModel block = checkpoint.load(manager);
        checkpoint.save(block, target);
        Map<String, NDArray> stored = tensors(reference);
        Map<String, NDArray> saved = tensors(target);
        assertThat(saved).containsOnlyKeys(stored.keySet());
        saved.forEach(
                (tensor, array) -> {
                    assertThat(array.getShape())
                            .as(tensor)
                            .isEqualTo(stored.get(tensor).getShape());
                    assertThat(array.contentEquals(stored.get(tensor))).as(tensor).isTrue();
                });
        NDList inputs = ReferenceModel.of(name).inputs(manager);
        NDArray again = logits(Checkpoint.open(target).load(manager), inputs);
        assertThat(again.contentEquals(logits(block, inputs))).isTrue();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void itsFilesHaveThePermissionsOfAnyNewFile() throws IOException {
        Path source = target.resolve("source");
        Checkpoint original = Checkpoint.open(ReferenceModel.of("vit-tiny").directory());
        original.save(original.load(manager), source);
        Path tokenizer = Files.writeString(source.resolve("tokenizer.json"), "{}");
        Files.setPosixFilePermissions(tokenizer, PosixFilePermissions.fromString("rw-------"));
        Checkpoint checkpoint = Checkpoint.open(source);
        checkpoint.save(checkpoint.load(manager), target);
        Path other = Files.createFile(target.resolve("other"));
        try (Stream<Path> files = Files.list(target)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.getPosixFilePermissions(file))
                        .as(file.toString())
                        .isEqualTo(Files.getPosixFilePermissions(other));
            }
        }
    }

    private Map<String, NDArray> tensors(Path directory) throws IOException {
        Map<String, NDArray> tensors = new HashMap<>();
        try (SafetensorsFile file = new SafetensorsFile(directory.resolve("model.safetensors"))) {
            for (String name : file.entries().keySet()) {
                assertThat(file.entries().get(name).type()).isEqualTo(DataType.FLOAT32);
                tensors.put(name, file.read(manager, name));
            }
        }
        return tensors;
    }

    private NDArray logits(TransformerModel block, NDList inputs) {
        return block.forward(new ParameterStore(manager, false), inputs, false).head();
    }

    @Test
    void startsWithAnAlignedHeaderInPyTorchsFormat() throws IOException {
        Path reference = ReferenceModel.of("vit-tiny").directory();
        Checkpoint checkpoint = Checkpoint.open(reference);
        checkpoint.save(checkpoint.load(manager), target);
        ByteBuffer bytes =
                ByteBuffer.wrap(Files.readAllBytes(target.resolve("model.safetensors")))
                        .order(ByteOrder.LITTLE_ENDIAN);
        int length = Math.toIntExact(bytes.getLong());
        assertThat(length % 8).isZero();
        byte[] header = new byte[length];
        bytes.get(header);
        assertThat(CheckpointDirectory.MAPPER.readTree(header).at("/__metadata__/format").asText())
                .isEqualTo("pt");
    }

    @Test
    void keepsTheConfigurationsOtherKeysAndTheLabels() throws IOException {
        CheckpointDirectory directory = new CheckpointDirectory("xlm-roberta-tiny", manager);
        directory.config.put("torch_dtype", "float16").put("use_cache", true);
        directory.write(source);
        Checkpoint checkpoint = Checkpoint.open(source);
        checkpoint.save(checkpoint.load(manager), target);
        JsonNode saved = json(target.resolve("config.json"));
        assertThat(saved.get("torch_dtype").asText()).isEqualTo("float32");
        assertThat(saved.get("use_cache").asBoolean()).isTrue();
        assertThat(saved.get("bos_token_id").asInt()).isZero();
        assertThat(saved.get("id2label")).isEqualTo(directory.config.get("id2label"));
        assertThat(saved.at("/label2id/contradiction").asInt()).isEqualTo(2);
        assertThat(saved.at("/architectures/0").asText())
                .isEqualTo("XLMRobertaForSequenceClassification");
    }

    /** Key by key, for every architecture: of the old head nothing is left. */
    @ParameterizedTest
    @MethodSource("classifiers")
    void aNewHeadForgetsTheOldOne(String name) throws IOException {
        CheckpointDirectory directory = new CheckpointDirectory(name, manager);
        directory.config.put("problem_type", "multi_label_classification");
        directory.config.put("num_labels", 9).put("finetuning_task", "mnli").put("use_cache", true);
        directory.config.putObject("task_specific_params").put("a", 1);
        directory.config.putObject("label2id").put("old", 0);
        directory.write(source);
        Checkpoint checkpoint = Checkpoint.open(source).withNewHead(List.of("ham", "spam"));
        TransformerModel block = checkpoint.load(manager);
        checkpoint.save(block, target);
        ObjectNode saved = (ObjectNode) json(target.resolve("config.json"));
        assertThat(saved.get("id2label").toString()).isEqualTo("{\"0\":\"ham\",\"1\":\"spam\"}");
        assertThat(saved.get("label2id").toString()).isEqualTo("{\"ham\":0,\"spam\":1}");
        assertThat(saved.get("architectures").toString())
                .isEqualTo("[\"" + block.architecture() + "\"]");
        assertThat(saved.get("use_cache").booleanValue()).isTrue();
        assertThat(saved.fieldNames())
                .toIterable()
                .doesNotContain(
                        "problem_type", "num_labels", "finetuning_task", "task_specific_params");
        Checkpoint again = Checkpoint.open(target);
        assertThat(again.config()).isEqualTo(checkpoint.config());
        assertThat(again.problemType()).isEqualTo(ProblemType.SINGLE_LABEL_CLASSIFICATION);
        assertThat(checkpoint.problemType()).isEqualTo(again.problemType());
        assertThat(logits(again.load(manager), ReferenceModel.of(name).inputs(manager)).getShape())
                .isEqualTo(logits(block, ReferenceModel.of(name).inputs(manager)).getShape());
    }

    static List<String> classifiers() {
        return ReferenceModel.NAMES.stream().filter(name -> !name.startsWith("gpt2")).toList();
    }

    /** Without a new head they stay; the count is that of the names. */
    @Test
    void theSameHeadKeepsItsMeaning() throws IOException {
        CheckpointDirectory directory = new CheckpointDirectory("xlm-roberta-tiny", manager);
        directory.config.put("problem_type", "multi_label_classification").put("num_labels", 3);
        directory.write(source);
        Checkpoint checkpoint = Checkpoint.open(source);
        assertThat(checkpoint.problemType()).isEqualTo(ProblemType.MULTI_LABEL_CLASSIFICATION);
        checkpoint.save(checkpoint.load(manager), target);
        assertThat(json(target.resolve("config.json")).has("num_labels")).isFalse();
        assertThat(Checkpoint.open(target).problemType())
                .isEqualTo(ProblemType.MULTI_LABEL_CLASSIFICATION);
    }

    @Test
    void copiesTokenizerAndPreprocessor() throws IOException {
        new CheckpointDirectory("vit-tiny", manager).write(source);
        Files.writeString(source.resolve("tokenizer.json"), "{}");
        Files.writeString(source.resolve("pytorch_model.bin"), "old weights");
        Files.writeString(
                source.resolve("preprocessor_config.json"),
                "{\"size\": {\"height\": 16, \"width\": 16}, \"resample\": 2}");
        Checkpoint checkpoint = Checkpoint.open(source).withImageSize(24);
        checkpoint.save(checkpoint.load(manager), target);
        assertThat(target.resolve("tokenizer.json")).hasContent("{}");
        assertThat(target.resolve("pytorch_model.bin")).doesNotExist();
        JsonNode preprocessor = json(target.resolve("preprocessor_config.json"));
        assertThat(preprocessor.at("/size/height").asInt()).isEqualTo(24);
        assertThat(preprocessor.get("resample").asInt()).isEqualTo(2);
        assertThat(Checkpoint.open(target).preprocessor()).isEqualTo(checkpoint.preprocessor());
        assertThat(target).isDirectoryNotContaining("glob:**.incomplete");
    }

    @Test
    void savesOntoItsOwnDirectory() throws IOException {
        new CheckpointDirectory("vit-tiny", manager).write(source);
        Files.writeString(source.resolve("preprocessor_config.json"), "{\"size\": 16}");
        Checkpoint checkpoint = Checkpoint.open(source);
        TransformerModel block = checkpoint.load(manager);
        TensorNames.of(block).get("classifier.bias").getArray().addi(1);
        checkpoint.save(block, source);
        Parameter bias =
                TensorNames.of(Checkpoint.open(source).load(manager)).get("classifier.bias");
        assertThat(
                        bias.getArray()
                                .contentEquals(
                                        TensorNames.of(block).get("classifier.bias").getArray()))
                .isTrue();
        assertThat(source.resolve("preprocessor_config.json")).hasContent("{\"size\": 16}");
    }

    @Test
    void savesModelsOfOnesOwn() throws IOException {
        EncoderConfig config =
                EncoderConfig.of("bert", 40, 12, 24, 2, 3, List.of("ham", "spam")).withDropout(0f);
        List<TransformerModel> blocks =
                List.of(
                        config.newBlock(),
                        config.withClassifierPooling(Pooling.MEAN).newBlock(),
                        config.withClassifierPooling(Pooling.FIRST_TOKEN).newBlock(),
                        Gpt2Config.of(40, 12, 24, 2, 3).newBlock(),
                        Gpt2Config.of(40, 12, 24, 2, 3).withLabels(List.of("a", "b")).newBlock(),
                        VitConfig.of(16, 8, 24, 2, 3, List.of("a", "b", "c")).newBlock());
        for (TransformerModel block : blocks) {
            block.initialize(manager);
            block.save(target);
            Checkpoint checkpoint = Checkpoint.open(target);
            assertThat(checkpoint.config()).isEqualTo(block.config());
            assertSameParameters(checkpoint.load(manager), block);
        }
    }

    @Test
    void savesMaskedLanguageModelsAndPutsAClassifierOnTheirTrunk() throws IOException {
        for (String type : List.of("bert", "roberta", "xlm-roberta")) {
            EncoderConfig config = EncoderConfig.of(type, 40, 12, 24, 2, 3, List.of("a", "b"));
            EncoderMaskedLanguageModel block = config.newMaskedLanguageModel();
            block.initialize(manager);
            block.save(target);
            Checkpoint checkpoint = Checkpoint.open(target);
            assertSameParameters(checkpoint.load(config.newMaskedLanguageModel(), manager), block);
            Map<String, Parameter> classifier =
                    TensorNames.of(checkpoint.withNewHead(List.of("x", "y", "z")).load(manager));
            TensorNames.of(block)
                    .forEach(
                            (name, parameter) ->
                                    Optional.ofNullable(classifier.get(name))
                                            .ifPresent(
                                                    other -> assertSame(name, other, parameter)));
        }
    }

    private static void assertSameParameters(TransformerModel actual, TransformerModel expected) {
        Map<String, Parameter> parameters = TensorNames.of(expected);
        assertThat(TensorNames.of(actual)).containsOnlyKeys(parameters.keySet());
        TensorNames.of(actual)
                .forEach((name, parameter) -> assertSame(name, parameter, parameters.get(name)));
    }

    private static void assertSame(String name, Parameter actual, Parameter expected) {
        assertThat(actual.getArray().contentEquals(expected.getArray())).as(name).isTrue();
    }

    @Test
    void resamplesPositionsForAnotherImageSize() throws IOException {
        Checkpoint checkpoint = Checkpoint.open(ReferenceModel.of("vit-tiny").directory());
        Parameter positions =
                TensorNames.of(checkpoint.withImageSize(24).load(manager))
                        .get("vit.embeddings.position_embeddings");
        assertThat(positions.getShape()).isEqualTo(new Shape(1, 37, 24));
        Parameter same =
                TensorNames.of(checkpoint.withImageSize(16).load(manager))
                        .get("vit.embeddings.position_embeddings");
        Parameter stored =
                TensorNames.of(checkpoint.load(manager)).get("vit.embeddings.position_embeddings");
        assertThat(same.getArray().contentEquals(stored.getArray())).isTrue();
    }
}
