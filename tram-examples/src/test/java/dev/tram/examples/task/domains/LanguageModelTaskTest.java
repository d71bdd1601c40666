package dev.tram.examples.task.domains;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import ai.djl.training.dataset.Batch;
import dev.tram.djl.transformers.model.Gpt2Config;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.experiments.Measure;
import dev.tram.experiments.Scores;
import dev.tram.experiments.data.RecordFile;
import dev.tram.experiments.data.Share;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LanguageModelTaskTest {

    private static final int VOCABULARY = 257;
    private static final int LENGTH = 8;

    @TempDir private Path directory;

    private final NDManager manager = NDManager.newBaseManager();
    private DomainTokens training;
    private DomainTokens other;

    @BeforeEach
    void writeTokens() throws IOException {
        training = tokens("training", 3);
        other = tokens("other", 5);
    }

    @AfterEach
    void close() throws IOException {
        training.close();
        other.close();
        manager.close();
    }

    /** Without any weights each token is as probable as any: the vocabulary is the perplexity. */
    @Test
    void aModelThatKnowsNothingIsAsPerplexAsTheVocabularyIsLarge() throws IOException {
        DomainsTask task = task(0);
        TransformerModel model = task.newModel(manager, 1);
        model.getParameters()
                .values()
                .forEach(parameter -> parameter.getArray().subi(parameter.getArray()));
        Scores scores = task.score(model, manager);
        assertThat(scores.measures()).containsOnlyKeys("training", "other", "zs_avg");
        assertThat(scores.measures().values())
                .allSatisfy(value -> assertThat(value).isCloseTo(VOCABULARY, within(1e-2)));
        assertThat(task.validate(model, manager)).isCloseTo(VOCABULARY, within(1e-2));
        assertThat(scores.samples().get("training")).hasSize(20);
        double[] uniform = new double[20];
        Arrays.fill(uniform, Math.log(VOCABULARY));
        assertThat(scores.samples().get("other")).containsExactly(uniform, within(1e-4));
    }

    /** By hand from the probabilities of one block. */
    @Test
    void aBlocksLossIsTheMeanOverItsTokens() throws IOException {
        DomainsTask task = task(0);
        TransformerModel model = task.newModel(manager, 1);
        int[] ids = other.get(Share.TEST).get(7);
        long[] inputs = new long[LENGTH];
        for (int i = 0; i < LENGTH; i++) {
            inputs[i] = ids[i];
        }
        NDArray probabilities =
                model.forward(
                                new ParameterStore(manager, false),
                                new NDList(manager.create(new long[][] {inputs})),
                                false)
                        .singletonOrThrow()
                        .softmax(-1);
        double loss = 0;
        for (int i = 0; i < LENGTH; i++) {
            loss -= Math.log(probabilities.getFloat(0, i, ids[i + 1])) / LENGTH;
        }
        assertThat(task.score(model, manager).samples().get("other")[7])
                .isCloseTo(loss, within(1e-5));
        Batch batch = other.get(Share.TEST).prepare(7).on(manager.newSubManager());
        NDList predicted =
                model.forward(new ParameterStore(manager, false), batch.getData(), false);
        assertThat((double) task.loss().evaluate(batch.getLabels(), predicted).getFloat())
                .isCloseTo(loss, within(1e-5));
    }

    @Test
    void theZeroShotAverageLeavesOutTheTrainingDomain() throws IOException {
        DomainsTask task = task(4);
        Scores scores = task.score(task.newModel(manager, 1), manager);
        assertThat(scores.measures().get("zs_avg"))
                .isEqualTo(scores.measures().get("other"))
                .isNotEqualTo(scores.measures().get("training"));
        assertThat(scores.samples().get("other")).hasSize(4);
        assertThat(task.measures())
                .extracting(Measure::direction)
                .containsOnly(Measure.Direction.LOWER);
        assertThat(task.summary().name()).isEqualTo("zs_avg");
    }

    private DomainsTask task(int testBlocks) throws IOException {
        Path model = directory.resolve("model");
        TransformerModel block = Gpt2Config.of(VOCABULARY, LENGTH, 8, 1, 2).newBlock();
        block.initialize(manager, 1);
        block.save(model);
        return new DomainsTask(model, List.of(training, other), testBlocks);
    }

    private DomainTokens tokens(String name, int factor) throws IOException {
        Map<Share, TokenBlocks> blocks = new EnumMap<>(Share.class);
        for (Share split : Share.values()) {
            Path file = directory.resolve(name + split);
            try (RecordFile.Writer writer = RecordFile.create(file)) {
                for (int i = 0; i <= 20 * LENGTH; i++) {
                    writer.add(TokenBlocks.record(i * factor % VOCABULARY));
                }
            }
            blocks.put(split, TokenBlocks.open(file, LENGTH));
        }
        return new DomainTokens(name, blocks);
    }
}
