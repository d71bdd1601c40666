package dev.tram.djl;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** How one batch becomes a descent gradient: with an ascent, without, or by momentum. */
interface StepPlan {

    /** What is done on a replica before its first pass. */
    default void beforeFirstPass(BatchPart part) {}

    /** Does all that lies between the first backward pass and the update. */
    Result afterBackward(List<BatchPart> parts);

    /** Puts back what {@link #beforeFirstPass} did to a batch that is given up. */
    default void abandon(List<BatchPart> parts) {}

    /**
     * What became of a batch.
     *
     * @param step its figures
     * @param parts the parts that count, whose replicas hold descent gradients
     * @param figures their figures
     * @param skipped why the batch is skipped, if it is
     */
    record Result(
            TramStep step, List<BatchPart> parts, List<Figures> figures, Optional<String> skipped) {

        static Result of(List<BatchPart> parts, List<Figures> figures) {
            return new Result(Figures.step(figures), parts, figures, Optional.empty());
        }

        static Result skipped(List<BatchPart> parts, List<Figures> figures, String why) {
            TramStep step = Figures.step(figures).withKind(TramStep.Kind.SKIPPED);
            return new Result(step, parts, figures, Optional.of(why));
        }

        /** The replicas that ascended, which remember θ. */
        List<BatchPart> ascended() {
            return IntStream.range(0, parts.size())
                    .filter(i -> figures.get(i).ascended())
                    .mapToObj(parts::get)
                    .toList();
        }

        boolean hasAscended() {
            return figures.stream().anyMatch(Figures::ascended);
        }

        double positions() {
            return Figures.positions(figures);
        }
    }
}
