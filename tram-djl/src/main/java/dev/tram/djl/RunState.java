package dev.tram.djl;

import dev.tram.core.Ascent;
import dev.tram.core.Descent;
import dev.tram.core.RunningMean;
import dev.tram.core.StepContext;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The numbers of a run that outlive a step: behind schedules, limits, relative and lagged radii.
 * What a step changes is staged, and kept only if the step is not skipped; one that fails leaves
 * nothing.
 */
final class RunState {

    private final Ascent ascent;
    private final Descent descent;
    private final Map<String, Double> descentNumbers = new LinkedHashMap<>();

    private long batch;
    private long update;
    private long skipped;
    private long plain;
    private long skippedInARow;
    private long ascents;
    private boolean directionAdvanced;
    private boolean groupAscended;
    private double largestLearningRate;
    private double lag = Double.NaN;
    private RunningMean distance = new RunningMean();
    private double[] schedule;

    private RunningMean stagedDistance;
    private double stagedLag = Double.NaN;
    private int stagedAscents;
    private double[] stagedSchedule;

    RunState(Ascent ascent, Descent descent) {
        this.ascent = ascent;
        this.descent = descent;
        schedule = ascent.schedule().initialState();
        descent.numbers().forEach(name -> descentNumbers.put(name, Double.NaN));
    }

    /** Batches so far, skipped and accumulated ones included. */
    long batch() {
        return batch;
    }

    /** t, the number of the update under way, from 0. */
    long update() {
        return update;
    }

    long skipped() {
        return skipped;
    }

    long plain() {
        return plain;
    }

    long skippedInARow() {
        return skippedInARow;
    }

    /** How many batches had a second pass. */
    long ascents() {
        return ascents;
    }

    /** Whether the direction's buffers hold anything yet. */
    boolean isDirectionAdvanced() {
        return directionAdvanced;
    }

    void setDirectionAdvanced() {
        directionAdvanced = true;
    }

    /** Whether a batch of the accumulated group ascended. */
    boolean hasGroupAscended() {
        return groupAscended;
    }

    void setGroupAscended(boolean value) {
        groupAscended = value;
    }

    double descentNumber(String name) {
        return descentNumbers.get(name);
    }

    void setDescentNumber(String name, double value) {
        descentNumbers.put(name, value);
    }

    /** A step with the d of the latest batch that measured one, NaN if there is none. */
    StepContext lagged(StepContext step) {
        return step.withDistance(lag, new RunningMean(distance.sum(), distance.weight()));
    }

    /** Begins a batch; returns what is known of its step before the first pass. */
    StepContext begin(double learningRate, double uniform) {
        unstage();
        if (learningRate > largestLearningRate) {
            largestLearningRate = learningRate;
        }
        return StepContext.at(update)
                .withLearningRate(learningRate, largestLearningRate)
                .withUniform(uniform);
    }

    /** The step with its distance, which enters the running mean unless the step is skipped. */
    StepContext observeDistance(StepContext step, double d) {
        stagedDistance = new RunningMean(distance.sum(), distance.weight());
        if (Double.isFinite(d)) {
            stagedDistance.add(d);
            stagedLag = d;
        }
        return step.withDistance(d, stagedDistance);
    }

    /** Whether the schedule ascends, which takes note of the step unless it is skipped. */
    boolean ascends(StepContext step) {
        stagedSchedule = ascent.schedule().observe(schedule, step);
        return ascent.schedule().ascends(step, stagedSchedule);
    }

    void updateDone() {
        update++;
    }

    void keep(boolean ascended) {
        distance = stagedDistance == null ? distance : stagedDistance;
        schedule = stagedSchedule == null ? schedule : stagedSchedule;
        lag = Double.isNaN(stagedLag) ? lag : stagedLag;
        ascents += stagedAscents;
        unstage();
        batch++;
        skippedInARow = 0;
        plain += ascended ? 0 : 1;
    }

