package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** GPT-2 with the head that transformers calls GPT2ForSequenceClassification. */
class Gpt2ClassifierTest {

    private static final List<String> LABELS = List.of("ham", "spam", "eggs");

    @TempDir Path directory;

    private final NDManager manager = NDManager.newBaseManager();
    private final ParameterStore store = new ParameterStore(manager, false);

    @AfterEach
    void close() {
        manager.close();
    }

    private Checkpoint classifier() throws IOException {
        CheckpointDirectory reference = new CheckpointDirectory("gpt2-tiny", manager);
        ObjectNode config = reference.config;
        config.putArray("architectures").add("GPT2ForSequenceClassification");
        ObjectNode labels = config.putObject("id2label");
        for (int i = 0; i < LABELS.size(); i++) {
            labels.put("" + i, LABELS.get(i));
        }
        int width = config.get("n_embd").intValue();
        reference.tensors.put(
                "score.weight", manager.randomUniform(-1, 1, new Shape(LABELS.size(), width)));
        return Checkpoint.open(reference.write(directory));
    }

    /** The language model's features at the last token that is no padding, times the head. */
    @Test
    void readsTheLastTokenOfEachText() throws IOException {
        Gpt2 model = (Gpt2) classifier().load(manager);
        assertThat(model.config().labels()).isEqualTo(LABELS);
        Checkpoint reference = Checkpoint.open(ReferenceModel.of("gpt2-tiny").directory());
        Gpt2 languageModel = (Gpt2) reference.load(manager);
        NDArray ids = manager.create(new long[] {5, 6, 7, 8, 9, 4, 0, 0}, new Shape(2, 4));
        NDArray mask = manager.create(new long[] {1, 1, 1, 1, 1, 1, 0, 0}, new Shape(2, 4));
        NDArray logits = model.forward(store, new NDList(ids, mask), false).head();
        assertThat(logits.getShape()).isEqualTo(new Shape(2, 3));
        NDArray tokens = languageModel.features(store, new NDList(ids, mask), false);
        Map<String, Parameter> parameters = TensorNames.of(model);
        NDArray score = parameters.get("score.weight").getArray();
        for (int row = 0; row < 2; row++) {
            NDArray last = tokens.get(row + ", " + (row == 0 ? 3 : 1));
            assertClose(logits.get(row), score.matMul(last));
        }
        NDArray alone = ids.get("1:2, :2");
        assertClose(model.forward(store, new NDList(alone), false).head().get(0), logits.get(1));
    }

    private static void assertClose(NDArray actual, NDArray expected) {
        float[] values = expected.toFloatArray();
        assertThat(actual.toFloatArray()).hasSameSizeAs(values);
        assertThat(actual.toFloatArray()).containsExactly(values, within(1e-5f));
    }

    @Test
    void isSavedAsAClassifier() throws IOException {
        Checkpoint checkpoint = classifier();
        Path target = directory.resolve("saved");
        checkpoint.save(checkpoint.load(manager), target);
        Checkpoint again = Checkpoint.open(target);
        assertThat(again.config()).isEqualTo(checkpoint.config());
        assertThat(again.problemType()).isEqualTo(ProblemType.SINGLE_LABEL_CLASSIFICATION);
        assertThat(TensorNames.of(again.load(manager))).containsKey("score.weight");
    }
}
