package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Tells a batch's examples by their content: the SHA-256 of the bytes of all inputs, read by the
 * host. Nothing is rounded, so that a key does not depend on the device, nor on the batch that the
 * example comes in. Augmented or otherwise padded inputs are other examples.
 */
final class ExampleKeys {

    private ExampleKeys() {}

    /** The keys of a batch's examples: the rows of all inputs that have the batch's size. */
    static List<String> of(NDList data) {
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

    private static void addRows(NDArray input, List<MessageDigest> digests) {
        try (NDManager scope = input.getManager().newSubManager();
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
}
