package dev.tram.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.tram.djl.Methods;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.EncoderConfig;
import dev.tram.djl.transformers.model.Gpt2Config;
import dev.tram.djl.transformers.model.ModelConfig;
import dev.tram.djl.transformers.model.ProblemType;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.model.VitConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs that train adapters. */
class LoraRunTest {

    private static final int STEPS = 4;

    @TempDir private Path directory;

    static Stream<String> methods() {
        return Stream.concat(
                Methods.names().stream().filter(name -> !name.equals("sam-on")),
                Stream.of("ema", "swa"));
    }

    private static ExperimentConfig config(String method, Selection selection, String dropout) {
        Map<String, Object> others =
                Map.of(
                        "schedule",
                        Schedule.LINEAR,
                        "warmup",
                        1,
                        "evaluate_every",
                        1,
                        "selection",
                        selection,
                        "save_every",
                        2,
                        "lora",
                        "r=2,alpha=4,targets=c_attn+c_proj" + dropout);
        Protocol protocol = TinyTask.protocol(STEPS, 4, 1e-2f, others);
        return TinyTask.config(List.of(method), 2, protocol).with("pretrained", "base");
    }

    private ExperimentDirectory files(String name) throws IOException {
        return new ExperimentDirectory(Files.createDirectories(directory.resolve(name)));
    }

    private void run(TinyTask task, RunKey key, String name, Selection selection, int lifetime)
            throws IOException {
        String dropout = key.method().contains("pretrained") ? "" : ",dropout=0.1";
        ExperimentConfig config = config(key.method(), selection, dropout);
        new Run(task, config, files(name), key, new MortalProgress(lifetime)).execute();
    }

    /** With every method; what is killed between two savepoints goes on bit for bit. */
    @ParameterizedTest
    @MethodSource("methods")
    void aResumedRunTrainsTheSameAdapter(String method) throws IOException {
        RunKey key = new RunKey(method, 1);
        run(new TinyTask(number -> 1), key, "whole", Selection.LAST, Integer.MAX_VALUE);
        assertThatThrownBy(() -> run(new TinyTask(number -> 1), key, "killed", Selection.LAST, 3))
                .isInstanceOf(MortalProgress.Killed.class);
        run(new TinyTask(number -> 1), key, "killed", Selection.LAST, Integer.MAX_VALUE);
        for (String file : List.of("adapter_config.json", "adapter_model.safetensors")) {
            assertThat(files("killed").adapter(key).resolve(file))
                    .hasSameBinaryContentAs(files("whole").adapter(key).resolve(file));
        }
        assertMerged("whole", key);
    }

    /** The saved model is the first one with the saved adapter, which is not that of the start. */
    private void assertMerged(String name, RunKey key) throws IOException {
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel merged = Checkpoint.open(files(name).model(key)).load(manager);
            TransformerModel start = new TinyTask(number -> 1).newModel(manager, key.seed());
            float[] before = TinyTask.weights(start);
            start.save(directory.resolve("start"));
            TransformerModel adapted =
                    Checkpoint.open(directory.resolve("start"))
                            .withAdapter(files(name).adapter(key))
                            .load(manager);
            adapted.adapters().merge();
            adapted.save(directory.resolve("merged"));
            float[] expected =
                    TinyTask.weights(Checkpoint.open(directory.resolve("merged")).load(manager));
            assertThat(TinyTask.weights(merged)).containsExactly(expected, within(1e-7f));
            assertThat(expected).isNotEqualTo(before);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sam-on", "wise"})
    void aMethodThatNeedsWhatAdaptersFreezeIsRefused(String method) {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                run(
                                        new TinyTask(number -> 1),
                                        new RunKey(method, 1),
                                        "refused",
                                        Selection.LAST,
                                        1))
                .withMessageContaining("received: " + method);
    }

