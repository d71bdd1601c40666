package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.Batchifier;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.core.Ascent;
import dev.tram.core.Divergences;
import dev.tram.core.TrustRegion;
import dev.tram.djl.AdaptedBlock;
import dev.tram.djl.TramOptimizer;
import dev.tram.djl.TramStep;
import dev.tram.djl.internal.files.Limit;
import dev.tram.djl.internal.safetensors.SafetensorsFile;
import dev.tram.djl.internal.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.StreamSupport;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters of low rank against an independent float64 implementation (see the README there). */
class LoraTest {

    private static final String PREFIX = "base_model.model.";

    private final NDManager manager = NDManager.newBaseManager();

    @TempDir private Path directory;

    @AfterEach
    void close() {
        manager.close();
    }

    /** A reference adapter on its checkpoint. */
    private record Adapted(ReferenceModel reference, TransformerModel block) {

        static Adapted load(String name, NDManager manager) throws IOException {
            ReferenceModel reference = ReferenceModel.of(name);
            TransformerModel block = base(reference, manager);
            block.adapters().load("reference", reference.directory());
            return new Adapted(reference, block);
        }

        static TransformerModel base(ReferenceModel reference, NDManager manager)
                throws IOException {
            String base = reference.expected().get("base").asText();
            return Checkpoint.open(ReferenceModel.of(base).directory()).load(manager);
        }

        NDArray logits(NDManager manager) {
            return LoraTest.logits(block, reference.inputs(manager));
        }

        Map<String, Parameter> parameters() {
            return block.adapters().parameters("reference");
        }
    }

    /** The steps of the reference have no dropout. */
    private Adapted withoutDropout(String name) throws IOException {
        ReferenceModel reference = ReferenceModel.of(name);
        Path base = ReferenceModel.of(reference.expected().get("base").asText()).directory();
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode json = (ObjectNode) mapper.readTree(base.resolve("config.json").toFile());
        for (String key :
                List.of(
                        "hidden_dropout_prob",
                        "attention_probs_dropout_prob",
                        "classifier_dropout",
                        "resid_pdrop",
                        "embd_pdrop",
                        "attn_pdrop")) {
            json.put(key, 0);
        }
        mapper.writeValue(directory.resolve("config.json").toFile(), json);
        Files.copy(base.resolve("model.safetensors"), directory.resolve("model.safetensors"));
        TransformerModel block = Checkpoint.open(directory).load(manager);
        block.adapters().load("reference", reference.directory());
        return new Adapted(reference, block);
    }

    private static NDArray logits(TransformerModel block, NDList inputs) {
        NDManager manager = inputs.getManager();
        return block.forward(new ParameterStore(manager, false), inputs, false).head();
    }

    private static double difference(NDArray actual, NDArray expected) {
        return actual.sub(expected).abs().max().getFloat();
    }

    /** Over examples, or over all positions but each text's last. */
    private static Loss loss(boolean languageModel) {
        return new Loss("loss") {
            @Override
            public NDArray evaluate(NDList labels, NDList predictions) {
                NDArray logits = predictions.head();
                if (!languageModel) {
                    return Loss.softmaxCrossEntropyLoss().evaluate(labels, predictions);
                }
                NDArray next = labels.head().get(new NDIndex(":, 1:")).reshape(-1);
                NDArray predicted =
                        logits.get(new NDIndex(":, :-1"))
                                .reshape(next.size(), logits.getShape().get(2));
                return Loss.softmaxCrossEntropyLoss()
                        .evaluate(new NDList(next), new NDList(predicted));
            }
        };
    }

