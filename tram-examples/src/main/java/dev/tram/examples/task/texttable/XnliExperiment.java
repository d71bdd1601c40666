package dev.tram.examples.task.texttable;

import dev.tram.examples.checkpoint.Checkpoints;
import dev.tram.examples.checkpoint.ConsoleProgress;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.ModelCache;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;

/**
 * {@code tram xnli}: an encoder of many languages is fine-tuned on English pairs and tested on
 * English and 14 other languages.
 */
public final class XnliExperiment {

    /** Which pretrained model is the bundled one. */
    public static final String DECLARATION = "declaration";

    private static final int PRETRAINING_STEPS = 3000;

    private final ExperimentConfig config;
    private final ExperimentDirectory directory;
    private final String command;
    private final TextExperiment experiment;

    /**
     * Describes the experiment.
     *
     * @param config the methods, the seeds and how the runs are trained
     * @param directory where the files go
     * @param command the command line, for the report
     */
    public XnliExperiment(ExperimentConfig config, ExperimentDirectory directory, String command) {
        this.config = config;
        this.directory = directory;
        this.command = command;
        experiment = new TextExperiment(config, directory, command);
    }

    /**
     * Runs what is not finished yet.
     *
     * @param out where progress and tables are printed
     * @throws IOException if a file cannot be read or written
     * @throws IllegalArgumentException if the pairs are not what they should be; nothing is written
     */
    public void run(PrintStream out) throws IOException {
        ModelCache cache = ModelCache.ofUser();
        Encoder.checkMaxTokens(maxTokens(config));
        TextSource source = source(config);
        Path located =
                isBundled(config)
                        ? pretrained(cache, out)
                        : Checkpoints.locate(config.pretrained(), new ConsoleProgress());
        experiment.run(source, encoder(config, located), TextMeasures.Layout.TRANSFER, cache, out);
    }

    /** Returns the pairs of an experiment. */
    static TextSource source(ExperimentConfig config) throws IOException {
        String data = config.inputs().get("data");
        return data == null ? new DeclarationPairs() : XnliRelease.of(Path.of(data));
    }

    /** Returns the pretrained model of an experiment. */
    static Encoder encoder(ExperimentConfig config, Path directory) {
        return new Encoder(directory, isBundled(config), maxTokens(config));
    }

    private static boolean isBundled(ExperimentConfig config) {
        return config.pretrained().equals(DECLARATION);
    }

    private static int maxTokens(ExperimentConfig config) {
        return Integer.parseInt(config.inputs().get(TextExperiment.MAX_TOKENS));
    }

    private Path pretrained(ModelCache cache, PrintStream out) throws IOException {
        directory.begin(config, command);
        try (DeclarationPretraining pretraining =
                new DeclarationPretraining(config.device(), PRETRAINING_STEPS)) {
            return pretraining.model(cache, out);
        }
    }
}
