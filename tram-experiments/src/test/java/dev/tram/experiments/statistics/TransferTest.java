package dev.tram.experiments.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.StringReader;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TransferTest {

    /** The inputs are rounded, those of philosophy most of all in proportion to their range. */
    @Test
    void reproducesTable9() {
        int printed = 0;
        for (ScoreTable table : PaperTables.transfer()) {
            for (Transfer.Correlation correlation : Transfer.of(table).correlations()) {
                if (Double.isFinite(correlation.paper())) {
                    boolean isRounded =
                            table.name().contains("s2orc") && correlation.domain().equals("phil");
                    assertThat(correlation.trend().correlation())
                            .as(table.name() + " " + correlation.domain())
                            .isCloseTo(correlation.paper(), within(isRounded ? 0.08 : 0.03));
                    assertThat(correlation.trend().n()).isEqualTo(11);
                    assertThat(correlation.trend().pValue()).isLessThan(Significance.LEVEL);
                    printed++;
                }
            }
        }
        assertThat(printed).isEqualTo(11 + 12);
    }

    /** Under the names of M2D2's files, and with a domain missing. */
    @Test
    void ownFiguresStandBesideThePapers() throws IOException {
        ScoreTable paper = PaperTables.transfer().get(1);
        List<String> own =
                paper.columns().stream()
                        .map(name -> name.equals("phys") ? "physics" : name)
                        .toList();
        assertThat(papers(own))
                .containsEntry("physics", 0.991)
                .containsEntry("art", -0.861)
                .containsEntry("zs_avg", 0.968)
                .containsEntry("correlated", 0.998);
        assertThat(papers(own.stream().filter(name -> !name.equals("stat")).toList()))
                .containsEntry("physics", 0.991)
                .containsEntry("zs_avg", Double.NaN)
                .containsEntry("correlated", Double.NaN);
        assertThat(papers(List.of("en", "de", "zs_avg")).values()).containsOnly(Double.NaN);
    }

    /**
     * The paper's ρ per column, beside figures that go with the first, art's and phil's against.
     */
    private static Map<String, Double> papers(List<String> columns) throws IOException {
        StringBuilder csv = new StringBuilder("method," + String.join(",", columns));
        for (int i = 0; i < 4; i++) {
            csv.append("\nmethod-").append(i);
            for (String column : columns) {
                csv.append(',').append(Set.of("art", "phil").contains(column) ? 9 - i : 1 + i * i);
            }
        }
        Map<String, Double> papers = new HashMap<>();
        Transfer.of(ScoreTable.parse("gpt2-own", new StringReader(csv.append('\n').toString())))
                .correlations()
                .forEach(found -> papers.put(found.domain(), found.paper()));
        return papers;
    }

    @Test
    void hasThePanelsOfFigure2() {
        Transfer transfer = Transfer.of(PaperTables.transfer().get(1));
        assertThat(transfer.training()).isEqualTo("math");
        assertThat(transfer.panels())
                .extracting(Transfer.Panel::domain)
                .containsExactly("correlated", "art", "phil");
        Transfer.Panel art = transfer.panels().get(1);
        assertThat(art.points()).hasSize(11).filteredOn(Transfer.Point::isTram).hasSize(4);
        assertThat(art.points()).contains(new Transfer.Point("adam", false, 11.4, 44.2));
        assertThat(art.prior().slope()).isNegative();
        assertThat(transfer.panels().get(0).prior().slope()).isPositive();
        assertThat(transfer.panels().get(0).points().get(0).y())
                .isCloseTo(
                        (33.9 + 20.1 + 21.2 + 21.0 + 14.7 + 29.5 + 30.8 + 16.9) / 8, within(1e-9));
    }

    @Test
    void tooFewMethodsOfOneKindHaveNoTrend() throws IOException {
        String csv =
                """
                method,en,de,zs_avg
                zero-shot,9,9,9
                adam,1,2,2
                sam,2,3,3
                asam+trpo,50,1,1
                tram-x,3,5,5
                """;
        Transfer transfer = Transfer.of(ScoreTable.parse("own", new StringReader(csv)));
        assertThat(transfer.correlations())
                .extracting(Transfer.Correlation::domain)
                .containsExactly("de", "zs_avg");
        assertThat(transfer.panels()).hasSize(1);
        assertThat(transfer.panels().get(0).points()).hasSize(3);
        assertThat(transfer.panels().get(0).tram()).isNull();
    }

    @Test
    void aBrokenTableIsRefusedByLine() {
        refuses("domain,en\nadam,1\n", "the first line of own");
        refuses("method\nadam\n", "the first line of own");
        refuses("method,en\nadam,1\nsam,high\n", "line 3 of own", "received: high");
        refuses("method,en\nadam,1,2\n", "line 2 of own", "received: 3");
    }

    private static void refuses(String csv, String... parts) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ScoreTable.parse("own", new StringReader(csv)))
                .satisfies(failure -> assertThat(failure).hasMessageContainingAll(parts));
    }

    @Test
    void thePapersFiguresAreFoundUnderM2d2sNames() {
        ScoreTable found =
                PaperTables.of(List.of("Society_and_social_sciences", "Art", "zs_avg"))
                        .orElseThrow();
        assertThat(found.name()).isEqualTo("table04-11-gpt2-wiki-perplexity");
        assertThat(found.value("tram-previous", "Society_and_social_sciences")).isEqualTo(20.9);
        assertThat(found.value("tram-previous", "zs_avg")).as("of other domains").isNaN();
        List<String> all = PaperTables.transfer().get(0).columns();
        assertThat(PaperTables.of(all).orElseThrow().value("tram-previous", "zs_avg"))
                .isEqualTo(22.5);
        assertThat(found.value("tram-previous", "Art")).isNaN();
        assertThat(PaperTables.of(List.of("math", "q-bio")).orElseThrow().value("adam", "q-bio"))
                .isEqualTo(30.8);
        assertThat(
                        PaperTables.of(List.of("cifar-100-binary"))
                                .orElseThrow()
                                .value("sam", "cifar-100-binary"))
                .isEqualTo(87.99);
        assertThat(PaperTables.of(List.of("en", "de")).orElseThrow().value("sam", "de"))
                .isEqualTo(76.7);
        assertThat(PaperTables.of(List.of("sotu-1933-2021", "moby-dick", "zs_avg"))).isEmpty();
        assertThat(PaperTables.of(List.of("math", "poems"))).isEmpty();
    }
}
