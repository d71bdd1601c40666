package dev.tram.experiments.sweep;

import dev.tram.djl.internal.SuccessiveHalving;
import dev.tram.experiments.Json;
import dev.tram.experiments.Measure;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Successive halving: the candidates of an experiment's target, each a method with one combination
 * of the varied options, are trained some steps with all seeds; the better half by the mean
 * validation figure goes on to twice as many, until the runs are over. Runs pause and go on, so
 * that those that get to their end are the plain grid's, bit for bit.
 */
public final class Tournament {

    private final Sweep sweep;
    private final int firstSteps;
    private final PrintStream out;
    private final List<Round> rounds = new ArrayList<>();

    /** Describes a tournament of a sweep that has begun; each round's figures are printed. */
    public Tournament(Sweep sweep, int firstSteps, PrintStream out) {
        this.sweep = sweep;
        this.firstSteps = firstSteps;
        this.out = out;
    }

    private record Field(String experiment, String target) {

        static Field of(Cell cell) {
            return new Field(cell.group().experiment(), cell.target());
        }

        @Override
        public String toString() {
            return experiment + ", " + target;
        }
    }

    private record Candidate(Group group, String method) {

        static Candidate of(Cell cell) {
            return new Candidate(cell.group(), cell.run().method());
        }

        @Override
        public String toString() {
            return group.name() + " " + method;
        }
    }

    /**
     * What a round of halving.json found.
     *
     * @param field the experiment and the target
     * @param steps how many steps the candidates had been trained
     * @param figures per candidate, the mean validation figure; NaN for one that failed
     * @param kept those that go on, the best first
     */
    record Round(String field, int steps, Map<String, Double> figures, List<String> kept) {}

    /**
     * Runs all rounds but the last, and writes halving.json. Returns the cells that are left, to be
     * run to their end.
     */
    public List<Cell> run(Launcher launcher) throws IOException {
        Map<Field, List<Candidate>> left = candidates();
        for (int steps = firstSteps; ; steps *= 2) {
            int now = steps;
            Map<Field, List<Candidate>> playing = new LinkedHashMap<>(left);
            playing.values().removeIf(field -> field.size() < 2 || now >= steps(field));
            if (playing.isEmpty()) {
                write();
                return cellsOf(left);
            }
            launcher.run(todo(playing, steps));
            for (Map.Entry<Field, List<Candidate>> field : playing.entrySet()) {
                left.put(field.getKey(), kept(field.getKey(), field.getValue(), steps));
            }
        }
    }

    private void write() throws IOException {
        Path file = sweep.store().folder().resolve("halving.json");
        Json.write(file, rounds);
        sweep.store().push(file);
    }

    private Map<Field, List<Candidate>> candidates() {
        Map<Field, List<Candidate>> all = new LinkedHashMap<>();
        for (Cell cell : sweep.cells()) {
            List<Candidate> field = all.computeIfAbsent(Field.of(cell), key -> new ArrayList<>());
            if (!field.contains(Candidate.of(cell))) {
                field.add(Candidate.of(cell));
            }
        }
        return all;
    }

    private static int steps(List<Candidate> field) {
        return field.get(0).group().config().protocol().steps();
    }

    private List<Cell> cellsOf(Map<Field, List<Candidate>> fields) {
        return sweep.cells().stream()
                .filter(cell -> fields.containsKey(Field.of(cell)))
                .filter(cell -> fields.get(Field.of(cell)).contains(Candidate.of(cell)))
                .toList();
    }

    private Map<Cell, Integer> todo(Map<Field, List<Candidate>> fields, int steps)
            throws IOException {
        Map<Cell, Integer> todo = new LinkedHashMap<>();
        for (Cell cell : cellsOf(fields)) {
            if (sweep.validation(cell, steps).isEmpty()) {
                todo.put(cell, steps);
            }
        }
        return todo;
    }

    private List<Candidate> kept(Field field, List<Candidate> candidates, int steps)
            throws IOException {
        Measure measure = sweep.validationMeasure(field.experiment(), field.target());
        boolean isMoreBetter = measure.direction() == Measure.Direction.HIGHER;
        Map<Candidate, Double> losses = new LinkedHashMap<>();
        Map<String, Double> figures = new LinkedHashMap<>();
        for (Candidate candidate : candidates) {
            double figure = figure(field, candidate, steps);
            losses.put(candidate, isMoreBetter ? -figure : figure);
            figures.put(candidate.toString(), figure);
        }
        List<Candidate> kept = SuccessiveHalving.betterHalf(SuccessiveHalving.ranked(losses));
        List<String> names = kept.stream().map(Candidate::toString).toList();
        rounds.add(new Round(field.toString(), steps, figures, names));
        out.printf("%n%s after %d steps, %s:%n", field, steps, measure.title());
        figures.forEach(
                (name, figure) ->
                        out.printf(
                                Locale.ROOT,
                                "  %-40s %10.5g%s%n",
                                name,
                                figure,
                                names.contains(name) ? "  goes on" : ""));
        return kept;
    }

    /** The mean over seeds; NaN if one of them failed. */
    private double figure(Field field, Candidate candidate, int steps) throws IOException {
        double sum = 0;
        List<Cell> seeds = cellsOf(Map.of(field, List.of(candidate)));
        for (Cell cell : seeds) {
            OptionalDouble figure = sweep.validation(cell, steps);
            sum += figure.isPresent() ? figure.getAsDouble() : Double.NaN;
        }
        return sum / seeds.size();
    }
}
