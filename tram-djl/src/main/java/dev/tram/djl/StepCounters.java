package dev.tram.djl;

import dev.tram.core.RunningMean;
import java.util.LinkedHashMap;
import java.util.Map;

/** The numbers of a run that outlive a step: behind seeds, intervals, limits and relative radii. */
final class StepCounters {

    private long batch;
    private long step = 1;
    private long skipped;
    private long plain;
    private int skippedInARow;
    private RunningMean distance = new RunningMean();

    /** Batches so far, skipped and accumulated ones included; seeds the passes. */
    long batch() {
        return batch;
    }

    /** The number of the update under way, from 1. */
    long step() {
        return step;
    }

    long skipped() {
        return skipped;
    }

    long plain() {
        return plain;
    }

    int skippedInARow() {
        return skippedInARow;
    }

    RunningMean distance() {
        return distance;
    }

    void setDistance(RunningMean mean) {
        distance = mean;
    }

    void batchDone() {
        batch++;
    }

    void updateDone() {
        step++;
    }

    void countSkipped() {
        skipped++;
        skippedInARow++;
    }

    void countFinite(boolean ascended) {
        skippedInARow = 0;
        plain += ascended ? 0 : 1;
    }

    Map<String, String> toTexts() {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put("batch", Long.toString(batch));
        texts.put("step", Long.toString(step));
        texts.put("skipped", Long.toString(skipped));
        texts.put("plain", Long.toString(plain));
        texts.put("skipped_in_a_row", Integer.toString(skippedInARow));
        texts.put("distance_sum", Double.toString(distance.sum()));
        texts.put("distance_weight", Double.toString(distance.weight()));
        return texts;
    }

    static StepCounters fromTexts(Map<String, String> texts) {
        StepCounters counters = new StepCounters();
        counters.batch = Long.parseLong(texts.get("batch"));
        counters.step = Long.parseLong(texts.get("step"));
        counters.skipped = Long.parseLong(texts.get("skipped"));
        counters.plain = Long.parseLong(texts.get("plain"));
        counters.skippedInARow = Integer.parseInt(texts.get("skipped_in_a_row"));
        counters.distance =
                new RunningMean(
                        Double.parseDouble(texts.get("distance_sum")),
                        Double.parseDouble(texts.get("distance_weight")));
        return counters;
    }
}
