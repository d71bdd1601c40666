package dev.tram.examples.task.texttable;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.experiments.Judgement;
import dev.tram.experiments.Measure;
import dev.tram.experiments.statistics.PaperTables;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TextMeasuresTest {

    private static final TextDataset.Group EN = new TextDataset.Group("en", true);
    private static final TextDataset.Group DE = new TextDataset.Group("de", false);
    private static final TextDataset.Group SW = new TextDataset.Group("sw", false);

    private static final float[] FIRST = {1, 0};

    private static List<String> names(List<Measure> measures) {
        return measures.stream().map(Measure::name).toList();
    }

    private static Judgement judged(String group, int right, int wrong) {
        float[][] probabilities =
                Stream.generate(() -> FIRST).limit(right + wrong).toArray(float[][]::new);
        int[] labels = new int[right + wrong];
        Arrays.fill(labels, right, right + wrong, 1);
        return Judgement.of(group, List.of("0", "1"), probabilities, labels);
    }

    /** The average is over groups, whatever their sizes. */
    @Test
    void transferIsLaidOutAsInTheTableWithTheAverageLast() {
        TextMeasures measures = new TextMeasures(List.of(EN, DE, SW), TextTask.Layout.TRANSFER);
        assertThat(names(measures.all())).containsExactly("en", "de", "sw", "zs_avg");
        assertThat(names(measures.domains())).containsExactly("en", "de", "sw");
        assertThat(measures.summary().name()).isEqualTo("zs_avg");
        Map<String, Double> values =
                measures.values(
                        List.of(judged("en", 9, 1), judged("de", 3, 1), judged("sw", 0, 20)));
        assertThat(values)
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of("en", 90.0, "de", 75.0, "sw", 0.0, "zs_avg", 37.5));
        assertThat(PaperTables.of(names(measures.all())).orElseThrow().value("adam", "sw"))
                .isEqualTo(64.6);
    }

    @Test
    void whatIsNotTrainedOnCounts() {
        TextTask.Layout pooled = TextTask.Layout.POOLED;
        assertThat(new TextMeasures(List.of(EN, DE), pooled).summary().name()).isEqualTo("unseen");
        assertThat(new TextMeasures(List.of(EN), pooled).summary().name()).isEqualTo("test");
        assertThat(names(new TextMeasures(List.of(EN), pooled).all()))
                .containsExactly("test", "test_macro_f1", "test_calibration_error");
        TextTask.Layout transfer = TextTask.Layout.TRANSFER;
        assertThat(new TextMeasures(List.of(EN), transfer).summary().name()).isEqualTo("en");
    }

    /** Methods are compared by the figures of domains. */
    @Test
    void domainsAreAmongTheFigures() {
        for (TextTask.Layout layout : TextTask.Layout.values()) {
            for (List<TextDataset.Group> groups :
                    List.of(List.of(EN), List.of(DE), List.of(EN, DE), List.of(EN, DE, SW))) {
                TextMeasures measures = new TextMeasures(groups, layout);
                assertThat(names(measures.domains()))
                        .hasSameSizeAs(groups)
                        .isSubsetOf(names(measures.all()));
            }
        }
    }
}
