package dev.tram.djl;

import java.util.List;
import java.util.Optional;

/** Which parts of a batch count, and which batches are fit for an update. */
final class Fitness {

    static final String NOT_FINITE = "the loss or the gradient at θ + ε* is not finite";

    private static final String LOSS =
            "the loss is not finite, though its gradient is: does it multiply"
                    + " what is not finite by a mask of 0, where NDArrays.where would leave it out?";
    private static final String GRADIENT = "the gradient is not finite";
    private static final String BOTH = "loss and gradient are not finite";

    private Fitness() {}

    /**
     * Takes parts without a valid position out of both lists, whatever their mean over none is.
     *
     * @return why the batch must be skipped, if it must
     */
    static Optional<String> drop(List<BatchPart> parts, List<Figures> figures) {
        boolean some = Figures.positions(figures) > 0;
        for (int i = parts.size() - 1; i >= 0 && some; i--) {
            if (figures.get(i).positions() == 0) {
                parts.remove(i).replica().zeroGradients();
                figures.remove(i);
            }
        }
        if (!figures.stream().allMatch(Figures::isFinite)) {
            return Optional.of(notFinite(figures));
        }
        return some ? Optional.empty() : Optional.of("it has no valid position");
    }

    private static String notFinite(List<Figures> figures) {
        boolean loss = figures.stream().allMatch(part -> Double.isFinite(part.loss()));
        boolean gradient =
                figures.stream().allMatch(part -> Double.isFinite(part.gradientSquare()));
        if (loss) {
            return GRADIENT;
        }
        return gradient ? LOSS : BOTH;
    }

    /** What became of a batch whose descent gradients are taken. */
    static StepPlan.Result result(List<BatchPart> parts, List<Figures> figures) {
        return figures.stream().allMatch(Figures::isDescentFinite)
                ? StepPlan.Result.of(parts, figures)
                : StepPlan.Result.skipped(parts, figures, NOT_FINITE);
    }
}
