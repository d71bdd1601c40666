package dev.tram.examples.classification;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.Grid;
import dev.tram.examples.experiment.Json;
import dev.tram.examples.experiment.Measure;
import dev.tram.examples.experiment.ModelCache;
import dev.tram.examples.experiment.Progress;
import dev.tram.examples.experiment.Results;
import dev.tram.examples.experiment.RunKey;
import dev.tram.examples.hub.Checkpoints;
import dev.tram.examples.hub.ConsoleProgress;
import dev.tram.examples.hub.MiniLm;
import dev.tram.examples.model.Checkpoint;
import dev.tram.examples.report.CsvFile;
import dev.tram.examples.report.ReportWriter;
import dev.tram.examples.report.Section;
import dev.tram.examples.report.TextTable;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
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
        Encoder encoder =
                new Encoder(
                        Checkpoints.locate(config.pretrained(), new ConsoleProgress()),
                        config.pretrained().equals(MiniLm.NAME),
                        Integer.parseInt(config.inputs().get(MAX_TOKENS)));
        run(source, encoder, ModelCache.ofUser(), out);
    }

    void run(TextSource source, Encoder encoder, ModelCache cache, PrintStream out)
            throws IOException {
        TextPreparation preparation =
                new TextPreparation(source, encoder.directory(), encoder.maxTokens());
        if (!cache.contains(preparation.key())) {
            out.println("checking and tokenising the texts, once ...");
        }
        try (TextDataset data = preparation.open(cache);
                TextTask task = new TextTask(config.target(), data, encoder)) {
            describe(data, out);
            Files.createDirectories(directory.root());
            Json.write(directory.config(), config);
            Grid grid = new Grid(task, config, directory);
            Results results;
            long steps =
                    (long) config.methods().size() * config.seeds() * config.protocol().steps();
            try (Progress progress = Progress.on(out, "fine-tuning", steps)) {
                results = grid.run(progress);
            }
            out.printf("%nin %%, mean ± 95 %% interval over seeds%n");
            out.print(TextTable.render(results, grid.measures()));
            String shown = best(results, task.measures().get(0));
            Map<TextDataset.Group, Judgement> judgements = judge(task, shown);
            judgements.forEach(
                    (group, judged) ->
                            out.printf(
                                    "%n%s, seed 0, %s",
                                    shown,
                                    ConfusionTable.of(group.name(), data.labels(), judged)
                                            .render()));
            writeConfusion(judgements, data.labels());
            report(task, grid, results);
            out.printf("%nReport: %s%nModel: %s%n", directory.report(), model(shown));
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

    private static String best(Results results, Measure measure) {
        String best = null;
        for (String method : results.methods().keySet()) {
            if (best == null
                    || measure.isBetter(
                            mean(results, method, measure), mean(results, best, measure))) {
                best = method;
            }
        }
        return best;
    }

    private static double mean(Results results, String method, Measure measure) {
        return results.methods().get(method).mean().get(measure.name());
    }

    private Map<TextDataset.Group, Judgement> judge(TextTask task, String method)
            throws IOException {
        try (Model owner = Model.newInstance("report", config.toDevice(), "PyTorch")) {
            NDManager manager = owner.getNDManager();
            return task.judge(Checkpoint.open(model(method)).load(manager), manager);
        }
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

    private Path model(String method) {
        return directory.model(new RunKey(method, 0));
    }

    private void report(TextTask task, Grid grid, Results results) throws IOException {
        Section section =
                Section.of(
                        config.target(),
                        task.validation().title(),
                        config,
                        grid.measures(),
                        results,
                        directory,
                        "",
                        List.of());
        ReportWriter.write(
                directory.report(), "tram " + config.experiment(), command, List.of(section));
    }
}
