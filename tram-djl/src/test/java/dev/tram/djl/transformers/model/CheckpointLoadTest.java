package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.tram.djl.internal.files.Limit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a directory may look like, and what is said about one that does not fit. */
class CheckpointLoadTest {

    @TempDir Path directory;

    private final NDManager manager = NDManager.newBaseManager();

    @AfterEach
    void close() {
        manager.close();
    }

    static List<String> models() {
        return ReferenceModel.NAMES;
    }

    private CheckpointDirectory reference(String name) throws IOException {
        return new CheckpointDirectory(name, manager);
    }

    private TransformerModel load() throws IOException {
        return Checkpoint.open(directory).load(manager);
    }

    /** Asserts that a model has exactly the values of the reference. */
    private void assertSameAs(String name, TransformerModel actual) throws IOException {
        Map<String, Parameter> expected =
                TensorNames.of(Checkpoint.open(ReferenceModel.of(name).directory()).load(manager));
        assertThat(TensorNames.of(actual)).containsOnlyKeys(expected.keySet());
        assertHolds(actual, tensor -> expected.get(tensor).getArray());
    }

    @ParameterizedTest
    @MethodSource("models")
    void readsShards(String name) throws IOException {
        reference(name).writeShards(directory);
        assertSameAs(name, load());
    }

    @ParameterizedTest
    @MethodSource("models")
    void readsNamesWithoutPrefix(String name) throws IOException {
        reference(name)
                .rename(tensor -> tensor.replaceFirst("^(vit|transformer|roberta)\\.", ""))
                .write(directory);
        assertSameAs(name, load());
    }

    @Test
    void readsGammaAndBeta() throws IOException {
        reference("xlm-roberta-tiny")
                .rename(
                        tensor ->
                                tensor.replace("LayerNorm.weight", "LayerNorm.gamma")
                                        .replace("LayerNorm.bias", "LayerNorm.beta"))
                .write(directory);
        assertSameAs("xlm-roberta-tiny", load());
    }

