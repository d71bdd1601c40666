package dev.tram.experiments.sweep;

import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.AtomicFile;
import dev.tram.djl.internal.files.LockedFile;
import dev.tram.djl.internal.files.TextFile;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ExperimentDirectory;
import dev.tram.experiments.ExperimentStore;
import dev.tram.experiments.Grid;
import dev.tram.experiments.Json;
import dev.tram.experiments.Measure;
import dev.tram.experiments.Progress;
import dev.tram.experiments.Task;
import dev.tram.experiments.report.Comparison;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import org.apache.commons.io.IOUtils;

/**
 * A grid file's cells and where their files lie: grid.yaml, sweep.json, a directory of the usual
 * layout per experiment, logs of workers, and locks of cells that are being run.
 */
public final class Sweep implements AutoCloseable {

    private final GridFile grid;
    private final ExperimentStore store;
    private final Path root;
    private final Experiments experiments;
    private final List<Cell> cells;
    private final Map<String, Measure> validation = new HashMap<>();

    /** Describes a sweep, with which the store of its files is closed. */
    public Sweep(GridFile grid, ExperimentStore store, Experiments experiments) {
        this.grid = grid;
        this.store = store;
        root = store.folder();
        this.experiments = experiments;
        cells = grid.cells();
    }

    /** What holds for all cells of a sweep, whoever runs them: the content of sweep.json. */
    record Settings(int threads) {}

    /** Returns the copy of a sweep's grid file. */
    public static Path gridFile(Path root) {
        return root.resolve("grid.yaml");
    }

    /** Returns the cells; each one's index is its place. */
    public List<Cell> cells() {
        return cells;
    }

    /** Returns a cell; refuses an index of none. */
    public Cell cell(int index) {
        if (index < 0 || index >= cells.size()) {
            throw Arguments.rejected("INDEX", "a cell, 0 to " + (cells.size() - 1), index);
        }
        return cells.get(index);
    }

    /**
     * Returns how many steps all candidates of a tournament are trained; empty where the whole grid
     * is run.
     */
    public OptionalInt firstSteps() {
        return grid.firstSteps();
    }

    public ExperimentStore store() {
        return store;
    }

    /** Returns where the output of cells' processes goes, INDEX.log each. */
    public static Path logs(Path root) {
        return root.resolve("logs");
    }

    /**
     * Returns the options of Java for processes of this machine, so that what they leave behind
     * when they are killed is deleted with the copy of the store, if there is one.
     */
    public List<String> scratch() {
        return ExperimentStore.isLocal(store.name(root))
                ? List.of()
                : List.of("-Djava.io.tmpdir=" + root);
    }

    /** Returns where a group's files lie, as the command writes them. */
    public ExperimentDirectory directory(Group group) {
        return new ExperimentDirectory(root.resolve(group.name()), Optional.empty(), store);
    }

    public ExperimentDirectory directory(Cell cell) {
        return cell.group().directory(directory(cell.group()), cell.target());
    }

    /** Returns whether a cell's figures are there. */
    public boolean isFinished(Cell cell) {
        return Files.exists(directory(cell).figures(cell.run()));
    }

    /**
     * Returns what a cell's validation gave.
     *
     * @param step a step after which cells are validated and saved
     * @return the figure, NaN if it was not finite; empty if the cell has not got there
     */
    OptionalDouble validation(Cell cell, int step) throws IOException {
        store.pull(directory(cell).metrics(cell.run()));
        return directory(cell).validation(cell.run(), step);
    }

    /** The figure of a target's validations, of a sweep that was begun here. */
    Measure validationMeasure(String experiment, String target) {
        return validation.get(experiment + "/" + target);
    }

    public List<Cell> left() {
        return cells.stream().filter(cell -> !isFinished(cell)).toList();
    }

    /**
     * Writes what workers read, and reads and prepares what all cells of an experiment share, so
     * that a mistake is told before anything is trained.
     *
     * @param threads how many threads an operation of a cell may take
     * @return the threads that hold: those with which the sweep began
     * @throws IllegalArgumentException if the directory has another sweep, or an experiment cannot
     *     be opened
     */
    public int begin(int threads) throws IOException {
        requireOwn();
        for (Group group : grid.groups()) {
            for (ExperimentDirectory files : directories(group)) {
                files.pullFigures();
            }
        }
        int begun = Files.exists(settings()) ? threads() : threads;
        List<Task> tasks = new ArrayList<>();
        try {
            for (Group group : grid.groups()) {
                open(group, begun, tasks);
            }
            write(begun, tasks);
        } finally {
            IOUtils.close(tasks.toArray(Task[]::new));
        }
        return threads();
    }

    /** The directories of a group: of the whole, and of each target. */
    private Set<ExperimentDirectory> directories(Group group) {
        Set<ExperimentDirectory> all = new LinkedHashSet<>(List.of(directory(group)));
        group.targets().forEach(target -> all.add(group.directory(directory(group), target)));
        return all;
    }

    /**
     * Begins unless the sweep has begun, for a cell that is run by itself: of several at a time one
     * begins and the others wait.
     *
     * @param threads how many threads an operation of a cell may take
     * @throws IllegalArgumentException as {@link #begin} does
     */
    public void beginTogether(int threads) throws IOException {
        requireOwn();
        if (Files.exists(settings())) {
            return;
        }
        Path lock = root.resolveSibling(root.getFileName() + ".lock");
        Files.createDirectories(lock.toAbsolutePath().getParent());
        try {
            LockedFile.exclusively(lock, () -> Files.exists(settings()) ? threads : begin(threads));
        } finally {
            Files.deleteIfExists(lock);
        }
    }

