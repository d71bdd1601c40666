package dev.tram.examples.task.texttable;

import dev.tram.examples.checkpoint.Checkpoints;
import dev.tram.examples.checkpoint.ConsoleProgress;
import dev.tram.examples.checkpoint.MiniLm;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.ModelCache;
import dev.tram.examples.report.CellTable;
import dev.tram.examples.report.Comparison;
import dev.tram.examples.report.Comparison.Part;
import dev.tram.examples.report.CsvFile;
import dev.tram.examples.report.Examples;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code tram text}: tokens on disk, a grid of runs, the tables and the report. */
public final class TextExperiment {

    /** Which of {@link ExperimentConfig#inputs()} says where texts are cut. */
    public static final String MAX_TOKENS = "max-tokens";

    private final ExperimentConfig config;
    private final ExperimentDirectory directory;
    private final String command;

    /**
     * Describes the experiment.
     *
     * @param config the methods, the seeds and how the runs are trained
     * @param directory where the files go
     * @param command the command line, for the report
     */
    public TextExperiment(ExperimentConfig config, ExperimentDirectory directory, String command) {
        this.config = config;
        this.directory = directory;
        this.command = command;
    }

    /**
     * Runs what is not finished yet.
     *
     * @param out where progress and tables are printed
     * @throws IOException if a file cannot be read or written
     * @throws IllegalArgumentException if the texts are not what they should be; nothing is written
     */
    public void run(PrintStream out) throws IOException {
        TextSource source = TextSources.of(config.inputs());
        Path located = Checkpoints.locate(config.pretrained(), new ConsoleProgress());
        run(source, encoder(config, located), TextMeasures.Layout.POOLED, ModelCache.ofUser(), out);
    }

    /** Returns the pretrained model of an experiment of {@code tram text}. */
    static Encoder encoder(ExperimentConfig config, Path directory) {
        return new Encoder(
                directory,
                config.pretrained().equals(MiniLm.NAME),
                Integer.parseInt(config.inputs().get(MAX_TOKENS)));
    }

    /** Opens tokenised texts, after tokenising them if the cache lacks them. */
    static TextDataset open(TextSource source, Encoder encoder, ModelCache cache, PrintStream out)
            throws IOException {
        TextPreparation preparation =
                new TextPreparation(source, encoder.directory(), encoder.maxTokens());
        if (!cache.contains(preparation.key())) {
            out.println("checking and tokenising the texts, once ...");
        }
        return preparation.open(cache);
    }

    void run(
            TextSource source,
            Encoder encoder,
            TextMeasures.Layout layout,
            ModelCache cache,
            PrintStream out)
            throws IOException {
        try (TextDataset data = open(source, encoder, cache, out);
                TextTask task = new TextTask(config.target(), data, encoder, layout)) {
            describe(data, out);
            new Comparison(config, directory, command)
                    .run(
                            List.of(
                                    new Part(
                                            task,
                                            "accuracy in %",
                                            (model, manager) ->
                                                    confusion(
                                                            data.labels(),
                                                            task.judge(model, manager)))),
                            out);
        }
    }

    private static void describe(TextDataset data, PrintStream out) {
        out.printf(
                Locale.ROOT,
                "%,d examples to train on, %,d to validate with; classes: %s%n",
                data.training().size(),
                data.validation().size(),
                String.join(", ", data.labels()));
        for (TextDataset.Group group : data.groups()) {
            out.printf(
                    Locale.ROOT,
                    "%,d to test with: %s%s%n",
                    data.test(group).size(),
                    group.name(),
                    group.seen() ? "" : ", never trained on");
        }
        if (!data.report().isEmpty()) {
            out.println(data.report());
        }
    }

    private Examples confusion(List<String> labels, Map<TextDataset.Group, Judgement> judgements)
            throws IOException {
        writeConfusion(judgements, labels);
        List<CellTable> tables = new ArrayList<>();
        judgements.forEach(
                (group, judged) -> tables.add(ConfusionTable.of(group.name(), labels, judged)));
        return new Examples(List.of(), tables);
    }

    /** A line per group, class and predicted class, in confusion.csv. */
    private void writeConfusion(Map<TextDataset.Group, Judgement> judgements, List<String> labels)
            throws IOException {
        List<List<Object>> lines = new ArrayList<>();
        lines.add(List.of("group", "class", "predicted", "count"));
        judgements.forEach(
                (group, judged) -> {
                    for (int i = 0; i < labels.size(); i++) {
                        for (int j = 0; j < labels.size(); j++) {
                            long count = judged.count(i, j);
                            lines.add(List.of(group.name(), labels.get(i), labels.get(j), count));
                        }
                    }
                });
        CsvFile.write(directory.root().resolve("confusion.csv"), lines);
    }
}