    @Test
    void theBestAdapterIsTheResult() throws IOException {
        double[] figures = {9, 3, 7, 8};
        RunKey key = new RunKey("adam", 1);
        for (Selection selection : Selection.values()) {
            TinyTask task = new TinyTask(number -> figures[number - 1]);
            run(task, key, selection.name(), selection, Integer.MAX_VALUE);
        }
        assertMerged("BEST", key);
        Path tensors = Path.of("adapter_model.safetensors");
        assertThat(Files.readAllBytes(files("BEST").adapter(key).resolve(tensors)))
                .isNotEqualTo(Files.readAllBytes(files("LAST").adapter(key).resolve(tensors)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "r=8 | targets",
                "targets=query,rank=8 | rank=8",
                "targets=query,r=8,r=4 | r=4",
                "targets=query,r=1.5 | r of --lora must be a whole number, received: 1.5",
                "targets=query,r=0 | --lora: r must be an integer >= 1, received: 0",
                "targets=query,alpha=0 | --lora: lora_alpha",
                "targets=query,alpha=much | alpha of --lora must be a number, received: much",
                "targets=query,dropout=1 | --lora: lora_dropout",
                "targets=query,rslora=maybe | rslora of --lora must be true or false",
                "targets=[ | targets of --lora must be names joined by +, or a regular expression",
                "targets= | targets of --lora",
                "targets=query+,r=8 | targets of --lora",
                "targets=query,,r=8 | nothing"
            })
    void badSettingsAreNamed(String text, String complaint) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new LoraSettings(text))
                .withMessageContaining(complaint);
    }

    /** Of the model or of the adapters. */
    @Test
    void cachedOutputsAndDropoutExcludeEachOther() {
        Gpt2Config gpt2 = Gpt2Config.of(7, 4, 8, 1, 2);
        Gpt2Config still = gpt2.withDropout(0);
        config("tram-pretrained", "").requireFit(gpt2);
        config("tram-pretrained-cached", "").requireFit(still);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> config("tram-pretrained-cached", "").requireFit(gpt2))
                .withMessage(
                        "--methods must be without cached outputs where there is dropout (here"
                                + " 0.1), as its masks change them, such as tram-pretrained,"
                                + " received: tram-pretrained-cached");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> config("tram-pretrained-cached", ",dropout=0.3").requireFit(still))
                .withMessageContaining("(here 0.3)");
    }

    private static ExperimentConfig config(String method, String dropout) {
        return config(method, Selection.LAST, dropout);
    }

    @Test
    void partsThatTheModelLacksAreNamedBeforeAnythingIsTrained() {
        Gpt2Config gpt2 = Gpt2Config.of(7, 4, 8, 1, 2);
        new LoraSettings("targets=all-linear").requireFit(gpt2);
        new LoraSettings("targets=.*mlp.c_fc,rslora").requireFit(gpt2);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new LoraSettings("targets=query").requireFit(gpt2))
                .withMessageContaining("c_attn")
                .withMessageContaining("received: query");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new LoraSettings("targets=c_fc,save=score").requireFit(gpt2))
                .withMessageContaining("received: score");
    }

    /** A classifier's head is trained whole unless something else is said. */
    @Test
    void aHeadIsSavedWithTheAdapter() throws IOException {
        for (String type : List.of("bert", "distilbert", "roberta")) {
            EncoderConfig config = EncoderConfig.of(type, 9, 8, 8, 1, 2, List.of("a", "b"));
            try (NDManager manager = NDManager.newBaseManager()) {
                TransformerModel base = config.newBlock();
                base.initialize(manager, 1);
                Path start = directory.resolve(type);
                base.save(start);
                TransformerModel model =
                        Checkpoint.open(start).withNewHead(List.of("x", "y", "z")).load(manager);
                new LoraSettings("targets=all-linear").addTo(model, "base");
                Path adapter = directory.resolve(type + "-adapter");
                model.adapters().save("lora", adapter);
                TransformerModel again = Checkpoint.open(start).withAdapter(adapter).load(manager);
                assertThat(again.config()).isEqualTo(model.config());
                model.adapters().merge();
                again.adapters().merge();
                model.save(directory.resolve("one"));
                again.save(directory.resolve("two"));
                assertThat(directory.resolve("one/model.safetensors"))
                        .hasSameBinaryContentAs(directory.resolve("two/model.safetensors"));
            }
        }
    }

    /** Models with an adapter and merged ones. */
    @Test
    void whatTheLogitsMeanIsSaved() throws IOException {
        Path start = directory.resolve("base");
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel base =
                    EncoderConfig.of("bert", 9, 8, 8, 1, 2, List.of("a", "b")).newBlock();
            base.initialize(manager, 1);
            base.save(start);
            TransformerModel model =
                    Checkpoint.open(start)
                            .withNewHead(
                                    List.of("x", "y", "z"), ProblemType.MULTI_LABEL_CLASSIFICATION)
                            .load(manager);
            new LoraSettings("targets=query").addTo(model, "base");
            Path adapter = directory.resolve("adapter");
            model.adapters().save("lora", adapter);
            assertThat(Checkpoint.open(start).withAdapter(adapter).problemType())
                    .isEqualTo(ProblemType.MULTI_LABEL_CLASSIFICATION);
            model.adapters().merge();
            model.save(directory.resolve("merged"));
            assertThat(Checkpoint.open(directory.resolve("merged")).problemType())
                    .isEqualTo(ProblemType.MULTI_LABEL_CLASSIFICATION);
        }
    }

    @Test
    void anAdapterOfAnotherArchitectureIsRefusedByName() throws IOException {
        Path start = directory.resolve("base");
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel base =
                    EncoderConfig.of("bert", 9, 8, 8, 1, 2, List.of("a", "b")).newBlock();
            base.initialize(manager, 1);
            base.save(start);
        }
        for (ModelConfig other :
                List.of(
                        VitConfig.of(16, 8, 16, 1, 2, List.of("a", "b")),
                        EncoderConfig.of("bert", 9, 8, 16, 1, 2, List.of("a", "b")))) {
            Path adapter = directory.resolve("adapter of " + other.modelType());
            try (NDManager manager = NDManager.newBaseManager()) {
                TransformerModel model = other.newBlock();
                model.initialize(manager, 1);
                new LoraSettings("targets=query").addTo(model, "base");
                model.adapters().save("lora", adapter);
            }
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Checkpoint.open(start).withAdapter(adapter))
                    .withMessage(
                            "the adapter must be of the checkpoint's architecture, bert of"
                                    + " depth 1 and width 8, received: "
                                    + other.modelType()
                                    + " of depth 1 and width 16 in "
                                    + adapter.resolve("config.json"));
        }
    }

    @Test
    void aHeadThatNobodyTrainedIsRefused() throws IOException {
        EncoderConfig config = EncoderConfig.of("roberta", 9, 8, 8, 1, 2, List.of("a", "b"));
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel base = config.newBlock();
            base.initialize(manager, 1);
            base.save(directory.resolve("base"));
            new LoraSettings("targets=query,save=classifier.dense").addTo(base, "base");
            base.adapters().save("lora", directory.resolve("adapter"));
            Checkpoint both =
                    Checkpoint.open(directory.resolve("base"))
                            .withAdapter(directory.resolve("adapter"));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> both.load(manager))
                    .withMessageContaining("classifier.out_proj.weight");
        }
    }
}
