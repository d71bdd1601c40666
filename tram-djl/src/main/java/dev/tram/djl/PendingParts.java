package dev.tram.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Parameter;
import dev.tram.djl.internal.engine.Replica;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The parts of the batch under way, by device, until the batch ends or is given up. */
final class PendingParts {

    private final Map<Device, BatchPart> latest = new LinkedHashMap<>();

    /** First passes that another one on their device followed before the batch ended. */
    private final List<BatchPart> earlier = new ArrayList<>();

    /** The latest part on a device, null if there is none. */
    BatchPart on(Device device) {
        return latest.get(device);
    }

    void add(BatchPart part) {
        latest.put(part.replica().device(), part);
    }

    /** Makes room on a device for another first pass. */
    void setAside(BatchPart part) {
        latest.remove(part.replica().device());
        earlier.add(part);
    }

    /** The latest parts in the order of their first passes. */
    List<BatchPart> all() {
        return new ArrayList<>(latest.values());
    }

    /** Whether the model ran. */
    boolean hasRun() {
        return latest.values().stream().anyMatch(part -> !part.calls().isEmpty());
    }

    /**
     * The part whose first pass gave predictions, else the latest on their device; null if there is
     * none.
     */
    BatchPart thatGave(NDList predictions) {
        for (BatchPart part : earlier) {
            if (part.lastCall().gave(predictions)) {
                return part;
            }
        }
        BatchPart part = latest.get(predictions.head().getDevice());
        return part == null || part.calls().isEmpty() ? null : part;
    }

    /** Hands the latest parts over to whoever ends the batch. */
    List<BatchPart> take() {
        List<BatchPart> batch = all();
        earlier.forEach(BatchPart::closeIntermediates);
        batch.forEach(part -> part.setRepeated(!earlier.isEmpty()));
        latest.clear();
        return batch;
    }

    /** Puts the running statistics back to what they were before all first passes. */
    void restoreStatistics() {
        latestFirst().forEach(BatchPart::restoreStatistics);
    }

    /** The running statistics of a replica as they were before all first passes. */
    Map<Parameter, NDArray> statisticsBefore(Replica replica) {
        Map<Parameter, NDArray> before = new HashMap<>();
        latestFirst().stream()
                .filter(part -> part.replica() == replica)
                .forEach(part -> before.putAll(part.statistics()));
        return before;
    }

    private List<BatchPart> latestFirst() {
        List<BatchPart> parts = all();
        for (int i = earlier.size() - 1; i >= 0; i--) {
            parts.add(earlier.get(i));
        }
        return parts;
    }

    void closeEarlier() {
        earlier.forEach(BatchPart::close);
        earlier.clear();
    }

    void close() {
        latest.values().forEach(BatchPart::close);
        latest.clear();
        closeEarlier();
    }
}
