package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.tram.core.Descent;
import dev.tram.core.MultiTensor;
import dev.tram.djl.internal.engine.BaseUpdate;
import dev.tram.djl.internal.engine.EngineBridge;
import dev.tram.djl.internal.engine.Replica;
import java.util.List;

/**
 * The base optimizer's step on the mean gradient of a group of batches. DJL asks for it parameter
 * by parameter and device by device, in an order of its own.
 */
final class GroupUpdate {

    /** Holds θ̄ on the first replica. */
    static final String AVERAGE = "weight-average";

    private final TramSettings settings;
    private final RunState run;
    private final BaseUpdate base;
    private final Replicas replicas;
    private final DescentGradient means;
    private final Ascension ascension;
    private final RegionTargets targets;
    private final Gradients gradients;
    private final Measurement measurement;
    private final MultiTensor tensors;
    private final EngineBridge bridge;

    private boolean updating;
    private int seen;
    private double learningRate = Double.NaN;

    GroupUpdate(
            TramSettings settings,
            RunState run,
            BaseUpdate base,
            Replicas replicas,
            DescentGradient means,
            Ascension ascension,
            RegionTargets targets,
            Gradients gradients,
            Measurement measurement,
            MultiTensor tensors,
            EngineBridge bridge) {
        this.settings = settings;
        this.run = run;
        this.base = base;
        this.replicas = replicas;
        this.means = means;
        this.ascension = ascension;
        this.targets = targets;
        this.gradients = gradients;
        this.measurement = measurement;
        this.tensors = tensors;
        this.bridge = bridge;
    }

    /**
     * Adds a batch's gradient to its group and, if that completes it, prepares the update.
     *
     * @param result what became of the batch; a skipped one counts for nothing
     * @param remembered the replicas whose buffer of θ_{t−1} holds θ already
     * @return whether the group is complete
     */
    boolean add(StepPlan.Result result, List<Replica> remembered) {
        boolean counts = result.skipped().isEmpty();
        if (counts) {
            means.averageDevices(result.parts(), result.figures(), replicas.first());
            run.setGroupAscended(run.hasGroupAscended() || result.hasAscended());
        }
        boolean complete = means.add(replicas.first(), counts ? result.positions() : 0);
        updating = complete && means.takeUpdate();
        seen = 0;
        if (updating) {
            settings.weightAverage().ifPresent(average -> replicas.first().buffer(AVERAGE));
            prepare(knownSquare(result));
            replicas.all()
                    .forEach(
                            replica ->
                                    targets.all()
                                            .forEach(
                                                    target ->
                                                            target.beforeUpdate(
                                                                    replica,
                                                                    remembered.contains(replica))));
        }
        return complete;
    }

    /** The squared norm of the gradient arrays if it was read, NaN elsewhere. */
    private double knownSquare(StepPlan.Result result) {
        boolean known =
                settings.accumulationSteps() == 1
                        && result.figures().size() == 1
                        && settings.descent().keepsAscended();
        return known ? result.figures().get(0).descentSquare() : Double.NaN;
    }

    private void prepare(double knownSquare) {
        Replica first = replicas.first();
        if (run.hasGroupAscended()) {
            ascension.advanceDirection(replicas);
        }
        combineMeans(first);
        run.setGroupAscended(false);
        if (settings.maxGradNorm() == Float.POSITIVE_INFINITY) {
            return;
        }
        double square = Double.isNaN(knownSquare) ? measurement.descentSquare(first) : knownSquare;
        double norm = Math.sqrt(square);
        if (norm > settings.maxGradNorm()) {
            tensors.scale(first.gradients(), settings.maxGradNorm() / norm);
        }
    }

    private void combineMeans(Replica first) {
        Descent descent = settings.descent();
        if (!descent.combinesMeans()) {
            return;
        }
        NDList ascended = first.gradients();
        NDList clean = gradients.clean(first);
        DescentState state = new DescentState(first, run, tensors);
        if (!run.hasGroupAscended()) {
            descent.plain(ascended, state);
            tensors.zero(clean);
            return;
        }
        descent.combine(ascended, clean, state);
        if (descent.decoupledWeight() != 0) {
            tensors.addScaled(clean, ascended, -1);
            learningRate = base.nextLearningRate(replicas.layout());
        }
    }

    /** Gives up a batch that is complete but not updated with. */
    void abandon() {
        updating = false;
        base.forget();
        targets.previousStep().ifPresent(PreviousStepTarget::overwritten);
        try (EngineBridge.Scope off = bridge.noGradient()) {
            replicas.zeroGradients();
        }
    }

    /** Refuses a second batch where no parameter was updated after the first. */
    void checkBegun() {
        if (seen == 0) {
            throw new IllegalStateException(
                    "trainer.step() must follow each batch (for a larger effective batch use"
                            + " optAccumulationSteps(k) and still call step() after each) and the"
                            + " configuration needs optOptimizer(tram) beside tram.listener(),"
                            + " received: a second batch without an update");
        }
    }

    /**
     * Updates one parameter, if the group is complete; devices but the first follow when the step
     * ends.
     *
     * @param devices the number of devices
     * @return whether that was the last one
     */
    boolean apply(String parameterId, NDArray weight, NDArray gradient, int devices) {
        int index = replicas.layout().indexOf(parameterId);
        Replica first = replicas.first();
        if (updating && weight.getDevice().equals(first.device())) {
            try (EngineBridge.Scope off = bridge.noGradient()) {
                base.apply(index, parameterId, first, weight, gradient);
            }
        }
        seen++;
        return seen == replicas.layout().parameters().size() * devices;
    }

    /** Ends the step: the trust regions follow, and the gradients are 0 again. */
    void finish() {
        try (EngineBridge.Scope off = bridge.noGradient()) {
            try {
                if (updating) {
                    Replica first = replicas.first();
                    base.finish(first);
                    moveDecoupled(first);
                    targets.updated();
                    settings.weightAverage().ifPresent(average -> follow(first, average));
                    replicas.all().forEach(this::follow);
                }
            } finally {
                replicas.zeroGradients();
            }
        }
        if (updating) {
            run.updateDone();
        }
    }

    /** θ ← θ − lr · w (g′ − g), the difference being held where g was. */
    private void moveDecoupled(Replica first) {
        if (!Double.isNaN(learningRate)) {
            double factor = -learningRate * settings.descent().decoupledWeight();
            tensors.addScaled(first.theta(), gradients.clean(first), factor);
            first.publish();
            learningRate = Double.NaN;
        }
    }

    private void follow(Replica first, WeightAverage average) {
        first.average(AVERAGE, average.share(run.update()));
    }

    private void follow(Replica replica) {
        if (replica.index() > 0) {
            replica.followTheta(replicas.first());
        }
        targets.all().forEach(target -> target.afterUpdate(replica));
    }
}
