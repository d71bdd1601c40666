package dev.tram.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ShuffledStreamTest {

    @Test
    void everyEpochHasEveryExampleOnceInAnOrderOfItsOwn() {
        List<Integer> stream = stream(new ShuffledStream(10, 3), 3, 10);
        Integer[] all = IntStream.range(0, 10).boxed().toArray(Integer[]::new);
        List<Integer> first = stream.subList(0, 10);
        List<Integer> second = stream.subList(10, 20);
        assertThat(first).containsExactlyInAnyOrder(all).isNotEqualTo(second);
        assertThat(second).containsExactlyInAnyOrder(all);
        assertThat(stream.subList(20, 30)).containsExactlyInAnyOrder(all);
    }

    @Test
    void theSizeOfBatchesDoesNotChangeTheOrder() {
        ShuffledStream stream = new ShuffledStream(7, 5);
        assertThat(stream(stream, 12, 3)).isEqualTo(stream(stream, 2, 18));
    }

    @Test
    void seedsDiffer() {
        assertThat(new ShuffledStream(50, 0).batch(1, 50))
                .isEqualTo(new ShuffledStream(50, 0).batch(1, 50))
                .isNotEqualTo(new ShuffledStream(50, 1).batch(1, 50));
    }

    @Test
    void aBatchMayBeLargerThanTheData() {
        assertThat(new ShuffledStream(2, 0).batch(3, 5)).hasSize(5).containsOnly(0, 1);
    }

    @Test
    void noExamplesAreAnError() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ShuffledStream(0, 0))
                .withMessageContaining("received: 0");
    }

    private static List<Integer> stream(ShuffledStream stream, int batches, int size) {
        List<Integer> indices = new ArrayList<>();
        for (int step = 1; step <= batches; step++) {
            for (int index : stream.batch(step, size)) {
                indices.add(index);
            }
        }
        return indices;
    }
}