    @ParameterizedTest
    @CsvSource({
        "vit-tiny, vit.pooler.dense.weight",
        "xlm-roberta-tiny, roberta.pooler.dense.bias",
        "xlm-roberta-tiny, roberta.embeddings.position_ids",
        "xlm-roberta-tiny, lm_head.decoder.weight",
        "gpt2-tiny, transformer.h.0.attn.bias",
        "gpt2-tiny, transformer.h.1.attn.masked_bias",
        "gpt2-tiny, lm_head.weight",
        "gpt2-tiny, score.weight"
    })
    void ignoresOtherHeadsAndBuffers(String name, String tensor) throws IOException {
        reference(name)
                .change(checkpoint -> checkpoint.tensors.put(tensor, manager.ones(new Shape(3))))
                .write(directory);
        assertSameAs(name, load());
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT16", "FLOAT64"})
    void convertsToFloat32(DataType type) throws IOException {
        CheckpointDirectory checkpoint = reference("vit-tiny");
        checkpoint.tensors.replaceAll((name, array) -> array.toType(type, true));
        checkpoint.write(directory);
        assertHolds(load(), name -> checkpoint.tensors.get(name).toType(DataType.FLOAT32, true));
    }

    @Test
    void widensBfloat16() throws IOException {
        CheckpointDirectory checkpoint = reference("vit-tiny");
        checkpoint.writeBfloat16(directory);
        assertHolds(
                load(),
                name -> {
                    float[] values = checkpoint.tensors.get(name).toFloatArray();
                    for (int i = 0; i < values.length; i++) {
                        values[i] =
                                Float.intBitsToFloat(Float.floatToIntBits(values[i]) & 0xffff0000);
                    }
                    return manager.create(values, checkpoint.tensors.get(name).getShape());
                });
    }

    private static void assertHolds(TransformerModel block, Function<String, NDArray> expected) {
        TensorNames.of(block)
                .forEach(
                        (name, parameter) -> {
                            NDArray actual = parameter.getArray();
                            assertThat(actual.getDataType()).isEqualTo(DataType.FLOAT32);
                            assertThat(actual.contentEquals(expected.apply(name)))
                                    .as(name)
                                    .isTrue();
                        });
    }

    /** The two are tied. */
    @Test
    void readsAnEmbeddingThatIsStoredAsTheOutputLayer() throws IOException {
        reference("gpt2-tiny")
                .rename(tensor -> tensor.replace("transformer.wte.weight", "lm_head.weight"))
                .write(directory);
        assertSameAs("gpt2-tiny", load());
    }

    @ParameterizedTest
    @CsvSource({
        "xlm-roberta-tiny, XLMRobertaForTokenClassification, XLMRobertaForSequenceClassification",
        "xlm-roberta-tiny, XLMRobertaForQuestionAnswering, XLMRobertaForSequenceClassification",
        "xlm-roberta-tiny, XLMRobertaForMultipleChoice, XLMRobertaForSequenceClassification",
        "xlm-roberta-tiny, SomeonesModel, XLMRobertaForSequenceClassification",
        "gpt2-tiny, GPT2DoubleHeadsModel, GPT2LMHeadModel",
        "gpt2-tiny, GPT2ForTokenClassification, GPT2LMHeadModel",
        "vit-tiny, ViTForSomethingElse, ViTForImageClassification"
    })
    void refusesModelsWithAnotherHead(String name, String architecture, String expected)
            throws IOException {
        CheckpointDirectory reference = reference(name);
        reference.config.putArray("architectures").add(architecture);
        reference.write(directory);
        assertThatIllegalArgumentException()
                .isThrownBy(this::load)
                .withMessage(
                        "architectures in config.json must be "
                                + expected
                                + ", received: ["
                                + architecture
                                + "]");
        if (!name.startsWith("gpt2")) {
            Checkpoint trunk = Checkpoint.open(directory).withNewHead(List.of("a", "b"));
            assertThat(trunk.load(manager).isInitialized()).isTrue();
        }
    }

    @Test
    void saysWhatLogitsMean() throws IOException {
        CheckpointDirectory reference = reference("xlm-roberta-tiny");
        for (String type :
                List.of(
                        "regression",
                        "single_label_classification",
                        "multi_label_classification")) {
            reference.config.put("problem_type", type);
            reference.write(directory);
            assertThat(Checkpoint.open(directory).problemType())
                    .isEqualTo(ProblemType.valueOf(type.toUpperCase(Locale.ROOT)));
        }
        reference.config.putNull("problem_type").putObject("id2label").put("0", "score");
        reference.write(directory);
        assertThat(Checkpoint.open(directory).problemType()).isEqualTo(ProblemType.REGRESSION);
        reference.config.put("problem_type", "ranking");
        reference.write(directory);
        Checkpoint unknown = Checkpoint.open(directory);
        assertThatIllegalArgumentException()
                .isThrownBy(unknown::problemType)
                .withMessage(
                        "problem_type in config.json must be among [regression,"
                                + " single_label_classification, multi_label_classification],"
                                + " received: \"ranking\"");
    }

    @Test
    void namesMissingTensors() throws IOException {
        reference("gpt2-tiny")
                .change(checkpoint -> checkpoint.tensors.remove("transformer.wpe.weight"))
                .change(checkpoint -> checkpoint.tensors.remove("transformer.h.1.ln_2.bias"))
                .write(directory);
        assertThatIllegalArgumentException()
                .isThrownBy(this::load)
                .withMessageContaining(
                        "Missing: transformer.wpe.weight; transformer.h.1.ln_2.bias.");
    }

    @Test
    void namesTensorsThatTheModelHasNoPlaceFor() throws IOException {
        reference("gpt2-tiny")
                .change(checkpoint -> checkpoint.config.put("n_layer", 1))
                .write(directory);
        assertThatIllegalArgumentException()
                .isThrownBy(this::load)
                .withMessageContaining("Unexpected: transformer.h.1.attn.c_attn.bias;");
    }

    @Test
    void saysBothShapes() throws IOException {
        reference("gpt2-tiny")
                .change(checkpoint -> checkpoint.config.put("vocab_size", 60))
                .change(checkpoint -> checkpoint.config.put("n_inner", 50))
                .write(directory);
        assertThatIllegalArgumentException()
                .isThrownBy(this::load)
                .withMessageContaining(
                        "transformer.wte.weight, expected: (60, 24), received: (61, 24) in "
                                + directory.resolve("model.safetensors"))
                .withMessageContaining(
                        "transformer.h.0.mlp.c_fc.weight, expected: (24, 50), received: (24, 96)");
    }

    @Test
    void putsANewHeadOnWhenAsked() throws IOException {
        reference("vit-tiny").write(directory);
        Checkpoint checkpoint = Checkpoint.open(directory).withNewHead(List.of("cat", "dog"));
        Map<String, Parameter> parameters = TensorNames.of(checkpoint.load(manager));
        assertThat(parameters.get("classifier.weight").getShape()).isEqualTo(new Shape(2, 24));
        Map<String, Parameter> old = TensorNames.of(load());
        parameters.forEach(
                (name, parameter) -> {
                    if (!name.startsWith("classifier")) {
                        assertThat(parameter.getArray().contentEquals(old.get(name).getArray()))
                                .as(name)
                                .isTrue();
                    }
                });
    }

    @Test
    void wantsTheHeadUnlessANewOneIsAskedFor() throws IOException {
        reference("vit-tiny")
                .change(
                        checkpoint ->
                                checkpoint
                                        .tensors
                                        .keySet()
                                        .removeIf(name -> name.startsWith("classifier")))
                .write(directory);
        assertThatIllegalArgumentException()
                .isThrownBy(this::load)
                .withMessageContaining("Missing: classifier.weight; classifier.bias.");
        TransformerModel block =
                Checkpoint.open(directory).withNewHead(List.of("cat", "dog")).load(manager);
        assertThat(block.isInitialized()).isTrue();
    }

    @Test
    void refusesWhatAFamilyDoesNotHave() throws IOException {
        Checkpoint checkpoint = Checkpoint.open(ReferenceModel.of("gpt2-tiny").directory());
        assertThatIllegalStateException()
                .isThrownBy(() -> checkpoint.withImageSize(32))
                .withMessageContaining("gpt2 cannot be given another image size");
        assertThatIllegalStateException()
                .isThrownBy(() -> checkpoint.withMeanPooling(List.of("cat")))
                .withMessageContaining("gpt2 is not an encoder");
        Checkpoint deit = Checkpoint.open(ReferenceModel.of("deit-tiny").directory());
        assertThatIllegalStateException()
                .isThrownBy(() -> deit.withImageSize(32))
                .withMessageContaining("deit cannot be given another image size");
    }

    @Test
    void aLanguageModelBecomesAClassifier() throws IOException {
        TransformerModel block =
                Checkpoint.open(ReferenceModel.of("gpt2-tiny").directory())
                        .withNewHead(List.of("cat", "dog", "cow"))
                        .load(manager);
        assertThat(TensorNames.of(block).get("score.weight").getShape())
                .isEqualTo(new Shape(3, 24));
        block.save(directory);
        Checkpoint saved = Checkpoint.open(directory);
        assertThat(saved.config().classes()).containsExactly("cat", "dog", "cow");
        assertThat(saved.config().newBlock().architecture())
                .isEqualTo("GPT2ForSequenceClassification");
    }

    /** CamemBERT is RoBERTa with other texts. */
    @Test
    void camembertComputesWhatRobertaDoes() throws IOException {
        ReferenceModel reference = ReferenceModel.of("xlm-roberta-tiny");
        CheckpointDirectory renamed = new CheckpointDirectory("xlm-roberta-tiny", manager);
        renamed.config.put("model_type", "camembert");
        renamed.config.putArray("architectures").add("CamembertForSequenceClassification");
        TransformerModel camembert = Checkpoint.open(renamed.write(directory)).load(manager);
        TransformerModel roberta = Checkpoint.open(reference.directory()).load(manager);
        ParameterStore store = new ParameterStore(manager, false);
        NDList inputs = reference.inputs(manager);
        assertThat(camembert.forward(store, inputs, false).head())
                .isEqualTo(roberta.forward(store, inputs, false).head());
        assertThat(camembert.architecture()).isEqualTo("CamembertForSequenceClassification");
    }

    @ParameterizedTest
    @ValueSource(strings = {"albert", "gpt_neo", "deberta-v2", "swin"})
    void otherFamiliesAreNamed(String type) throws IOException {
        CheckpointDirectory renamed = new CheckpointDirectory("xlm-roberta-tiny", manager);
        renamed.config.put("model_type", type);
        Path written = renamed.write(directory);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Checkpoint.open(written))
                .withMessageContaining("distilbert")
                .withMessageContaining("received: \"" + type + "\"");
    }

