package dev.tram.experiments.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.experiments.Judgement;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConfusionTableTest {

    private static final float[][] PROBABILITIES = {
        {0.9f, 0.1f, 0}, {0.8f, 0.1f, 0.1f}, {0.3f, 0.6f, 0.1f}, {0.7f, 0.2f, 0.1f}, {0, 0, 1}
    };
    private static final int[] LABELS = {0, 0, 1, 1, 2};

    @Test
    void namesClassesAndRecall() {
        Judgement judgement = Judgement.of("g", List.of("a", "b", "c", "d"), PROBABILITIES, LABELS);
        Table table = ConfusionTable.of(judgement);
        assertThat(ConfusionTable.title(judgement))
                .startsWith("g: 5 examples, accuracy 80.0 %, macro-F1 82.2 %");
        assertThat(texts(table, 1)).containsExactly("b", "1", "1", "0", "0", "50.0");
        assertThat(texts(table, 3)).containsExactly("d", "0", "0", "0", "0", "–");
        assertThat(ConfusionTable.render(judgement).lines().skip(1).map(String::length).distinct())
                .hasSize(1);
    }

    @Test
    void namesOfClassesCommandNoTerminal() {
        Judgement judgement =
                Judgement.of("g\u001b[2J", List.of("a\u001b[2J", "b", "c"), PROBABILITIES, LABELS);
        assertThat(ConfusionTable.render(judgement))
                .contains("g\\u001B[2J: 5 examples", "a\\u001B[2J")
                .doesNotContain("\u001b");
    }

    private static List<String> texts(Table table, int row) {
        return table.rows().get(row).cells().stream().map(Table.Cell::text).toList();
    }
}
