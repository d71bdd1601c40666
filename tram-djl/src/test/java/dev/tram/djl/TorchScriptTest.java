package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import dev.tram.djl.TramStep.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TorchScript models, which read their own weights whatever DJL hands them. */
class TorchScriptTest {

    private static final int STEPS = 5;
    private static final String[] MLP = {
        "hidden = torch.tanh(torch.linear(x, self.weight1, self.bias1))",
        "return torch.linear(hidden, self.weight2, self.bias2)"
    };

    @TempDir Path folder;

    private Model script;

    static List<String> methods() {
        return Methods.names();
    }

    @AfterEach
    void close() {
        if (script != null) {
            script.close();
        }
    }

    /** The two linear layers of {@link TestModel#MLP}, with other lines in between or not. */
    private ScriptedModel mlp(String... body) {
        Iterator<float[]> initial;
        try (Training training = Training.plain(TestModel.MLP, Training.sgd())) {
            initial = training.weights().values().iterator();
        }
        return new ScriptedModel("x", body)
                .parameter("weight1", initial.next(), 7, 5)
                .parameter("bias1", initial.next(), 7)
                .parameter("weight2", initial.next(), 3, 7)
                .parameter("bias2", initial.next(), 3);
    }

    private Block load(ScriptedModel model) throws IOException {
        close();
        model.write(folder, "model");
        script = Model.newInstance("model", "PyTorch");
        try {
            script.load(folder, "model", Map.of("trainParam", "true"));
        } catch (MalformedModelException e) {
            throw new IOException(e);
        }
        return script.getBlock();
    }

    private Training training(ScriptedModel model, TramOptimizer tram) throws IOException {
        return Training.of(TestModel.MLP, load(model), tram);
    }

    private static TramOptimizer build(String method) {
        return Training.method(method, Training.sgd(0.5f)).build();
    }