    @Test
    void saysHowToConvertPickledWeights() throws IOException {
        reference("gpt2-tiny").write(directory);
        Files.move(directory.resolve("model.safetensors"), directory.resolve("pytorch_model.bin"));
        assertThatIOException()
                .isThrownBy(this::load)
                .withMessageContaining("only pytorch_model.bin")
                .withMessageContaining(
                        "transformers.GPT2LMHeadModel.from_pretrained('" + directory);
    }

    @Test
    void saysHowToConvertPickledShards() throws IOException {
        reference("gpt2-tiny").write(directory);
        Files.move(
                directory.resolve("model.safetensors"),
                directory.resolve("pytorch_model-00001-of-00001.bin"));
        Files.writeString(directory.resolve("pytorch_model.bin.index.json"), "{}");
        assertThatIOException()
                .isThrownBy(this::load)
                .withMessageContaining("only pytorch_model.bin")
                .withMessageContaining(".save_pretrained('" + directory);
    }

    @Test
    void saysThatThereAreNoWeights() throws IOException {
        reference("gpt2-tiny").write(directory);
        Files.delete(directory.resolve("model.safetensors"));
        assertThatIOException()
                .isThrownBy(this::load)
                .withMessageContaining("no model.safetensors and no model.safetensors.index.json");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"../model.safetensors", "/etc/passwd", "..", "a/b.safetensors", "c:\\d"})
    void refusesShardsOutsideTheDirectory(String shard) throws IOException {
        reference("gpt2-tiny").writeShards(directory);
        Files.writeString(
                directory.resolve("model.safetensors.index.json"),
                CheckpointDirectory.MAPPER.writeValueAsString(
                        Map.of("weight_map", Map.of("transformer.wte.weight", shard))));
        assertThatIllegalArgumentException()
                .isThrownBy(this::load)
                .withMessageContaining("the name of a file beside the index, received: " + shard);
    }

    @Test
    void refusesAnIndexThatDoesNotAgreeWithItsShards() throws IOException {
        reference("gpt2-tiny").writeShards(directory);
        Files.writeString(
                directory.resolve("model.safetensors.index.json"),
                "{\"weight_map\": {\"nothing\": \"model-00001-of-00002.safetensors\"}}");
        assertThatIOException()
                .isThrownBy(this::load)
                .withMessageContaining(
                        "model-00001-of-00002.safetensors holds nothing; it does not");
    }

    @Test
    void namesAShardThatIsNotThere() throws IOException {
        reference("gpt2-tiny").writeShards(directory);
        Path shard = directory.resolve("model-00002-of-00002.safetensors");
        Files.delete(shard);
        assertThatIOException().isThrownBy(this::load).withMessage(shard + " must be a file");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "{}", "{\"weight_map\": {}}", "{\"weight_map\": [1]}"})
    void refusesAnIndexWithoutShards(String json) throws IOException {
        reference("gpt2-tiny").writeShards(directory);
        Path index = Files.writeString(directory.resolve("model.safetensors.index.json"), json);
        assertThatIllegalArgumentException()
                .isThrownBy(this::load)
                .withMessageStartingWith("weight_map of " + index + " must be shards by tensor");
    }

    /** Weights in whole numbers are quantized; buffers may be whole numbers. */
    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"INT8", "INT32", "BOOLEAN"})
    void refusesWeightsInWholeNumbers(DataType type) throws IOException {
        String name = "transformer.ln_f.bias";
        Path checkpoint =
                reference("gpt2-tiny")
                        .change(
                                it ->
                                        it.tensors.computeIfPresent(
                                                name, (n, a) -> a.toType(type, true)))
                        .write(directory);
        assertThatIllegalArgumentException()
                .isThrownBy(this::load)
                .withMessageContaining(
                        "Not of floating-point numbers: %s, received: %s in %s"
                                .formatted(name, type, checkpoint.resolve("model.safetensors")));
    }

    @Test
    void leavesAFailedBlockUninitialized() throws IOException {
        Checkpoint checkpoint = Checkpoint.open(ReferenceModel.of("vit-tiny").directory());
        TransformerModel other = VitConfig.of(16, 4, 24, 2, 3, List.of("a")).newBlock();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> checkpoint.load(other, manager))
                .withMessageContaining("the block's configuration must be");
        assertThat(other.isInitialized()).isFalse();
        TransformerModel loaded = checkpoint.load(manager);
        assertThatIllegalStateException()
                .isThrownBy(() -> checkpoint.load(loaded, manager))
                .withMessageContaining("have values already");
    }

    @Test
    void refusesAModelThatNeedsMoreThanTheLimit() throws IOException {
        reference("gpt2-tiny").write(directory);
        long bytes =
                Float.BYTES
                        * TensorNames.of(load()).values().stream()
                                .mapToLong(parameter -> parameter.getShape().size())
                                .sum();
        try {
            Limit.MODEL.set(bytes);
            load();
            Limit.MODEL.set(bytes - 1);
            assertThatIllegalArgumentException()
                    .isThrownBy(this::load)
                    .withMessage(
                            "%s needs %,d bytes of float32, expected at most %,d"
                                    + " (-Dtram.limit.model=N sets that)",
                            directory, bytes, bytes - 1);
        } finally {
            System.clearProperty(Limit.MODEL.property());
        }
    }

    /** Before a block of that many layers is built. */
    @ParameterizedTest
    @CsvSource({
        "xlm-roberta-tiny, num_hidden_layers, 2000000000",
        "vit-tiny, num_hidden_layers, 2000000000",
        "deit-tiny, num_hidden_layers, 1000000",
        "gpt2-tiny, n_layer, 2000000000"
    })
    void refusesMoreLayersThanThereAreTensors(String name, String key, int layers)
            throws IOException {
        reference(name).write(directory);
        Path config = directory.resolve("config.json");
        Files.writeString(
                config,
                Files.readString(config)
                        .replaceFirst(
                                "\"" + key + "\"\\s*:\\s*\\d+", "\"" + key + "\": " + layers));
        assertThatIllegalArgumentException()
                .isThrownBy(this::load)
                .withMessageContaining("the number of layers in config.json must be at most the ")
                .withMessageContaining("received: " + layers);
    }

    @Test
    void saysThatThereIsNoConfiguration() throws IOException {
        reference("gpt2-tiny").write(directory);
        Files.delete(directory.resolve("config.json"));
        assertThatIOException()
                .isThrownBy(this::load)
                .withMessage(directory + " has no config.json");
    }

    @Test
    void namesSomeOfManyMissingTensors() throws IOException {
        reference("xlm-roberta-tiny").write(directory);
        Path config = directory.resolve("config.json");
        Files.writeString(
                config,
                Files.readString(config)
                        .replaceFirst(
                                "\"num_hidden_layers\"\\s*:\\s*\\d+", "\"num_hidden_layers\": 20"));
        assertThatIllegalArgumentException()
                .isThrownBy(this::load)
                .withMessageContaining("Missing: roberta.encoder.layer.")
                .withMessageContaining(" more.");
    }

    @Test
    void refusesMoreShardsThanAreRead() throws IOException {
        reference("xlm-roberta-tiny").write(directory);
        Files.delete(directory.resolve("model.safetensors"));
        StringBuilder map = new StringBuilder();
        for (int i = 0; i <= 1_000; i++) {
            map.append(i == 0 ? "" : ",").append("\"t%d\": \"s%d.safetensors\"".formatted(i, i));
        }
        Files.writeString(
                directory.resolve("model.safetensors.index.json"),
                "{\"weight_map\": {" + map + "}}");
        assertThatIOException()
                .isThrownBy(this::load)
                .withMessageContaining("1,001 shards, expected at most 1,000");
    }
}
