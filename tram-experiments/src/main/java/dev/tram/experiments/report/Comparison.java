package dev.tram.experiments.report;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.experiments.ExpectedTime;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ExperimentDirectory;
import dev.tram.experiments.Grid;
import dev.tram.experiments.Illustrations;
import dev.tram.experiments.Json;
import dev.tram.experiments.Judgement;
import dev.tram.experiments.Progress;
import dev.tram.experiments.Results;
import dev.tram.experiments.RunKey;
import dev.tram.experiments.Task;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * What every command that compares methods does: one grid of runs per target, then the tables on
 * the terminal, in files and in the report.
 *
 * @param config the methods, the seeds and how the runs are trained
 * @param directory where the files go: with one target directly, with several each in a directory
 *     of its own
 * @param command the command line, for the report unless the experiment is resumed
 */
public record Comparison(ExperimentConfig config, ExperimentDirectory directory, String command) {

    /** What few seeds tell, by their number. */
    private static final List<String> SEEDS =
            List.of(
                    "",
                    "one seed: differences between methods may be chance; --seeds 3 or more gives"
                            + " intervals",
                    "two seeds: means without intervals, and the best method against the base seed by"
                            + " seed; --seeds 3 or more gives intervals");

    /** A target with its own settings and files. */
    private record Part(Task task, ExperimentConfig config, ExperimentDirectory files) {}

    public void run(List<Task> tasks, PrintStream out) throws IOException {
        String first = directory.begin(config, command);
        out.printf("Files: %s%n", name(directory.root()));
        if (config.seeds() < SEEDS.size()) {
            out.println(SEEDS.get(config.seeds()));
        }
        List<Section> sections = new ArrayList<>();
        try (ResumeHint hint = ResumeHint.of(List.of(config.experiment()), directory.root())) {
            List<Part> parts = tasks.stream().map(task -> part(tasks, task)).toList();
            List<Results> results = runGrids(parts, out);
            for (int i = 0; i < parts.size(); i++) {
                sections.add(section(parts.get(i), results.get(i), out));
            }
            if (parts.size() > 1) {
                Json.write(directory.results(), Results.merged(config, results));
            }
            ReportWriter.write(directory.report(), "tram " + config.experiment(), first, sections);
        }
        out.printf("%nReport: %s%n", name(directory.report()));
        for (Section section : sections) {
            String target = sections.size() > 1 ? section.title() + ": " : "";
            out.println(target + section.answer().sentence());
        }
    }

    private Part part(List<Task> tasks, Task task) {
        return tasks.size() == 1
                ? new Part(task, config, directory)
                : new Part(task, config.with("target", task.name()), directory.target(task.name()));
    }

    private String name(Path path) {
        return directory.store().name(path);
    }

    private List<Results> runGrids(List<Part> parts, PrintStream out) throws IOException {
        List<Grid> grids = new ArrayList<>();
        long left = 0;
        for (Part part : parts) {
            part.files.begin(part.config, command);
            Grid grid = new Grid(part.task, part.config, part.files);
            left += grid.left();
            grids.add(grid);
        }
        long runs = (long) parts.size() * config.methods().size() * config.seeds();
        out.println(plan(left, runs));
        List<Results> results = new ArrayList<>();
        try (Progress progress =
                Progress.on(out, "fine-tuning", runs * config.protocol().steps())) {
            for (Grid grid : grids) {
                results.add(grid.run(progress));
            }
        }
        return results;
    }

    private String plan(long left, long runs) {
        String all = String.format(Locale.ROOT, "%,d %s", runs, runs == 1 ? "run" : "runs");
        if (left == 0) {
            return all + ", finished before";
        }
        OptionalDouble minutes = ExpectedTime.minutes(config);
        return String.format(
                Locale.ROOT,
                "%s of %,d steps%s",
                left < runs ? String.format(Locale.ROOT, "%,d left of %s", left, all) : all,
                config.protocol().steps(),
                minutes.isPresent()
                        ? inWords(Math.round(minutes.getAsDouble() * left / runs))
                        : "; the time left follows once steps are timed");
    }

    private static String inWords(long minutes) {
        String time = minutes <= 1 ? "a minute" : minutes + " minutes";
        return ": about " + time + " on two idle cores";
    }

    private Section section(Part part, Results results, PrintStream out) throws IOException {
        Task task = part.task;
        ExperimentDirectory files = part.files;
        ResultTable table = ResultTable.of(task, results, files);
        out.printf("%n%s, %s%n%s", task.name(), task.unit(), TextTable.render(table));
        table.write(files);
        TestError.of(task, results).ifPresent(out::println);
        RunKey shown = new RunKey(ResultTable.best(task, results), 0);
        Path model = files.model(shown);
        files.store().pull(model);
        Illustrations illustrations = illustrations(task, model);
        List<Judgement> judgements = illustrations.judgements();
        if (!judgements.isEmpty()) {
            ConfusionTable.write(directory.root().resolve("confusion.csv"), judgements);
        }
        String title = "under " + shown.method() + ", seed " + shown.seed();
        judgements.forEach(judged -> out.printf("%n%s, %s", title, ConfusionTable.render(judged)));
        out.printf("%nBest model (%s, seed 0): %s%n", task.summary().title(), name(model));
        Section section =
                Section.of(
                        task,
                        part.config,
                        table,
                        results,
                        files,
                        "Test examples " + title,
                        illustrations);
        if (section.transfer().isPresent()) {
            TransferReport.writeTables(files.root(), List.of(section.transfer().get()));
        }
        return section;
    }

    private Illustrations illustrations(Task task, Path model) throws IOException {
        try (Model owner = Model.newInstance("report", config.toDevice(), "PyTorch")) {
            NDManager manager = owner.getNDManager();
            return task.illustrate(Checkpoint.open(model).load(manager), manager);
        }
    }
}