    /** Refuses a directory with another grid's files. */
    private void requireOwn() throws IOException {
        Path saved = gridFile(root);
        store.pull(saved);
        store.pull(settings());
        if (Files.exists(saved)) {
            if (!TextFile.read(saved).equals(grid.text())) {
                throw Arguments.rejected(
                        "the grid of " + store.name(root),
                        "that of its grid.yaml (--out sets another one)",
                        "another");
            }
        } else if (!store.isEmpty()) {
            throw Arguments.rejected("--out", "empty, new or of this sweep", store.name(root));
        }
    }

    private void write(int threads, List<Task> tasks) throws IOException {
        Files.createDirectories(root);
        if (!Files.exists(gridFile(root))) {
            AtomicFile.write(gridFile(root), grid.text());
        }
        store.agree(gridFile(root));
        Iterator<Task> opened = tasks.iterator();
        for (Group group : grid.groups()) {
            directory(group).begin(group.config(), group.commandLine());
            for (String target : group.targets()) {
                ExperimentDirectory files = group.directory(directory(group), target);
                files.begin(group.config(target), group.commandLine());
                Task task = opened.next();
                validation.put(group.experiment() + "/" + target, task.validationMeasure());
                Optional<Path> pretrained = task.pretrained();
                if (pretrained.isPresent()) {
                    files.begin(pretrained.get());
                }
            }
            store.push(directory(group).root());
        }
        // Last: who sees it finds all else.
        if (!Files.exists(settings())) {
            Json.write(settings(), new Settings(threads));
        }
        store.agree(settings());
    }

    private Path settings() {
        return root.resolve("sweep.json");
    }

    private void open(Group group, int threads, List<Task> tasks) throws IOException {
        for (String target : group.targets()) {
            tasks.add(experiments.open(group.config(target), threads));
        }
    }

    /** Returns how many threads an operation of a cell may take, of a sweep that has begun. */
    public int threads() throws IOException {
        return Json.read(settings(), Settings.class).threads();
    }

    /**
     * Runs a cell of a sweep that has begun, unless it is finished or somebody else runs it.
     *
     * @param until up to which step, or {@link Launcher#END}
     * @param device where it is run, such as gpu1; empty for what the grid file says
     * @return whether the cell is as far now; false while somebody else runs it
     */
    public boolean run(Cell cell, int until, String device, Progress progress) throws IOException {
        if (wasFinished(cell)) {
            progress.say(cell + " was finished before");
        }
        return run(
                cell,
                device,
                (task, config, files) -> {
                    Grid runs = new Grid(task, config, files);
                    if (until == Launcher.END) {
                        runs.run(cell.run(), progress);
                    } else {
                        runs.pauseAfter(until, cell.run(), progress);
                    }
                });
    }

    /** Whether the store says that a cell is finished. */
    private boolean wasFinished(Cell cell) throws IOException {
        store.pull(directory(cell).figures(cell.run()));
        return isFinished(cell);
    }

    /** What is done with a cell. */
    @FunctionalInterface
    public interface Work {

        void run(Task task, ExperimentConfig config, ExperimentDirectory files) throws IOException;
    }

    /**
     * Does something with a cell of a sweep that has begun, unless it is finished or somebody else
     * runs it.
     *
     * @param device where it is run; empty for what the grid file says
     * @return whether it is done, or the cell was finished; false while somebody else runs it
     */
    public boolean run(Cell cell, String device, Work work) throws IOException {
        if (wasFinished(cell)) {
            return true;
        }
        Path lock = root.resolve("locks").resolve(Integer.toString(cell.index()));
        Files.createDirectories(lock.getParent());
        return LockedFile.ifFree(
                        lock,
                        () -> {
                            ExperimentDirectory files = directory(cell);
                            ExperimentConfig config = cell.config(device);
                            files.restore(cell.run());
                            try (Task task = experiments.open(config, threads())) {
                                work.run(task, config, files);
                            }
                            files.push(cell.run());
                            return true;
                        })
                .orElse(false);
    }

    /**
     * Writes the tables and reports of the experiments, and prints them. Nothing is trained: a
     * method with a seed that is not finished is left out.
     */
    public void report(PrintStream out) throws IOException {
        pullMeasurements();
        out.printf(
                "%nSweep: %d of %d cells are finished%n",
                cells.size() - left().size(), cells.size());
        for (Group group : grid.groups()) {
            List<String> methods = finishedMethods(group);
            if (methods.isEmpty()) {
                out.printf("%n%s: no method has all its seeds yet%n", group.name());
                continue;
            }
            out.printf("%n%s: %s%n", group.name(), group.commandLine());
            List<Task> tasks = new ArrayList<>();
            try {
                open(group, threads(), tasks);
                ExperimentConfig config = group.config().with("methods", methods);
                new Comparison(config, directory(group), group.commandLine()).run(tasks, out);
            } finally {
                IOUtils.close(tasks.toArray(Task[]::new));
            }
            store.push(directory(group).root());
        }
        if (left().isEmpty()) {
            store.tidy();
        }
    }

    private void pullMeasurements() throws IOException {
        store.pull(settings());
        for (Group group : grid.groups()) {
            for (ExperimentDirectory files : directories(group)) {
                files.pullMeasurements();
            }
        }
    }

    private List<String> finishedMethods(Group group) {
        return group.config().methods().stream()
                .filter(
                        method ->
                                cells.stream()
                                        .filter(cell -> cell.group().equals(group))
                                        .filter(cell -> cell.run().method().equals(method))
                                        .allMatch(this::isFinished))
                .toList();
    }

    @Override
    public void close() throws IOException {
        store.close();
    }
}
