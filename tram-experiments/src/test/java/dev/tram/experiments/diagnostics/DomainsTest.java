package dev.tram.experiments.diagnostics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DomainsTest {

    private static Domains of(String... names) {
        return new Domains(
                Stream.of(names).map(name -> new Diagnosis.Sample(name, null, true)).toList());
    }

    /** The names of a diagnosis's figures, as it finds them. */
    private static List<String> figures(Domains domains) throws InterruptedException {
        return new ArrayList<>(domains.figures(sample -> Map.of("CKA", 1.0)).keySet());
    }

    @Test
    void theMeanIsOverTheDomainsThatAreNotTrainedOn() throws InterruptedException {
        Map<String, Double> found =
                of("a", "b", "c")
                        .figures(sample -> Map.of("CKA", sample.name().equals("c") ? 0.5 : 0.9));
        assertThat(found)
                .containsEntry("a CKA", 0.9)
                .containsEntry("c CKA", 0.5)
                .containsEntry("ZS avg CKA", 0.7);
        assertThat(figures(of("a", "b"))).containsExactly("a CKA", "b CKA");
    }

    @Test
    void ofManyDomainsTheFirstAndTheMeanAreShown() throws InterruptedException {
        List<String> four = figures(of("a", "b", "c", "d"));
        assertThat(Domains.shown(four)).isEqualTo(four).hasSize(5);
        assertThat(Domains.shown(figures(of("a", "b")))).containsExactly("a CKA", "b CKA");
        Domains many = of("a", "b", "c", "d", "e");
        assertThat(Domains.shown(figures(many))).containsExactly("a CKA", "ZS avg CKA");
        assertThat(
                        Domains.shown(
                                List.of(
                                        "a x",
                                        "a y",
                                        "b x",
                                        "b y",
                                        "c x",
                                        "c y",
                                        "d x",
                                        "d y",
                                        "e x",
                                        "e y",
                                        "ZS avg x",
                                        "ZS avg y")))
                .containsExactly("a x", "a y", "ZS avg x", "ZS avg y");
    }
}
