package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Outputs of the pretrained model by example, so that an example seen again costs no pass at θ_0.
 *
 * <p>An example's key is its content: the SHA-256 of the bytes of all its inputs, read by the host.
 * Nothing is rounded, so that the key does not depend on the device, nor on the batch that the
 * example comes in. Augmented or otherwise padded inputs are other examples. When the bound on
 * memory is reached, new examples are computed each time.
 */
final class PretrainedCache implements AutoCloseable {

    private final NDManager manager;
    private final long maxBytes;
    private final Map<String, NDArray> rows = new HashMap<>();
    private long bytes;

    PretrainedCache(NDManager parent, long maxBytes) {
        manager = parent.newSubManager();
        manager.setName("tram-pretrained-cache");
        this.maxBytes = maxBytes;
    }

    /** The keys of a batch's examples: the rows of all inputs that have the batch's size. */
    List<String> keys(NDList data) {
        int size = (int) data.head().getShape().get(0);
        List<MessageDigest> digests = new ArrayList<>();
        for (int row = 0; row < size; row++) {
            digests.add(sha256());
        }
        for (NDArray input : data) {
            Shape shape = input.getShape();
            if (shape.dimension() > 0 && shape.get(0) == size) {
                String kind = input.getDataType() + " " + shape.slice(1);
                digests.forEach(digest -> digest.update(kind.getBytes(StandardCharsets.UTF_8)));
                addRows(input, digests);
            }
        }
        return digests.stream().map(digest -> HexFormat.of().formatHex(digest.digest())).toList();
    }

    private void addRows(NDArray input, List<MessageDigest> digests) {
        try (NDManager scope = manager.newSubManager();
                NDArray view = input.reshape(input.getShape())) {
            // What a GPU's array is read through belongs to the array's manager.
            view.attach(scope);
            ByteBuffer all = view.toByteBuffer();
            int width = all.remaining() / digests.size();
            for (int row = 0; row < digests.size(); row++) {
                digests.get(row).update(all.slice(all.position() + row * width, width));
            }
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** The outputs of a batch, owned by {@code scope}, if all its examples are held. */
    Optional<NDArray> find(List<String> keys, NDManager scope) {
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

    /** Holds the outputs of a batch as far as memory allows. */
    void add(List<String> keys, NDArray outputs) {
        long rowBytes = outputs.size() / keys.size() * outputs.getDataType().getNumOfBytes();
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

    @Override
    public void close() {
        rows.clear();
        manager.close();
    }
}
