package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An example's key is its bits, all of them and nothing else. */
class ExampleKeysTest {

    private final NDManager manager = NDManager.newBaseManager();

    @AfterEach
    void close() {
        manager.close();
    }

    private String key(NDArray... inputs) {
        List<String> keys = ExampleKeys.of(new NDList(inputs));
        assertThat(keys).hasSize(1);
        return keys.get(0);
    }

    private NDArray row(float... values) {
        return manager.create(values, new Shape(1, values.length));
    }

    @Test
    void theBatchDoesNotMatter() {
        NDArray images = manager.randomNormal(new Shape(5, 3, 4, 4));
        NDArray ids = manager.randomInteger(0, 9, new Shape(5, 7), DataType.INT64);
        List<String> keys = ExampleKeys.of(new NDList(images, ids));
        assertThat(keys).hasSize(5).doesNotHaveDuplicates();
        assertThat(ExampleKeys.of(new NDList(images.get("2:4"), ids.get("2:4"))))
                .isEqualTo(keys.subList(2, 4));
        NDArray strided = images.transpose(0, 1, 3, 2).duplicate().transpose(0, 1, 3, 2);
        assertThat(ExampleKeys.of(new NDList(strided, ids))).isEqualTo(keys);
    }

    @Test
    void eachBitCounts() {
        NDArray row = row(1, 2, 3);
        assertThat(key(row(1, 2, 3))).isEqualTo(key(row));
        assertThat(key(row(1, Math.nextUp(2f), 3))).isNotEqualTo(key(row));
        assertThat(key(row(1, 3, 2))).isNotEqualTo(key(row));
        assertThat(key(row(0f))).isNotEqualTo(key(row(-0f)));
    }

    @Test
    void integersTooLargeForAFloat64Count() {
        NDArray large = manager.create(new long[] {1L << 60}, new Shape(1, 1));
        NDArray larger = manager.create(new long[] {(1L << 60) + 1}, new Shape(1, 1));
        assertThat(key(large)).isNotEqualTo(key(larger));
    }

    @Test
    void typesShapesAndTheirOrderCount() {
        NDArray zeros = manager.zeros(new Shape(1, 4));
        assertThat(key(zeros))
                .isNotEqualTo(key(manager.zeros(new Shape(1, 4), DataType.INT32)))
                .isNotEqualTo(key(manager.zeros(new Shape(1, 2, 2))))
                .isNotEqualTo(key(zeros, manager.zeros(new Shape(1, 0))));
        assertThat(key(row(1), row(2))).isNotEqualTo(key(row(2), row(1)));
    }

    /** A table for all examples is part of no key. */
    @Test
    void inputsWithoutTheBatchsAxisDoNotCount() {
        NDArray rows = manager.ones(new Shape(2, 3));
        assertThat(ExampleKeys.of(new NDList(rows, manager.create(5f), manager.ones(new Shape(4)))))
                .isEqualTo(ExampleKeys.of(new NDList(rows)));
    }
}
