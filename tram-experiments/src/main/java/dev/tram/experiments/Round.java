package dev.tram.experiments;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A round of some workers that follow each other.
 *
 * @param bytesSent the most that a worker sent: its state
 * @param milliseconds the longest time that a worker spent in it, reading and writing its state
 *     included
 */
public record Round(
        MeanState state, List<List<StepRecord>> steps, long bytesSent, double milliseconds)
        implements Serializable {

    /** Joins what workers sent: the same bits whatever the messages' order is. */
    public static Round of(List<WorkerRound> parts) throws IOException {
        List<WorkerRound> ordered = new ArrayList<>(parts);
        ordered.sort(Comparator.comparingInt(WorkerRound::worker));
        return new Round(
                MeanState.of(ordered.stream().map(WorkerRound::state).toList()),
                ordered.stream().map(WorkerRound::steps).toList(),
                ordered.stream().mapToLong(part -> part.state().length).max().orElseThrow(),
                ordered.stream().mapToDouble(WorkerRound::milliseconds).max().orElseThrow());
    }

    public Round plus(Round other) {
        List<List<StepRecord>> all = new ArrayList<>(steps);
        all.addAll(other.steps);
        return new Round(
                state.plus(other.state),
                all,
                Math.max(bytesSent, other.bytesSent),
                Math.max(milliseconds, other.milliseconds));
    }
}