    private NDList labels(ReferenceModel reference) {
        return reference.isLanguageModel()
                ? new NDList(reference.inputs(manager).head())
                : new NDList(reference.labels(manager));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lora-gpt2-tiny",
                "lora-gpt2-tiny-all",
                "lora-vit-tiny",
                "lora-xlm-roberta-tiny"
            })
    void logitsWithTheAdapterAndWithout(String name) throws IOException {
        Adapted adapted = Adapted.load(name, manager);
        NDArray with = adapted.logits(manager);
        assertThat(difference(with, adapted.reference.array(manager, "logits"))).isLessThan(1e-5);

        NDArray expected = adapted.reference.array(manager, "base_logits");
        NDArray without;
        assertThat(adapted.block.isAdapted()).isTrue();
        try (AdaptedBlock.Scope scope = adapted.block.withoutAdapters()) {
            without = adapted.logits(manager);
            assertThat(scope).isNotNull();
        }
        assertThat(difference(without, expected)).isLessThan(1e-5);
        assertThat(adapted.logits(manager)).isEqualTo(with);

        double distance = Divergences.forwardKl().between(without, with).getFloat();
        assertThat(distance).isCloseTo(adapted.reference.number("distance_to_base"), within(2e-6));

        adapted.block.adapters().deactivate();
        assertThat(adapted.block.isAdapted()).isFalse();
        assertThat(adapted.logits(manager)).isEqualTo(without);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lora-gpt2-tiny",
                "lora-gpt2-tiny-all",
                "lora-vit-tiny",
                "lora-xlm-roberta-tiny"
            })
    void gradientsOfTheAdapterAlone(String name) throws IOException {
        Adapted adapted = Adapted.load(name, manager);
        ReferenceModel reference = adapted.reference;
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            NDArray loss =
                    loss(reference.isLanguageModel())
                            .evaluate(labels(reference), new NDList(adapted.logits(manager)));
            collector.backward(loss);
            assertThat((double) loss.getFloat()).isCloseTo(reference.number("loss"), within(1e-5));
        }
        Map<String, Double> expected = reference.gradientNorms();
        assertThat(adapted.parameters()).hasSameSizeAs(expected);
        SoftAssertions softly = new SoftAssertions();
        adapted.parameters()
                .forEach(
                        (tensor, parameter) -> {
                            double norm = expected.get(PREFIX + tensor);
                            float actual = parameter.getArray().getGradient().norm().getFloat();
                            softly.assertThat((double) actual)
                                    .as(tensor)
                                    .isCloseTo(norm, within(Math.max(1e-6, 1e-4 * norm)));
                        });
        softly.assertAll();
        TensorNames.of(adapted.block)
                .forEach(
                        (tensor, parameter) ->
                                assertThat(parameter.getArray().hasGradient())
                                        .as(tensor)
                                        .isFalse());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lora-gpt2-tiny",
                "lora-gpt2-tiny-all",
                "lora-vit-tiny",
                "lora-xlm-roberta-tiny"
            })
    void adamTrainsTheAdapterAlone(String name) throws IOException {
        Adapted adapted = withoutDropout(name);
        Map<String, NDArray> frozen = new HashMap<>();
        TensorNames.of(adapted.block)
                .forEach((tensor, each) -> frozen.put(tensor, each.getArray().duplicate()));
        Optimizer adam =
                Optimizer.adam()
                        .optLearningRateTracker(Tracker.fixed(1e-3f))
                        .optBeta2(0.99f)
                        .build();
        JsonNode expected = adapted.reference.expected().get("adam");
        train(adapted, adam, expected, 1e-6, step -> {});
        TensorNames.of(adapted.block)
                .forEach(
                        (tensor, each) ->
                                assertThat(each.getArray())
                                        .as(tensor)
                                        .isEqualTo(frozen.get(tensor)));
    }

    /**
     * Eq. 7 over the adapter's tensors, θ_0 the model without the adapter. Where all maps are
     * adapted, float32 leaves 1.1e-6 in one tensor: the rounding of both passes, which Adam divides
     * by the size of its gradients. In float64 a tenth of the tolerance holds: {@link
     * #inFloat64TramIsTheReference}.
     */
    @ParameterizedTest
    @CsvSource({
        "lora-gpt2-tiny, false, 1e-6",
        "lora-gpt2-tiny-all, false, 1.5e-6",
        "lora-vit-tiny, false, 1e-6",
        "lora-xlm-roberta-tiny, false, 1e-6",
        "lora-vit-tiny, true, 1e-6",
        "lora-xlm-roberta-tiny, true, 1e-6"
    })
    void tramToThePretrainedModel(String name, boolean cached, double tolerance)
            throws IOException {
        Adapted adapted = withoutDropout(name);
        JsonNode expected = adapted.reference.expected().get("tram_pretrained");
        Optimizer adam =
                Optimizer.adam()
                        .optLearningRateTracker(Tracker.fixed(1e-3f))
                        .optBeta2(0.99f)
                        .build();
        TramOptimizer.Builder builder =
                TramOptimizer.builder()
                        .setBaseOptimizer(adam)
                        .optAscent(Ascent.tram(TrustRegion.pretrained()));
        if (cached) {
            builder.optPretrainedCache(1 << 20);
        }
        try (TramOptimizer tram = builder.build()) {
            Path file = directory.resolve("checkpoint");
            train(
                    adapted,
                    tram,
                    expected,
                    tolerance,
                    step -> {
                        TramStep actual = tram.lastStep();
                        double distance = step.get("distance").asDouble();
                        assertThat(actual.distance()).isCloseTo(distance, within(2e-6));
                        assertThat(actual.perturbationNorm())
                                .isCloseTo(
                                        step.get("perturbation_norm").asDouble()
                                                / distance
                                                * actual.distance(),
                                        withinPercentage(1e-3));
                        save(tram, file);
                    });
            assertHoldsTheAdapterOnly(file, adapted.parameters().size());
        }
    }

    /**
     * So that what float32 leaves above is rounding. What is left here is that of the settings,
     * which are float32: the rates and β.
     */
    @Test
    void inFloat64TramIsTheReference() throws IOException {
        Adapted adapted = withoutDropout("lora-gpt2-tiny-all");
        toFloat64(TensorNames.of(adapted.block).values());
        toFloat64(adapted.parameters().values());
        Optimizer adam =
                Optimizer.adam()
                        .optLearningRateTracker(Tracker.fixed(1e-3f))
                        .optBeta2(0.99f)
                        .build();
        try (TramOptimizer tram =
                TramOptimizer.builder()
                        .setBaseOptimizer(adam)
                        .optAscent(Ascent.tram(TrustRegion.pretrained()))
                        .build()) {
            train(
                    adapted,
                    tram,
                    adapted.reference.expected().get("tram_pretrained"),
                    1e-7,
                    step -> {});
        }
    }

    private static void toFloat64(Iterable<Parameter> parameters) {
        for (Parameter parameter : parameters) {
            boolean trained = parameter.requiresGradient();
            NDArray array = parameter.getArray().toType(DataType.FLOAT64, true);
            parameter.close();
            parameter.setShape(null);
            parameter.setArray(array);
            array.setRequiresGradient(trained);
        }
    }

    private static void save(TramOptimizer tram, Path file) {
        try {
            tram.save(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void assertHoldsTheAdapterOnly(Path file, int tensors) throws IOException {
        try (SafetensorsFile checkpoint = new SafetensorsFile(file)) {
            assertThat(checkpoint.entries().keySet())
                    .allMatch(
                            key ->
                                    key.equals("checksum")
                                            || key.contains("lora_")
                                            || key.contains("modules_to_save"));
            // θ and Adam's two moments; no θ_0
            assertThat(checkpoint.entries()).hasSize(3 * tensors + 1);
        }
    }

    /** Trains for as many steps as are expected and compares losses and final tensors. */
    private void train(
            Adapted adapted,
            Optimizer optimizer,
            JsonNode expected,
            double tolerance,
            Consumer<JsonNode> afterStep) {
        ReferenceModel reference = adapted.reference;
        Loss loss = loss(reference.isLanguageModel());
        DefaultTrainingConfig config = new DefaultTrainingConfig(loss).optOptimizer(optimizer);
        try (Model model = Model.newInstance("lora")) {
            model.setBlock(adapted.block);
            if (optimizer instanceof TramOptimizer tram) {
                config.addTrainingListeners(tram.listener());
            }
            try (Trainer trainer = model.newTrainer(config)) {
                for (JsonNode step : expected.get("steps")) {
                    NDArray now =
                            loss.evaluate(labels(reference), new NDList(adapted.logits(manager)));
                    assertThat(now.toType(DataType.FLOAT64, true).getDouble())
                            .isCloseTo(step.get("loss").asDouble(), within(1e-5));
                    NDManager owner = trainer.getManager().newSubManager();
                    try (Batch batch =
                            new Batch(
                                    owner,
                                    reference.inputs(owner),
                                    labels(reference),
                                    1,
                                    Batchifier.STACK,
                                    Batchifier.STACK,
                                    0,
                                    0)) {
                        EasyTrain.trainBatch(trainer, batch);
                        trainer.step();
                    }
                    afterStep.accept(step);
                }
            }
            adapted.parameters()
                    .forEach(
                            (tensor, each) ->
                                    assertThat(doubles(each.getArray()))
                                            .as(tensor)
                                            .containsExactly(
                                                    doubles(
                                                            expected.get("final")
                                                                    .get(PREFIX + tensor)),
                                                    within(tolerance)));
        }
    }

    private static double[] doubles(NDArray array) {
        return array.toType(DataType.FLOAT64, true).toDoubleArray();
    }

    private static double[] doubles(JsonNode json) {
        return StreamSupport.stream(json.get("values").spliterator(), false)
                .mapToDouble(JsonNode::asDouble)
                .toArray();
    }

    @ParameterizedTest
    @ValueSource(strings = {"lora-gpt2-tiny-all", "lora-vit-tiny", "lora-xlm-roberta-tiny"})
    void whatIsSavedIsWhatWasRead(String name) throws IOException {
        Adapted adapted = Adapted.load(name, manager);
        adapted.block.adapters().save("reference", directory);
        ObjectMapper mapper = new ObjectMapper();
        Path original = adapted.reference.directory();
        JsonNode expected = mapper.readTree(original.resolve("adapter_config.json").toFile());
        ObjectNode actual =
                (ObjectNode) mapper.readTree(directory.resolve("adapter_config.json").toFile());
        assertThat(actual).isEqualTo(expected);
        try (SafetensorsFile first =
                        new SafetensorsFile(original.resolve("adapter_model.safetensors"));
                SafetensorsFile second =
                        new SafetensorsFile(directory.resolve("adapter_model.safetensors"))) {
            assertThat(second.entries()).containsOnlyKeys(first.entries().keySet());
            for (String tensor : first.entries().keySet()) {
                assertThat(second.read(manager, tensor)).isEqualTo(first.read(manager, tensor));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"lora-gpt2-tiny-all", "lora-vit-tiny", "lora-xlm-roberta-tiny"})
    void aMergedModelIsAnOrdinaryCheckpoint(String name) throws IOException {
        Adapted adapted = Adapted.load(name, manager);
        NDArray without = adapted.reference.array(manager, "base_logits");
        NDArray with = adapted.reference.array(manager, "logits");
        assertThatIllegalStateException()
                .isThrownBy(() -> adapted.block.save(directory))
                .withMessageContaining("merge()")
                .withMessageContaining("reference");

        adapted.block.adapters().merge();
        // W + s B A is rounded to float32 once more.
        assertThat(difference(adapted.logits(manager), with)).isLessThan(2e-5);
        adapted.block.save(directory);
        TransformerModel loaded = Checkpoint.open(directory).load(manager);
        NDList inputs = adapted.reference.inputs(manager);
        assertThat(logits(loaded, inputs)).isEqualTo(adapted.logits(manager));
        assertThatIllegalStateException()
                .isThrownBy(() -> adapted.block.adapters().deactivate())
                .withMessageContaining("unmerge()");

        adapted.block.adapters().unmerge();
        assertThat(difference(adapted.logits(manager), with)).isLessThan(2e-5);
        try (AdaptedBlock.Scope scope = adapted.block.withoutAdapters()) {
            assertThat(difference(adapted.logits(manager), without)).isLessThan(2e-5);
            assertThat(scope).isNotNull();
        }
    }

    @Test
    void aNewAdapterChangesNothingAndSwitches() throws IOException {
        Adapted adapted = Adapted.load("lora-xlm-roberta-tiny", manager);
        NDArray first = adapted.logits(manager);
        Adapters adapters = adapted.block.adapters();
        adapters.add(
                "second",
                LoraConfig.builder()
                        .setTargetModules("all-linear")
                        .optRank(3)
                        .optModulesToSave("out_proj")
                        .build());
        NDArray base = adapted.reference.array(manager, "base_logits");
        assertThat(difference(adapted.logits(manager), base)).isLessThan(1e-5);
        assertThat(adapters.active()).contains("second");
        // 2 layers of 6 maps, 2 tensors each; the head's last map with its bias
        assertThat(adapters.parameters("second")).hasSize(2 * 6 * 2 + 2);
        assertThat(adapters.parameters("second").values()).allMatch(Parameter::requiresGradient);
        assertThat(adapted.parameters().values()).noneMatch(Parameter::requiresGradient);

        adapters.activate("reference");
        assertThat(adapted.logits(manager)).isEqualTo(first);
        assertThat(adapters.names()).containsExactly("reference", "second");
    }

    @Test
    void aPatternMatchesWholeNames() throws IOException {
        TransformerModel block = Adapted.base(ReferenceModel.of("lora-gpt2-tiny"), manager);
        block.adapters()
                .add(
                        "one",
                        LoraConfig.builder()
                                .setTargetModules(".*\\.h\\.1\\.(attn|mlp)\\.c_proj")
                                .build());
        assertThat(block.adapters().parameters("one"))
                .containsOnlyKeys(
                        "transformer.h.1.attn.c_proj.lora_A.weight",
                        "transformer.h.1.attn.c_proj.lora_B.weight",
                        "transformer.h.1.mlp.c_proj.lora_A.weight",
                        "transformer.h.1.mlp.c_proj.lora_B.weight");
    }

    @Test
    void dropoutIsOfTrainingOnly() throws IOException {
        TransformerModel block = Adapted.base(ReferenceModel.of("lora-vit-tiny"), manager);
        ReferenceModel reference = ReferenceModel.of("lora-vit-tiny");
        block.adapters()
                .add("a", LoraConfig.builder().setTargetModules("query").optDropout(0.5f).build());
        block.adapters()
                .parameters("a")
                .forEach(
                        (name, each) -> {
                            each.freeze(true);
                            each.getArray().addi(0.3f);
                        });
        NDList inputs = reference.inputs(manager);
        assertThat(logits(block, inputs)).isEqualTo(logits(block, inputs));
        ParameterStore store = new ParameterStore(manager, false);
        assertThat(difference(block.forward(store, inputs, true).head(), logits(block, inputs)))
                .isGreaterThan(1e-3);
    }

    /** A pass at θ_0 has the first pass's masks. */
    @Test
    void withoutAdaptersTheOtherMasksAreTheSame() throws IOException {
        TransformerModel block = Adapted.base(ReferenceModel.of("lora-gpt2-tiny"), manager);
        NDList inputs = ReferenceModel.of("lora-gpt2-tiny").inputs(manager);
        LoraConfig config =
                LoraConfig.builder().setTargetModules("all-linear").optDropout(0.5f).build();
        block.adapters().add("a", config);
        ParameterStore store = new ParameterStore(manager, false);
        Engine.getInstance().setRandomSeed(11);
        NDArray with = block.forward(store, inputs, true).head();
        Engine.getInstance().setRandomSeed(11);
        try (AdaptedBlock.Scope scope = block.withoutAdapters()) {
            // B is 0, so that the masks alone could make a difference.
            assertThat(difference(block.forward(store, inputs, true).head(), with)).isZero();
            assertThat(scope).isNotNull();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    peft_type        | "LOHA"            | LORA
                    bias             | "all"             | none
                    use_dora         | true              | absent
                    rank_pattern     | {"query": 2}      | absent
                    layers_to_transform | 1              | absent
                    init_lora_weights | "pissa"          | keeps the model's weights
                    r                | 4.0               | an integer
                    r                | 5                 | expected: (5, 24)
                    lora_alpha       | "16"              | a number
                    lora_alpha       | 0                 | > 0
                    lora_dropout     | 1.5               | lora_dropout
                    target_modules   | ["query", "valeu"] | [dense, key, out_proj, query, value]
                    target_modules   | []                | at least one
                    target_modules   | ["query"]         | unexpected base_model.model.roberta
                    target_modules   | ["query", "value", "key"] | missing base_model.model.roberta
                    modules_to_save  | ["LayerNorm"]     | linear maps
                    modules_to_save  | 3                 | names, or a regular expression
                    """)
    void whatIsNotImplementedOrDoesNotFitIsNamed(String key, String value, String message)
            throws IOException {
        ReferenceModel reference = ReferenceModel.of("lora-xlm-roberta-tiny");
        TransformerModel block = Adapted.base(reference, manager);
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode json =
                (ObjectNode)
                        mapper.readTree(
                                reference.directory().resolve("adapter_config.json").toFile());
        json.set(key, mapper.readTree(value));
        mapper.writeValue(directory.resolve("adapter_config.json").toFile(), json);
        Files.copy(
                reference.directory().resolve("adapter_model.safetensors"),
                directory.resolve("adapter_model.safetensors"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> block.adapters().load("a", directory))
                .withMessageContaining(message);
        assertThat(block.adapters().names()).isEmpty();
        assertThat(block.getParameters().values()).allMatch(Parameter::requiresGradient);
    }

    @Test
    void misuseIsRefused() {
        TransformerModel empty = Gpt2Config.of(10, 8, 4, 1, 1).newBlock();
        LoraConfig config = LoraConfig.builder().setTargetModules("c_attn").build();
        assertThatIllegalStateException()
                .isThrownBy(() -> empty.adapters().add("a", config))
                .withMessageContaining("have values");
        empty.initialize(manager);
        Adapters adapters = empty.adapters();
        assertThatIllegalStateException().isThrownBy(empty::withoutAdapters);
        assertThatIllegalStateException().isThrownBy(adapters::merge);
        assertThatIllegalStateException().isThrownBy(adapters::unmerge);
        adapters.add("a", config);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> adapters.add("a", config))
                .withMessageContaining("received: a");
        for (String name : List.of("a.b", "")) {
            assertThatIllegalArgumentException().isThrownBy(() -> adapters.add(name, config));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> adapters.activate("b"))
                .withMessageContaining("one of [a], received: b");
    }

    /** As a stranger's adapter may have it. */
    @Test
    void refusesTensorsThatDoNotFitAndNamesTheFirst() throws IOException {
        ReferenceModel reference = ReferenceModel.of("lora-gpt2-tiny");
        Files.copy(
                reference.directory().resolve("adapter_config.json"),
                directory.resolve("adapter_config.json"));
        Map<String, NDArray> arrays = new HashMap<>();
        for (int i = 0; i < 30; i++) {
            arrays.put(PREFIX + "transformer.x" + i, manager.zeros(new Shape(1)));
        }
        Path file = directory.resolve("adapter_model.safetensors");
        SafetensorsWriter.write(file, Map.of(), arrays);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Adapted.base(reference, manager).adapters().load("a", directory))
                .withMessageStartingWith(file + " must fit the model: missing " + PREFIX)
                .withMessageEndingWith("; and 31 more");
    }

    @Test
    void refusesAnAdapterThatNeedsMoreThanTheLimit() throws IOException {
        ReferenceModel reference = ReferenceModel.of("lora-gpt2-tiny");
        try {
            TransformerModel block = Adapted.base(reference, manager);
            Limit.MODEL.set(100);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> block.adapters().load("a", reference.directory()))
                    .withMessageContaining(
                            "adapter_model.safetensors needs 3,072 bytes of float32");
            assertThat(block.adapters().names()).isEmpty();
        } finally {
            System.clearProperty(Limit.MODEL.property());
        }
    }

    @Test
    void refusesAnExpressionThatSearchesWithoutEnd() {
        String name = "roberta.encoder.layer.0.attention.self." + "a".repeat(40);
        assertThat(BoundedSearch.matches(".*\\.(query|a+)", name)).isTrue();
        assertThat(BoundedSearch.matches(".*\\.(query|value)", name)).isFalse();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BoundedSearch.matches("(.*)(.*)(.*)(.*)(.*)(.*)x", name))
                .withMessageContaining("target_modules must be an expression that does not search");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BoundedSearch.matches("(".repeat(2_000), name))
                .withMessageContaining("at most 1000 characters");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BoundedSearch.matches("((", name))
                .withMessage(
                        "target_modules must be names, or a regular expression, received: (("
                                + " (Unclosed group)");
    }
}
