package dev.tram.examples.report;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.Grid;
import dev.tram.examples.experiment.Json;
import dev.tram.examples.experiment.Progress;
import dev.tram.examples.experiment.Results;
import dev.tram.examples.experiment.RunKey;
import dev.tram.examples.experiment.Task;
import dev.tram.examples.model.Checkpoint;
import dev.tram.examples.model.TransformerModel;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/**
 * What every command that compares methods does: one grid of runs per target, then the tables on
 * the terminal, in files and in the report.
 *
 * @param config the methods, the seeds and how the runs are trained
 * @param directory where the files go: with one target directly, with several each in a directory
 *     of its own
 * @param command the command line, for the report
 */
public record Comparison(ExperimentConfig config, ExperimentDirectory directory, String command) {

    /**
     * One of the targets.
     *
     * @param task what is trained
     * @param unit what the measures are, for the tables' titles
     * @param pictures what a trained model says to some examples
     */
    public record Part(Task task, String unit, Pictures pictures) {}

    /** Shows what a trained model says to some examples. */
    @FunctionalInterface
    public interface Pictures {

        /** No pictures. */
        Pictures NONE = (model, manager) -> List.of();

        /**
         * Asks the model.
         *
         * @param model the model
         * @param manager the owner of what is made on the way
         * @return examples with its predictions
         */
        List<Prediction> of(TransformerModel model, NDManager manager);
    }

    /**
     * Runs what is not finished yet.
     *
     * @param parts the targets
     * @param out where progress and tables are printed
     * @throws IOException if a file cannot be read or written
     */
    public void run(List<Part> parts, PrintStream out) throws IOException {
        Files.createDirectories(directory.root());
        Json.write(directory.config(), config);
        List<Results> results = runGrids(parts, out);
        List<Section> sections = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            sections.add(section(parts, parts.get(i), results.get(i), out));
        }
        if (parts.size() > 1) {
            Json.write(directory.results(), Results.merged(config, results));
        }
        ReportWriter.write(directory.report(), "tram " + config.experiment(), command, sections);
        out.printf("%nReport: %s%n", directory.report());
    }

    private List<Results> runGrids(List<Part> parts, PrintStream out) throws IOException {
        List<Results> results = new ArrayList<>();
        long runs = (long) parts.size() * config.methods().size() * config.seeds();
        try (Progress progress =
                Progress.on(out, "fine-tuning", runs * config.protocol().steps())) {
            for (Part part : parts) {
                ExperimentDirectory files = files(parts, part);
                Files.createDirectories(files.root());
                Json.write(files.config(), config(parts, part));
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
        out.printf(
                "%n%s, %s (mean ± 95 %% interval over seeds)%n%s",
                part.task().target(), part.unit(), TextTable.render(table));
        ResultTables.write(table, files);
        String shown = config.methods().get(config.methods().size() - 1);
        return Section.of(
                part.task().target(),
                part.task().validation().title(),
                config(parts, part),
                table,
                results,
                files,
                "Test images under " + shown + ", seed 0",
                pictures(part, files, shown));
    }

    private List<Prediction> pictures(Part part, ExperimentDirectory files, String method)
            throws IOException {
        if (part.pictures() == Pictures.NONE) {
            return List.of();
        }
        try (Model owner = Model.newInstance("report", config.toDevice(), "PyTorch")) {
            NDManager manager = owner.getNDManager();
            return part.pictures()
                    .of(Checkpoint.open(files.model(new RunKey(method, 0))).load(manager), manager);
        }
    }
}
