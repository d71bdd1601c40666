package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * BERT is RoBERTa with other positions, two token types and a pooler: with the reference's weights
 * and positions moved to where BERT looks for them, it must give the reference's results.
 */
class BertTest {

    @TempDir Path directory;

    private final NDManager manager = NDManager.newBaseManager();
    private NDArray ids;
    private Checkpoint bert;
    private EncoderClassifier roberta;

    @BeforeEach
    void moveWeights() throws IOException {
        ids = manager.create(new long[] {0, 23, 32, 18, 2, 0, 20, 38, 43, 2}, new Shape(2, 5));
        roberta =
                (EncoderClassifier)
                        Checkpoint.open(ReferenceModel.of("xlm-roberta-tiny").directory())
                                .load(manager);
        CheckpointDirectory moved = new CheckpointDirectory("xlm-roberta-tiny", manager);
        moved.config.put("model_type", "bert").put("type_vocab_size", 2).put("pad_token_id", 0);
        moved.config.put("max_position_embeddings", 18);
        moved.rename(name -> name.replaceFirst("^roberta\\.", "bert."));
        moved.rename(name -> name.replaceFirst("^classifier.dense", "bert.pooler.dense"));
        moved.rename(name -> name.replaceFirst("^classifier.out_proj", "classifier"));
        moved.tensors.computeIfPresent(
                "bert.embeddings.position_embeddings.weight", (name, all) -> all.get("2:"));
        moved.tensors.computeIfPresent(
                "bert.embeddings.token_type_embeddings.weight",
                (name, type) -> type.concat(type.add(1)));
        bert = Checkpoint.open(moved.write(directory));
    }

    @AfterEach
    void close() {
        manager.close();
    }

    private NDArray logits(TransformerModel block, NDArray... inputs) {
        return block.forward(new ParameterStore(manager, false), new NDList(inputs), false).head();
    }

    private static double difference(NDArray a, NDArray b) {
        return a.sub(b).abs().max().getFloat();
    }

    @Test
    void classifiesAsRoberta() throws IOException {
        TransformerModel block = bert.load(manager);
        NDArray mask = ids.onesLike();
        assertThat(logits(block, ids).contentEquals(logits(roberta, ids))).isTrue();
        assertThat(logits(block, ids, mask, mask.mul(0)).contentEquals(logits(block, ids)))
                .isTrue();
    }

    @Test
    void addsTheTypeOfEachToken() throws IOException {
        TransformerModel block = bert.load(manager);
        NDArray mask = ids.onesLike();
        NDArray second = logits(block, ids, mask, mask);
        assertThat(difference(second, logits(block, ids))).isLessThan(1e-5);
        NDArray mixed = manager.create(new long[] {0, 0, 0, 1, 1, 0, 0, 1, 1, 1}, ids.getShape());
        TensorNames.of(block)
                .get("bert.embeddings.token_type_embeddings.weight")
                .getArray()
                .muli(manager.create(new float[] {1, -2}, new Shape(2, 1)));
        assertThat(difference(logits(block, ids, mask, mixed), second)).isGreaterThan(1e-3);
    }

    @Test
    void poolsTheMeanOfItsTokens() throws IOException {
        TransformerModel block = bert.withMeanPooling(List.of("a", "b")).load(manager);
        assertThat(TensorNames.of(block)).doesNotContainKey("bert.pooler.dense.weight");
        EncoderTrunk trunk = (EncoderTrunk) block.getChildren().get(0).getValue();
        ParameterStore store = new ParameterStore(manager, false);
        NDArray hidden = trunk.forward(store, new NDList(ids), false).head();
        NDArray mask = manager.create(new long[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 0}, ids.getShape());
        NDArray mean = block.features(store, new NDList(ids), false);
        assertThat(difference(mean, hidden.mean(new int[] {1}))).isLessThan(1e-6);
        NDArray masked = block.features(store, new NDList(ids, mask), false);
        NDArray hiddenMasked = trunk.forward(store, new NDList(ids, mask), false).head();
        assertThat(difference(masked.get(1), hiddenMasked.get("1, :4").mean(new int[] {0})))
                .isLessThan(1e-6);
    }

    @Test
    void drawsAPoolerIfACheckpointHasNone() throws IOException {
        CheckpointDirectory moved = new CheckpointDirectory("xlm-roberta-tiny", manager);
        moved.config.put("model_type", "bert").put("max_position_embeddings", 20);
        moved.rename(name -> name.replaceFirst("^roberta\\.", ""));
        Checkpoint checkpoint = Checkpoint.open(moved.write(directory));
        TransformerModel block = checkpoint.withNewHead(List.of("a", "b")).load(manager);
        assertThat(TensorNames.of(block)).containsKey("bert.pooler.dense.weight");
    }

    @Test
    void predictsMaskedWordsByTheirEmbeddings() {
        for (String type : List.of("bert", "xlm-roberta")) {
            EncoderMaskedLanguageModel block =
                    EncoderConfig.of(type, 53, 18, 24, 2, 3, List.of("a")).newMaskedLanguageModel();
            block.initialize(manager);
            NDArray logits = logits(block, ids);
            assertThat(logits.getShape()).isEqualTo(new Shape(2, 5, 53));
            String head = type.equals("bert") ? "cls.predictions" : "lm_head";
            TensorNames.of(block).get(head + ".bias").getArray().addi(1);
            assertThat(difference(logits(block, ids), logits.add(1))).isLessThan(1e-6);
        }
    }
}
