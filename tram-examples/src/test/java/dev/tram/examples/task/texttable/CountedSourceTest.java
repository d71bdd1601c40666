package dev.tram.examples.task.texttable;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.examples.data.RowCensus;
import dev.tram.examples.data.Share;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class CountedSourceTest {

    private static final RowCensus CENSUS = new RowCensus(3, 0, List.of());

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

    private static final TextSource THREE =
            new TextSource() {
                @Override
                public String identity() {
                    return "three";
                }

                @Override
                public RowCensus read(Sink sink) {
                    for (int i = 0; i < 3; i++) {
                        sink.accept(Share.TRAINING, null);
                    }
                    return CENSUS;
                }
            };

    private List<String> told(Duration interval) throws IOException {
        int[] taken = {0};
        TextSource source = new CountedSource(THREE, out, interval);
        assertThat(source.identity()).isEqualTo("three");
        assertThat(source.read((part, example) -> taken[0]++)).isEqualTo(CENSUS);
        assertThat(taken[0]).isEqualTo(3);
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void saysHowManyExamplesWereRead() throws IOException {
        assertThat(told(Duration.ZERO))
                .containsExactly("1 rows so far ...", "2 rows so far ...", "3 rows so far ...");
    }

    @Test
    void isSilentForAWhile() throws IOException {
        assertThat(told(Duration.ofHours(1))).isEmpty();
    }
}
