package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.tram.djl.internal.engine.ThetaBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pretrained model's logits, without a pass at θ_0 for examples seen before. What a {@link
 * HeadedBlock} keeps of an example is its features, if they are less than a 32nd of the logits; its
 * head then runs each time. When the bound on memory is reached, new examples are computed each
 * time.
 */
final class PretrainedCache {

    private static final Logger logger = LoggerFactory.getLogger(PretrainedCache.class);

    /** How many times smaller than the logits features must be to be worth a run of the head. */
    private static final int WORTHWHILE = 32;

    private static final String OPTION = "optPretrainedCache";

    private final PassRunner runner;
    private final NDManager manager;
    private final long maxBytes;
    private final Map<String, NDArray> rows = new HashMap<>();

    private long bytes;
    private Boolean keepsFeatures;
    private boolean found;
    private int epochs;

    PretrainedCache(PassRunner runner, NDManager parent, long maxBytes) {
        this.runner = runner;
        manager = parent.newSubManager();
        manager.setName("tram-pretrained-cache");
        this.maxBytes = maxBytes;
    }

    /** The logits of a batch at θ_0, owned by the manager of its data. */
    NDArray logits(BatchPart part, Call call, ThetaBuffer pretrained, boolean training) {
        List<String> keys = ExampleKeys.of(call.data());
        return find(keys, call.data().head().getManager())
                .map(kept -> fromKept(kept, part, call, pretrained, training))
                .orElseGet(() -> computed(keys, part, call, pretrained, training));
    }

    /** Counts as the pass it replaces does, so that later passes draw the same dropout masks. */
    private NDArray fromKept(
            NDArray kept, BatchPart part, Call call, ThetaBuffer pretrained, boolean training) {
        part.countPass();
        found = true;
        return keepsFeatures ? runner.targetHead(part, call, kept, pretrained, training) : kept;
    }

    private NDArray computed(
            List<String> keys,
            BatchPart part,
            Call call,
            ThetaBuffer pretrained,
            boolean training) {
        // Features under earlier running statistics would meet a head under today's.
        if (runner.headed().isEmpty() || !part.statistics().isEmpty()) {
            keepsFeatures = false;
            NDArray logits = runner.targetLogits(part, call, pretrained, training);
            keep(keys, "logits", logits);
            return logits;
        }
        NDArray features = runner.targetFeatures(part, call, pretrained, training);
        NDArray logits = runner.targetHead(part, call, features, pretrained, training);
        if (keepsFeatures == null) {
            keepsFeatures = WORTHWHILE * bytes(features) < bytes(logits);
        }
        if (keepsFeatures) {
            keep(keys, "features", features);
        } else {
            keep(keys, "logits", logits);
        }
        return logits;
    }

    /** Warns once if nothing was seen a second time in a second epoch. */
    void epochDone() {
        epochs++;
        if (epochs == 2 && !found) {
            logger.warn(
                    "{}: in two epochs no batch had only examples seen before, so that the cache"
                            + " saved no pass. An example is known by its content: are the inputs"
                            + " augmented, or are there more than the bytes hold?",
                    OPTION);
        }
    }

    private static long bytes(NDArray array) {
        return array.size() * array.getDataType().getNumOfBytes();
    }

    /** What is kept of a batch, owned by {@code scope}, if all its examples are held. */
    private Optional<NDArray> find(List<String> keys, NDManager scope) {
        NDList found = new NDList();
        for (String key : keys) {
            NDArray row = rows.get(key);
            if (row == null) {
                return Optional.empty();
            }
            found.add(row);
        }
        NDArray batch = NDArrays.stack(found);
        batch.attach(scope);
        return Optional.of(batch);
    }

    /** Holds what was computed of a batch as far as memory allows. */
    private void keep(List<String> keys, String name, NDArray outputs) {
        Distances.checkRows(OPTION, name, outputs, keys.size());
        long rowBytes = bytes(outputs) / keys.size();
        for (int i = 0; i < keys.size() && bytes + rowBytes <= maxBytes; i++) {
            if (!rows.containsKey(keys.get(i))) {
                try (NDArray view = outputs.get(i)) {
                    NDArray row = view.duplicate();
                    row.attach(manager);
                    rows.put(keys.get(i), row);
                }
                bytes += rowBytes;
            }
        }
    }
}