    @ParameterizedTest
    @MethodSource("methods")
    void everyMethodGoesTheWayOfTheSameModelInDjl(String method) throws IOException {
        try (Training training = training(mlp(MLP), build(method));
                Training expected = new Training(TestModel.MLP, build(method))) {
            List<float[]> before = List.copyOf(training.weights().values());
            for (int number = 0; number < STEPS; number++) {
                TramStep step = training.step(number);
                TramStep reference = expected.step(number);
                assertThat(step.kind()).isEqualTo(reference.kind());
                assertThat(Math.abs(step.distance() - reference.distance()))
                        .satisfiesAnyOf(
                                d -> assertThat(d).isLessThan(1e-6), d -> assertThat(d).isNaN());
            }
            Iterator<float[]> actual = training.weights().values().iterator();
            Iterator<float[]> initial = before.iterator();
            for (float[] values : expected.weights().values()) {
                float[] weights = actual.next();
                assertThat(weights).isNotEqualTo(initial.next());
                for (int i = 0; i < values.length; i++) {
                    assertThat(weights[i]).isCloseTo(values[i], within(2e-6f));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tram-previous", "tram-pretrained", "trpo", "mesa"})
    void dropoutInsideIsReplayed(String method) throws IOException {
        String[] body = {
            "hidden = torch.tanh(torch.linear(x, self.weight1, self.bias1))",
            "dropped = torch.dropout(hidden, 0.5, self.training)",
            "return torch.linear(dropped, self.weight2, self.bias2)"
        };
        TramOptimizer still = Training.method(method, Training.sgd(0f)).build();
        try (Training training = training(mlp(body), still)) {
            training.leaveRandomNumbers();
            double first = training.step(0).loss();
            training.hook.resetPasses();
            TramStep second = training.step(0);
            assertThat(second.distance()).isZero();
            assertThat(second.loss()).isNotEqualTo(first);
            assertThat(training.hook.passes()).isEqualTo(2);
        }
    }

    /** In evaluation mode TorchScript gives arrays that autograd refuses. */
    @ParameterizedTest
    @MethodSource("methods")
    void everyMethodWorksWithoutReplay(String method) throws IOException {
        TramOptimizer tram =
                Methods.named(method)
                        .builder()
                        .setBaseOptimizer(Training.fitting(method, Training.sgd()))
                        .optParameterFilter(parameter -> true)
                        .optReplayDropout(false)
                        .build();
        try (Training training = training(mlp(MLP), tram)) {
            for (int number = 0; number < 3; number++) {
                assertThat(training.step(number).kind()).isNotEqualTo(Kind.SKIPPED);
            }
        }
    }

    @Test
    void resumesBitForBit() throws IOException {
        Path file = folder.resolve("checkpoint");
        ScriptedModel model = mlp(MLP);
        Map<String, float[]> whole;
        try (Training training = training(model, build("asam+mesa"))) {
            training.steps(0, 2);
            training.tram.save(file);
            training.steps(2, STEPS);
            whole = training.weights();
        }
        try (Training training = training(model, build("asam+mesa"))) {
            training.tram.load(file);
            training.steps(2, STEPS);
            Training.assertSameBits(training.weights(), whole);
        }
    }

    @Test
    void saysThatBatchNormalisationIsOutOfReach() throws IOException {
        float[] one = {1, 1, 1, 1, 1, 1, 1};
        ScriptedModel model =
                mlp(
                                "hidden = torch.linear(x, self.weight1, self.bias1)",
                                "normal = torch.batch_norm(hidden, self.gamma, self.beta,"
                                        + " self.mean, self.variance, self.training, 0.1, 1e-05,"
                                        + " False)",
                                "return torch.linear(torch.tanh(normal), self.weight2,"
                                        + " self.bias2)")
                        .parameter("gamma", one, 7)
                        .parameter("beta", new float[7], 7)
                        .buffer("mean", new float[7], 7)
                        .buffer("variance", one, 7);
        assertThat(logOf(model))
                .containsOnlyOnce("running statistics of the TorchScript model")
                .contains("move in every pass");
        assertThat(logOf(mlp(MLP))).doesNotContain("running statistics");
    }

    private String logOf(ScriptedModel model) throws IOException {
        PrintStream error = System.err;
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        try (Training training = training(model, build("tram-previous"))) {
            System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
            training.steps(0, 3);
            assertThat(training.tram.lastStep().kind()).isEqualTo(Kind.ASCENDED);
        } finally {
            System.setErr(error);
        }
        return log.toString(StandardCharsets.UTF_8);
    }

    private static ScriptedModel tokenModel() {
        float[] table = new float[33];
        for (int i = 0; i < table.length; i++) {
            table[i] = (float) Math.sin(i + 1);
        }
        return new ScriptedModel("ids", "return torch.embedding(self.weight, ids)")
                .parameter("weight", table, 11, 3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"r3f", "asam+r3f", "tram-x", "tram-fisher", "tram-fisher-shared"})
    void saysWhatToDoWithTokenIdsUnderInputNoise(String method) throws IOException {
        try (Training training = Training.of(TestModel.TOKENS, load(tokenModel()), build(method))) {
            Map<String, float[]> before = training.weights();
            assertThatThrownBy(() -> training.step(0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("TorchScript")
                    .hasMessageContaining("trace the part behind the embedding")
                    .hasMessageContaining("int64");
            Training.assertSameBits(training.weights(), before);
        }
        try (Training training =
                Training.of(TestModel.TOKENS, load(tokenModel()), build("tram-previous"))) {
            training.steps(0, 3);
            assertThat(training.tram.lastStep().kind()).isEqualTo(Kind.ASCENDED);
        }
    }

    /** What that message says. */
    @ParameterizedTest
    @ValueSource(strings = {"asam+r3f", "tram-x", "tram-fisher", "tram-fisher-shared"})
    void worksBehindAnEmbeddingAndInputNoise(String method) throws IOException {
        float[] weights = new float[18];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = (float) Math.cos(i + 1);
        }
        Block behind =
                load(
                        new ScriptedModel("x", "return torch.linear(x, self.weight)")
                                .parameter("weight", weights, 3, 6));
        Block model =
                new SequentialBlock()
                        .add(TestModel.wordEmbedding())
                        .add(new InputNoise())
                        .add(behind);
        try (Training training = Training.of(TestModel.TOKENS, model, build(method))) {
            Map<String, float[]> before = training.weights();
            training.steps(0, 3);
            assertThat(training.tram.lastStep().kind()).isEqualTo(Kind.ASCENDED);
            for (Map.Entry<String, float[]> entry : training.weights().entrySet()) {
                assertThat(entry.getValue()).isNotEqualTo(before.get(entry.getKey()));
            }
            assertThat(Collections.frequency(types(training), Parameter.Type.WEIGHT)).isEqualTo(2);
        }
    }

    private static List<Parameter.Type> types(Training training) {
        return training.hook.getParameters().values().stream().map(Parameter::getType).toList();
    }
}
