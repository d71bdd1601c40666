package dev.tram.examples.task.xnli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tram.experiments.data.RowCensus;
import dev.tram.experiments.data.Share;
import dev.tram.experiments.data.TextExample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files of the resources are written by Python and Apache Arrow. */
class XnliReleaseTest {

    private record Placed(Share part, TextExample example) {}

    private static Path resource(String name) throws Exception {
        return Path.of(Objects.requireNonNull(XnliReleaseTest.class.getResource(name)).toURI());
    }

    @ParameterizedTest
    @ValueSource(strings = {"original", "translated", "hub"})
    void trainsInEnglishAndTestsInEveryLanguage(String form) throws Exception {
        List<Placed> placed = new ArrayList<>();
        XnliRelease release = XnliRelease.of(resource(form), line -> {});
        RowCensus census = release.read((part, pair) -> placed.add(new Placed(part, pair)));
        assertThat(census.malformed()).isZero();
        List<Placed> expected = new ArrayList<>();
        expect(expected, Share.TRAINING, "en", "");
        expect(expected, Share.VALIDATION, "en", "en ");
        for (String language : List.of("ar", "en", "sw")) {
            expect(expected, Share.TEST, language, language + " ");
        }
        assertThat(placed).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(release.identity()).contains("train").contains("test");
    }

    private static void expect(List<Placed> expected, Share part, String language, String prefix) {
        for (List<String> pair :
                List.of(
                        List.of("He said \"yes\".", "He agreed.", "entailment"),
                        List.of("It rained.", "Birds sang.", "neutral"),
                        List.of("It rained.", "It was dry.", "contradiction"))) {
            expected.add(
                    new Placed(
                            part,
                            new TextExample(
                                    prefix + pair.get(0), pair.get(1), pair.get(2), language)));
        }
    }

    @Test
    void missingFilesAreNamed(@TempDir Path directory) throws IOException {
        assertThatThrownBy(() -> XnliRelease.of(directory, line -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("multinli_1.0_train.jsonl or multinli.train.en.tsv");
        Files.writeString(directory.resolve("multinli.train.en.tsv"), "");
        assertThatThrownBy(() -> XnliRelease.of(directory, line -> {}))
                .hasMessageContaining("xnli.dev");
        assertThatThrownBy(() -> XnliRelease.of(directory.resolve("none"), line -> {}))
                .hasMessageContaining("received: " + directory.resolve("none"));
    }

    @Test
    void malformedPairsAreReportedUpToOneInAHundred(@TempDir Path directory) throws IOException {
        Path training = directory.resolve("multinli.train.en.tsv");
        Files.writeString(
                training,
                "premise\thypo\tlabel\n" + "a\tb\tneutral\n".repeat(299) + "a\tb\nc\t\tneutral\n");
        String head = "language\tgold_label\tsentence1\tsentence2\n";
        Path test = directory.resolve("xnli.test.tsv");
        Files.writeString(directory.resolve("xnli.dev.tsv"), head);
        Files.writeString(test, head + "de\tneutral\ta\tb\n".repeat(100) + "de\tmaybe\ta\tb\n");
        RowCensus census = XnliRelease.of(directory, line -> {}).read((part, pair) -> {});
        assertThat(census.report())
                .isEqualTo(
                        "3 malformed rows of 402 are left out: "
                                + training
                                + ":301: 2 cells, expected 3; "
                                + training
                                + ":302: column hypo is blank; "
                                + test
                                + ":102: class maybe, expected one of [entailment, neutral,"
                                + " contradiction]");
        Files.writeString(test, "de\tmaybe\ta\tb\n", StandardOpenOption.APPEND);
        assertThatThrownBy(() -> XnliRelease.of(directory, line -> {}).read((part, pair) -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("rows are malformed (limit 1 %): " + test + ":102");
    }

    @Test
    void otherClassesAreMalformed(@TempDir Path directory) throws IOException {
        Files.writeString(
                directory.resolve("multinli.train.en.tsv"), "premise\thypo\tlabel\na\tb\tmaybe\n");
        Files.writeString(directory.resolve("xnli.dev.tsv"), "x\n");
        Files.writeString(directory.resolve("xnli.test.tsv"), "x\n");
        assertThatThrownBy(() -> XnliRelease.of(directory, line -> {}).read((part, pair) -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("multinli.train.en.tsv:2: class maybe");
    }
}
