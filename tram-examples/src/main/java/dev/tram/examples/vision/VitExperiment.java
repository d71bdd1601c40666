package dev.tram.examples.vision;

import ai.djl.Model;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.Grid;
import dev.tram.examples.experiment.Json;
import dev.tram.examples.experiment.ModelCache;
import dev.tram.examples.experiment.Progress;
import dev.tram.examples.experiment.Results;
import dev.tram.examples.experiment.RunKey;
import dev.tram.examples.model.Checkpoint;
import dev.tram.examples.model.TransformerModel;
import dev.tram.examples.report.Prediction;
import dev.tram.examples.report.ReportWriter;
import dev.tram.examples.report.Section;
import dev.tram.examples.report.TextTable;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code tram vit}: pretraining, a grid of runs per target, the tables and the report. */
public final class VitExperiment {

    private static final int PRETRAINING_EPOCHS = 60;
    private static final int EXAMPLES = 24;

    private final ExperimentConfig config;
    private final List<Target> targets;
    private final ExperimentDirectory directory;
    private final String command;

    /**
     * Describes the experiment.
     *
     * @param config the methods, the seeds and how the runs are trained; its target names all
     *     targets
     * @param targets the targets
     * @param directory where the files go: with one target directly, with several each in a
     *     directory of its own
     * @param command the command line, for the report
     */
    public VitExperiment(
            ExperimentConfig config,
            List<Target> targets,
            ExperimentDirectory directory,
            String command) {
        this.config = config;
        this.targets = targets;
        this.directory = directory;
        this.command = command;
    }

    /**
     * Runs what is not finished yet.
     *
     * @param out where progress and tables are printed
     * @throws IOException if a file cannot be read or written
     */
    public void run(PrintStream out) throws IOException {
        Files.createDirectories(directory.root());
        Json.write(directory.config(), config);
        EmojiImages emoji = EmojiImages.load();
        Pretraining pretraining = new Pretraining(emoji, config.device(), PRETRAINING_EPOCHS);
        ModelCache cache = ModelCache.ofUser();
        try (Progress progress =
                Progress.on(
                        out,
                        "pretraining",
                        cache.contains(pretraining.key()) ? 0 : pretraining.steps())) {
            pretraining.model(cache, progress);
        }
        Map<Target, Grid> grids = new LinkedHashMap<>();
        Map<Target, Results> results = new LinkedHashMap<>();
        List<Section> sections = new ArrayList<>();
        long steps =
                (long) targets.size()
                        * config.methods().size()
                        * config.seeds()
                        * config.protocol().steps();
        try (Progress progress = Progress.on(out, "fine-tuning", steps)) {
            for (Target target : targets) {
                VisionTask task = VisionTask.of(target, emoji, pretraining.model(cache, progress));
                ExperimentDirectory files = filesOf(target);
                ExperimentConfig own = config.withTarget(target.toString());
                Files.createDirectories(files.root());
                Json.write(files.config(), targets.size() == 1 ? config : own);
                Grid grid = new Grid(task, own, files);
                grids.put(target, grid);
                results.put(target, grid.run(progress));
                sections.add(section(target, task, grid, own, files, results.get(target)));
            }
        }
        for (Target target : targets) {
            out.printf("%n%s, accuracy in %% (mean ± 95 %% interval over seeds)%n", target);
            out.print(TextTable.render(results.get(target), grids.get(target).measures()));
        }
        if (targets.size() > 1) {
            Json.write(directory.results(), Results.merged(config, List.copyOf(results.values())));
        }
        ReportWriter.write(directory.report(), "tram vit", command, sections);
        out.printf("%nReport: %s%n", directory.report());
    }

    private ExperimentDirectory filesOf(Target target) {
        return targets.size() == 1 ? directory : directory.target(target.toString());
    }

    private static Section section(
            Target target,
            VisionTask task,
            Grid grid,
            ExperimentConfig config,
            ExperimentDirectory files,
            Results results)
            throws IOException {
        String shown = config.methods().get(config.methods().size() - 1);
        return Section.of(
                target.toString(),
                task.validation().title(),
                config,
                grid.measures(),
                results,
                files,
                "Test images under " + shown + ", seed 0",
                predictions(task, config, files.model(new RunKey(shown, 0))));
    }

    private static List<Prediction> predictions(
            VisionTask task, ExperimentConfig config, Path trained) throws IOException {
        try (Model owner = Model.newInstance("report", config.toDevice(), "PyTorch")) {
            TransformerModel model = Checkpoint.open(trained).load(owner.getNDManager());
            return task.predictions(model, owner.getNDManager(), EXAMPLES);
        }
    }
}
