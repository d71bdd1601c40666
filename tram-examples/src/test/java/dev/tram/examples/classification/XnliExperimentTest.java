package dev.tram.examples.classification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.MethodSettings;
import dev.tram.examples.experiment.Metrics;
import dev.tram.examples.experiment.ModelCache;
import dev.tram.examples.experiment.Progress;
import dev.tram.examples.experiment.Protocol;
import dev.tram.examples.experiment.Results;
import dev.tram.examples.experiment.RunKey;
import dev.tram.examples.experiment.StepRecord;
import dev.tram.examples.text.SpecialToken;
import dev.tram.examples.text.TextTokenizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pretraining and fine-tuning on the declaration, cut short. */
class XnliExperimentTest {

    @TempDir private Path directory;

    private Path pretrained(int steps) throws IOException {
        ModelCache cache = new ModelCache(directory.resolve("cache"));
        try (DeclarationPretraining pretraining = new DeclarationPretraining("cpu", steps);
                Progress progress = silent(steps)) {
            return pretraining.model(cache, progress);
        }
    }

    private static Progress silent(int steps) {
        PrintStream nowhere =
                new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
        return Progress.on(nowhere, "pretraining", steps);
    }

    @Test
    void testsEveryLanguageAndKeepsTheTokenizer() throws IOException {
        ExperimentConfig config =
                new ExperimentConfig(
                        "xnli",
                        "declaration",
                        Map.of(TextExperiment.MAX_TOKENS, "32"),
                        "cpu",
                        List.of("tram-previous"),
                        1,
                        XnliExperiment.DECLARATION,
                        Protocol.of(2, 8, 1e-3f),
                        MethodSettings.PAPER);
        ExperimentDirectory files = new ExperimentDirectory(directory.resolve("out"));
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
            new TextExperiment(config, files, "tram xnli")
                    .run(
                            new DeclarationPairs(),
                            new Encoder(pretrained(2), false, 32),
                            new ModelCache(directory.resolve("cache")),
                            out);
        }
        Results results = files.readResults(config);
        for (String method : config.methods()) {
            Map<String, Double> mean = results.methods().get(method).mean();
            assertThat(mean).containsKeys(Declaration.LANGUAGES.toArray(new String[0]));
            double zeroShot =
                    Declaration.LANGUAGES.stream()
                            .filter(language -> !language.equals("en"))
                            .mapToDouble(mean::get)
                            .average()
                            .orElseThrow();
            assertThat(mean.get("unseen")).isCloseTo(zeroShot, within(1e-9));
            assertThat(mean.get("test")).isEqualTo(mean.get("en"));
        }
    }

    @Test
    void pretrainingLowersTheLossOfMaskedTokens() throws IOException {
        Path model = pretrained(2);
        try (TextTokenizer tokenizer = TextTokenizer.builder().setDirectory(model).build()) {
            assertThat(tokenizer.vocabularySize()).isEqualTo(2000);
            assertThat(tokenizer.id(SpecialToken.MASK)).isPresent();
        }
        assertThat(pretrained(2)).isEqualTo(model);
        try (DeclarationPretraining pretraining = new DeclarationPretraining("cpu", 40);
                Progress progress = silent(40)) {
            Path kept = directory.resolve("kept");
            pretraining.train(kept, progress);
            List<StepRecord> steps =
                    Metrics.read(new ExperimentDirectory(kept).metrics(new RunKey("adam", 0)));
            assertThat(steps.get(39).validation()).isLessThan(steps.get(4).validation() - 0.2);
        }
    }
}
