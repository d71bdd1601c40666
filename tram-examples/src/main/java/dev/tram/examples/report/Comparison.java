package dev.tram.examples.report;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.Grid;
import dev.tram.examples.experiment.Json;
import dev.tram.examples.experiment.Progress;
import dev.tram.examples.experiment.Results;
import dev.tram.examples.experiment.RunKey;
import dev.tram.examples.experiment.Task;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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

    /**
     * One of the targets.
     *
     * @param task what is trained
     * @param unit what the measures are, for the tables' titles
     * @param examples what the best method's model says to examples
     */
    public record Part(Task task, String unit, Examples.Source examples) {}

    /**
     * Runs what is not finished yet.
     *
     * @param parts the targets
     * @param out where progress and tables are printed
     * @throws IOException if a file cannot be read or written
     */
    public void run(List<Part> parts, PrintStream out) throws IOException {
        String first = directory.begin(config, command);
        List<Results> results = runGrids(parts, out);
        List<Section> sections = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            sections.add(section(parts, parts.get(i), results.get(i), out));
        }
        if (parts.size() > 1) {
            Json.write(directory.results(), Results.merged(config, results));
        }
        ReportWriter.write(directory.report(), "tram " + config.experiment(), first, sections);
        out.printf("%nReport: %s%n", directory.report());
    }

    private List<Results> runGrids(List<Part> parts, PrintStream out) throws IOException {
        List<Results> results = new ArrayList<>();
        long runs = (long) parts.size() * config.methods().size() * config.seeds();
        try (Progress progress =
                Progress.on(out, "fine-tuning", runs * config.protocol().steps())) {
            for (Part part : parts) {
                ExperimentDirectory files = files(parts, part);
                files.begin(config(parts, part), command);
                results.add(new Grid(part.task(), config(parts, part), files).run(progress));
            }
        }
        return results;
    }

    private ExperimentConfig config(List<Part> parts, Part part) {
        return parts.size() == 1 ? config : config.withTarget(part.task().target());
    }

    private ExperimentDirectory files(List<Part> parts, Part part) {
        return parts.size() == 1 ? directory : directory.target(part.task().target());
    }

    private Section section(List<Part> parts, Part part, Results results, PrintStream out)
            throws IOException {
        ExperimentDirectory files = files(parts, part);
        ResultTable table = ResultTables.of(part.task(), results, files);
        out.printf("%n%s, %s%n%s", part.task().target(), part.unit(), TextTable.render(table));
        ResultTables.write(table, files);
        RunKey shown = new RunKey(ResultTables.best(part.task(), results), 0);
        Path model = files.model(shown);
        Examples examples = examples(part, model);
        String title = "under " + shown.method() + ", seed " + shown.seed();
        examples.tables().forEach(cells -> out.printf("%n%s, %s", title, cells.render()));
        out.printf("%nBest model (%s, seed 0): %s%n", part.task().summary().title(), model);
        Section section =
                Section.of(
                        part.task(),
                        config(parts, part),
                        table,
                        results,
                        files,
                        "Test examples " + title,
                        examples);
        out.println(section.answer().sentence());
        if (section.transfer().isPresent()) {
            TransferReport.writeTables(files.root(), List.of(section.transfer().get()));
        }
        return section;
    }

    private Examples examples(Part part, Path model) throws IOException {
        if (part.examples() == Examples.Source.NONE) {
            return Examples.of(List.of());
        }
        try (Model owner = Model.newInstance("report", config.toDevice(), "PyTorch")) {
            NDManager manager = owner.getNDManager();
            return part.examples().of(Checkpoint.open(model).load(manager), manager);
        }
    }
}
