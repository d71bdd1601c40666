package dev.tram.djl;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A step without ascent: the gradient at θ is the descent gradient. */
final class PlainStep implements StepPlan {

    private final Measurement measurement;
    private final Descend descend;

    PlainStep(Measurement measurement, Descend descend) {
        this.measurement = measurement;
        this.descend = descend;
    }

    @Override
    public Result afterBackward(List<BatchPart> batch) {
        List<BatchPart> parts = new ArrayList<>(batch);
        List<Figures> figures = new ArrayList<>();
        parts.forEach(part -> figures.add(measurement.plain(part)));
        Optional<String> unfit = Fitness.drop(parts, figures);
        if (unfit.isPresent()) {
            return Result.skipped(parts, figures, unfit.get());
        }
        for (int i = 0; i < parts.size(); i++) {
            figures.set(i, descend.plain(parts.get(i), figures.get(i), 0));
        }
        return Fitness.result(parts, figures);
    }
}
