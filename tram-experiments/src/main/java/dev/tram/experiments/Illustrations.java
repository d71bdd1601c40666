package dev.tram.experiments;

import java.util.List;

/**
 * What a report shows of a trained model.
 *
 * @param predictions pictures and what they were taken for
 * @param judgements how the examples of each test were taken
 */
public record Illustrations(List<Prediction> predictions, List<Judgement> judgements) {

    public static final Illustrations NONE = new Illustrations(List.of(), List.of());
}