    void skip() {
        ascents += stagedAscents;
        unstage();
        batch++;
        skipped++;
        skippedInARow++;
        lag = Double.NaN;
    }

    void countAscent() {
        stagedAscents = 1;
    }

    private void unstage() {
        stagedDistance = null;
        stagedSchedule = null;
        stagedLag = Double.NaN;
        stagedAscents = 0;
    }

    Map<String, String> toTexts() {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put("batch", Long.toString(batch));
        texts.put("update", Long.toString(update));
        texts.put("skipped", Long.toString(skipped));
        texts.put("plain", Long.toString(plain));
        texts.put("skipped_in_a_row", Long.toString(skippedInARow));
        texts.put("ascents", Long.toString(ascents));
        texts.put("direction_advanced", Boolean.toString(directionAdvanced));
        texts.put("group_ascended", Boolean.toString(groupAscended));
        texts.put("largest_learning_rate", Double.toString(largestLearningRate));
        texts.put("lag", Double.toString(lag));
        texts.put("distance_sum", Double.toString(distance.sum()));
        texts.put("distance_weight", Double.toString(distance.weight()));
        texts.put("schedule_state", joined(schedule));
        texts.put(
                "descent_numbers",
                joined(
                        descentNumbers.values().stream()
                                .mapToDouble(Double::doubleValue)
                                .toArray()));
        return texts;
    }

    private static String joined(double[] values) {
        return Arrays.stream(values).mapToObj(Double::toString).collect(Collectors.joining(" "));
    }

    /**
     * Takes the state of a checkpoint.
     *
     * @throws IllegalArgumentException if a text is missing or says what cannot be; nothing is
     *     changed then
     */
    void resume(StateTexts texts) {
        RunState read = new RunState(ascent, descent);
        read.read(texts);
        batch = read.batch;
        update = read.update;
        skipped = read.skipped;
        plain = read.plain;
        skippedInARow = read.skippedInARow;
        ascents = read.ascents;
        directionAdvanced = read.directionAdvanced;
        groupAscended = read.groupAscended;
        largestLearningRate = read.largestLearningRate;
        lag = read.lag;
        distance = read.distance;
        schedule = read.schedule;
        descentNumbers.putAll(read.descentNumbers);
    }

    /** Takes the counts of a plain run's checkpoint; schedules and distances begin here. */
    void startFrom(StateTexts texts) {
        RunState read = new RunState(Ascent.none(), Descent.ascended());
        read.read(texts);
        batch = read.batch;
        update = read.update;
        skipped = read.skipped;
        plain = read.plain;
        skippedInARow = read.skippedInARow;
        largestLearningRate = read.largestLearningRate;
    }

    private void read(StateTexts texts) {
        batch = texts.integer("batch", 0);
        update = texts.integer("update", 0);
        skipped = texts.integer("skipped", 0);
        plain = texts.integer("plain", 0);
        skippedInARow = texts.integer("skipped_in_a_row", 0);
        ascents = texts.integer("ascents", 0);
        directionAdvanced = texts.flag("direction_advanced");
        groupAscended = texts.flag("group_ascended");
        largestLearningRate = texts.number("largest_learning_rate", 0);
        lag = texts.numbers("lag", 1)[0];
        distance = distance(texts);
        schedule = texts.numbers("schedule_state", schedule.length);
        double[] numbers = texts.numbers("descent_numbers", descentNumbers.size());
        int i = 0;
        for (Map.Entry<String, Double> entry : descentNumbers.entrySet()) {
            entry.setValue(numbers[i++]);
        }
    }

    private static RunningMean distance(StateTexts texts) {
        double sum = texts.number("distance_sum", 0);
        double weight = texts.number("distance_weight", 0);
        if (weight > 1) {
            throw texts.rejected("distance_weight", "a number in [0, 1]", Double.toString(weight));
        }
        return new RunningMean(sum, weight);
    }
}
