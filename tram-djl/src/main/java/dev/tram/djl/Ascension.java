package dev.tram.djl;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.tram.core.Direction;
import dev.tram.core.MultiTensor;
import dev.tram.djl.internal.engine.Replica;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The vector v of the ascent, what is measured of it, and the climb along D v. */
final class Ascension {

    private final TramSettings settings;
    private final RunState run;
    private final Gradients gradients;
    private final Measurement measurement;
    private final DescentGradient means;
    private final MultiTensor tensors;
    private final boolean sharesPrevious;
    private final Map<Replica, AscentVector> vectors = new HashMap<>();

    Ascension(
            TramSettings settings,
            RunState run,
            Gradients gradients,
            Measurement measurement,
            DescentGradient means,
            RegionTargets targets,
            MultiTensor tensors) {
        this.settings = settings;
        this.run = run;
        this.gradients = gradients;
        this.measurement = measurement;
        this.means = means;
        this.tensors = tensors;
        sharesPrevious = targets.previousStep().isPresent() && settings.accumulationSteps() == 1;
    }

    /**
     * The buffer that restores θ: θ_{t−1}'s, unless a later batch of the group still needs that.
     */
    String restoreBuffer() {
        return sharesPrevious ? PreviousStepTarget.BUFFER : Replica.RESTORE;
    }

    /** ‖g‖ of the mean over devices where the schedule reads it; NaN elsewhere. */
    double gradientNorm(List<BatchPart> parts) {
        if (!settings.ascent().schedule().readsGradient()) {
            return Double.NaN;
        }
        Replica first = parts.get(0).replica();
        if (parts.size() == 1) {
            return Math.sqrt(measurement.square(first, first.ascending(first.gradients())));
        }
        List<Figures> figures = parts.stream().map(measurement::plain).toList();
        try (NDManager scope = first.manager().newSubManager()) {
            NDList mean = means.ofDevices(parts, figures, scope);
            return Math.sqrt(measurement.square(first, mean));
        }
    }

    /** Takes v on each replica and measures it, together with d. */
    List<Figures> measure(List<BatchPart> parts) {
        List<Figures> figures = new ArrayList<>();
        for (BatchPart part : parts) {
            gradients.prepareAscent(part);
            takeDirection(part.replica());
            figures.add(measurement.ascending(part, vectors.get(part.replica())));
        }
        return figures;
    }

    private void takeDirection(Replica replica) {
        vectors.put(replica, gradients.vector(replica, state(replica)));
    }

    /** The same gradient and distance on all replicas, hence the same ε*, if that is asked for. */
    void synchronise(List<BatchPart> parts, List<Figures> figures) {
        if (!settings.syncedAscent() || parts.size() == 1) {
            return;
        }
        synchronise(parts, figures, gradients::clean);
        if (gradients.hasFisherPass()) {
            synchronise(parts, figures, Replica::gradients);
        }
        double d = Figures.mean(figures, Figures::distance);
        for (int i = 0; i < parts.size(); i++) {
            BatchPart part = parts.get(i);
            takeDirection(part.replica());
            AscentVector synced = vectors.get(part.replica());
            figures.set(i, measurement.synced(part, figures.get(i), d, synced));
        }
    }

    private void synchronise(
            List<BatchPart> parts, List<Figures> figures, Function<Replica, NDList> lists) {
        Replica first = parts.get(0).replica();
        means.averageDevices(parts, figures, first, lists);
        for (BatchPart part : parts) {
            if (part.replica() != first) {
                part.replica().take(first, lists);
            }
        }
    }

    /** θ is kept in a buffer, θ ← θ + scale · D v. */
    void climb(Replica replica, double scale, String saved) {
        replica.ascend(settings.neighborhood(), vectors.get(replica).arrays(), scale, saved);
    }

    private DirectionState state(Replica replica) {
        boolean inGradients = !gradients.hasFisherPass();
        return new DirectionState(replica, !run.isDirectionAdvanced(), inGradients, tensors);
    }

    /**
     * Lets the direction's buffers follow an update, the same on all replicas: by the mean of g
     * over devices and accumulated batches, which the first replica holds.
     */
    void advanceDirection(Replicas replicas) {
        Direction direction = settings.ascent().direction();
        if (direction.buffers().isEmpty()) {
            return;
        }
        Replica first = replicas.first();
        direction.advance(first.ascending(gradients.clean(first)), state(first));
        for (String name : direction.buffers()) {
            String buffer = DirectionState.bufferName(name);
            for (Replica replica : replicas.all()) {
                if (replica != first) {
                    replica.take(first, other -> other.buffer(buffer).arrays());
                }
            }
        }
        run.setDirectionAdvanced();
    }
}
