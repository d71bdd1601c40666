package dev.tram.djl.transformers.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.tram.djl.Rounding;
import dev.tram.djl.pytorch.Kernels;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What tokens may not see changes nothing. */
@ParameterizedClass
@EnumSource
class MaskTest {

    /**
     * Of two layers with six products each, whose sums of up to 96 numbers are off by some √96
     * roundings; padding changes the order of these sums.
     */
    private static final double TOLERANCE = Rounding.of(2 * 6 * 10, 1);

    private final NDManager manager = NDManager.newBaseManager();

    private final SelectedKernels kernels;

    MaskTest(Kernels kernels) {
        this.kernels = new SelectedKernels(kernels);
    }

    @AfterEach
    void close() {
        kernels.close();
        manager.close();
    }

    private TransformerModel reference(String name) throws IOException {
        return Checkpoint.open(ReferenceModel.of(name).directory()).load(manager);
    }

    private NDArray logits(TransformerModel block, NDArray... inputs) {
        return block.forward(new ParameterStore(manager, false), new NDList(inputs), false).head();
    }

    private NDArray ids(long[]... rows) {
        return manager.create(
                Arrays.stream(rows).flatMapToLong(Arrays::stream).toArray(),
                new Shape(rows.length, rows[0].length));
    }

    /** The largest difference of two logits, relative to the largest logit. */
    private static double difference(NDArray a, NDArray b) {
        return a.sub(b).abs().max().getFloat() / b.abs().max().getFloat();
    }

    @Test
    void gpt2SeesNoLaterToken() throws IOException {
        TransformerModel block = reference("gpt2-tiny");
        NDArray one = logits(block, ids(new long[] {5, 6, 7, 8, 9, 10}));
        NDArray other = logits(block, ids(new long[] {5, 6, 7, 8, 40, 41}));
        NDIndex same = new NDIndex(":, :4");
        assertThat(one.get(same).contentEquals(other.get(same))).isTrue();
        assertThat(difference(one.get(":, 4"), other.get(":, 4"))).isGreaterThan(0.01);
    }

    @Test
    void gpt2SeesEveryEarlierToken() throws IOException {
        TransformerModel block = reference("gpt2-tiny");
        NDArray one = logits(block, ids(new long[] {5, 6, 7, 8}));
        NDArray other = logits(block, ids(new long[] {50, 6, 7, 8}));
        for (int position = 0; position < 4; position++) {
            NDIndex index = new NDIndex(":, {}", position);
            assertThat(difference(one.get(index), other.get(index))).isGreaterThan(1e-4);
        }
    }

    @Test
    void gpt2SeesNoPadding() throws IOException {
        TransformerModel block = reference("gpt2-tiny");
        NDArray padded = ids(new long[] {5, 6, 7, 0, 0}, new long[] {1, 2, 3, 4, 5});
        NDArray mask = ids(new long[] {1, 1, 1, 0, 0}, new long[] {1, 1, 1, 1, 1});
        NDArray batch = logits(block, padded, mask);
        NDArray first = logits(block, ids(new long[] {5, 6, 7}));
        assertThat(difference(batch.get("0, :3"), first.get(0))).isLessThan(TOLERANCE);
        NDArray second = logits(block, ids(new long[] {1, 2, 3, 4, 5}));
        assertThat(difference(batch.get(1), second.get(0))).isLessThan(TOLERANCE);
    }

    @Test
    void gpt2HidesEarlierTokensThatTheMaskNames() throws IOException {
        TransformerModel block = reference("gpt2-tiny");
        NDArray mask = ids(new long[] {1, 0, 1, 1});
        NDArray one = logits(block, ids(new long[] {5, 6, 7, 8}), mask);
        NDArray other = logits(block, ids(new long[] {5, 60, 7, 8}), mask);
        assertThat(difference(one.get(":, 2:"), other.get(":, 2:"))).isLessThan(TOLERANCE);
        assertThat(difference(one.get(":, 1"), other.get(":, 1"))).isGreaterThan(0.01);
        NDArray allHidden = logits(block, ids(new long[] {5, 6}), ids(new long[] {0, 0}));
        assertThat(allHidden.isNaN().any().getBoolean()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert", "roberta", "xlm-roberta"})
    void encodersSeeNoPadding(String type) {
        for (Pooling pooling : Pooling.values()) {
            EncoderConfig config =
                    EncoderConfig.of(type, 53, 18, 24, 2, 3, List.of("a", "b", "c"))
                            .withClassifierPooling(pooling);
            TransformerModel block = config.newBlock();
            block.initialize(manager);
            TensorNames.of(block).values().forEach(parameter -> parameter.getArray().muli(5));
            long pad = config.padTokenId();
            NDArray padded = ids(new long[] {5, 6, 7, pad, pad}, new long[] {2, 3, 4, 5, 6});
            NDArray mask = ids(new long[] {1, 1, 1, 0, 0}, new long[] {1, 1, 1, 1, 1});
            NDArray batch = logits(block, padded, mask);
            NDArray first = logits(block, ids(new long[] {5, 6, 7}));
            NDArray second = logits(block, ids(new long[] {2, 3, 4, 5, 6}));
            assertThat(difference(batch.get("0:1"), first)).isLessThan(TOLERANCE);
            assertThat(difference(batch.get("1:2"), second)).isLessThan(TOLERANCE);
            assertThat(difference(first, second)).isGreaterThan(1e-3);
        }
    }

    @Test
    void booleanAndFloatMasksAreMasks() throws IOException {
        TransformerModel block = reference("xlm-roberta-tiny");
        NDArray padded = ids(new long[] {5, 6, 7, 1, 1});
        NDArray mask = ids(new long[] {1, 1, 1, 0, 0});
        NDArray expected = logits(block, padded, mask);
        for (DataType type : List.of(DataType.BOOLEAN, DataType.FLOAT32, DataType.INT32)) {
            NDArray actual = logits(block, padded, mask.toType(type, true));
            assertThat(actual.contentEquals(expected)).isTrue();
        }
    }

    @Test
    void refusesInputsThatDoNotFit() throws IOException {
        TransformerModel block = reference("gpt2-tiny");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> logits(block, manager.zeros(new Shape(1, 17), DataType.INT64)))
                .withMessageContaining("the number of tokens T must be at most 16, received: 17");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> logits(block, manager.zeros(new Shape(1, 4))))
                .withMessageContaining("the token ids must be integers of shape (B, T)");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                logits(
                                        block,
                                        manager.zeros(new Shape(1, 4), DataType.INT64),
                                        manager.zeros(new Shape(1, 5), DataType.INT64)))
                .withMessageContaining(
                        "the attention mask must be of the token ids' shape (1, 4), received: (1, 5)");
        TransformerModel encoder = reference("xlm-roberta-tiny");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> logits(encoder, manager.zeros(new Shape(1, 19), DataType.INT64)))
                .withMessageContaining("at most 18, received: 19");
        TransformerModel vit = reference("vit-tiny");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> logits(vit, manager.zeros(new Shape(2, 3, 16, 8))))
                .withMessageContaining(
                        "the images must be of shape (-1, 3, 16, 16), received: (2, 3, 16, 8)");
    }
}
