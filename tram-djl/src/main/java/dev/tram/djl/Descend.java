package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.tram.core.Descent;
import dev.tram.core.MultiTensor;
import dev.tram.djl.Figures.Perturbation;
import dev.tram.djl.internal.engine.Replica;

/** Makes what the base optimizer is given, of g and g′ of one part of a batch. */
final class Descend {

    private final Descent descent;

    /** Whether g of a part that did not ascend enters the mean of its group. */
    private final boolean keepsPlain;

    private final RunState run;
    private final Gradients gradients;
    private final Measurement measurement;
    private final MultiTensor tensors;

    Descend(
            TramSettings settings,
            RunState run,
            Gradients gradients,
            Measurement measurement,
            MultiTensor tensors) {
        descent = settings.descent();
        keepsPlain =
                descent.combinesMeans()
                        || (settings.averagesCleanGradients() && settings.accumulationSteps() > 1);
        this.run = run;
        this.gradients = gradients;
        this.measurement = measurement;
        this.tensors = tensors;
    }

    /** A part that did not ascend: the gradient arrays hold g, or that at x + z. */
    Figures plain(BatchPart part, Figures figures, double radius) {
        Replica replica = part.replica();
        if (part.isNoisy()) {
            gradients.retakeClean(part);
        }
        if (keepsPlain) {
            tensors.copy(replica.gradients(), gradients.clean(replica));
        }
        if (!descent.combinesMeans()) {
            descent.plain(replica.gradients(), new DescentState(replica, run, tensors));
        }
        boolean known = replica.ascendsWhole() && !changesPlainGradients() && !part.isNoisy();
        return figures.done(
                Perturbation.none(radius),
                known ? figures.gradientSquare() : measurement.descentSquare(replica));
    }

    private boolean changesPlainGradients() {
        return !descent.keepsAscended() && !descent.combinesMeans();
    }

    /**
     * A part that ascended: the gradient arrays hold g′. The second of the step's two host reads.
     *
     * @param loss the loss at θ + ε*
     * @param realised ‖(θ+ε)−θ‖² as stored
     * @param scale the factor of D v in ε*
     */
    Figures ascended(
            BatchPart part,
            Figures first,
            double radius,
            double scale,
            NDArray loss,
            NDArray realised) {
        Replica replica = part.replica();
        NDList ascended = replica.gradients();
        HostRead.Values values = read(replica, loss, realised);
        double square = measurement.finite(values.number("square"), replica);
        if (!descent.combinesMeans() && Double.isFinite(square)) {
            DescentState state =
                    new DescentState(replica, run, tensors)
                            .knowing(ascended, ascended, values.number("ascending", square));
            NDList clean = ascended;
            if (descent.readsCleanGradient()) {
                clean = gradients.clean(replica);
                state.knowing(clean, clean, first.gradientSquare())
                        .knowing(clean, ascended, values.number("mixed"));
            }
            descent.combine(ascended, clean, state);
        }
        Perturbation perturbation =
                Perturbation.of(
                        radius,
                        values.number("loss"),
                        Math.abs(scale) * Math.sqrt(first.directionSquare()),
                        Math.sqrt(values.number("realised")));
        return first.done(perturbation, square);
    }

    private HostRead.Values read(Replica replica, NDArray loss, NDArray realised) {
        NDList ascended = replica.gradients();
        try (NDManager scope = replica.manager().newSubManager()) {
            HostRead read =
                    new HostRead()
                            .add("loss", loss.sum())
                            .add("realised", realised)
                            .add("square", tensors.squaredNorm(ascended, scope));
            if (descent.readsCleanGradient() && !descent.combinesMeans()) {
                NDList clean = replica.ascending(gradients.clean(replica));
                read.add("mixed", tensors.dot(clean, replica.ascending(ascended), scope));
            }
            if (!replica.ascendsWhole()) {
                NDList part = replica.ascending(ascended);
                read.add("ascending", tensors.squaredNorm(part, scope));
            }
            return read.get();
        }
    }
}
