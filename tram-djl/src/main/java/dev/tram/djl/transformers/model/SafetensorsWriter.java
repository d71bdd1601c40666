package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;

/** Writes safetensors files as Hugging Face's transformers does, with {@code "format": "pt"}. */
final class SafetensorsWriter {

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final int PIECE = 1 << 22;
    private static final int ALIGNMENT = 8;

    private SafetensorsWriter() {}

    /**
     * Writes arrays in pieces; a view need not be contiguous.
     *
     * @param path the file, which is created or overwritten
     * @param arrays the arrays by name
     */
    static void write(Path path, Map<String, NDArray> arrays) throws IOException {
        try (FileChannel channel =
                FileChannel.open(
                        path,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            byte[] header = header(arrays);
            ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            writeFully(channel, length.putLong(header.length).flip());
            writeFully(channel, ByteBuffer.wrap(header));
            for (NDArray array : arrays.values()) {
                write(channel, array);
            }
        }
    }

    /** The header, padded with blanks so that the values are aligned. */
    private static byte[] header(Map<String, NDArray> arrays) throws IOException {
        ObjectNode header = MAPPER.createObjectNode();
        header.putObject(SafetensorsFile.METADATA).put("format", "pt");
        long offset = 0;
        for (Map.Entry<String, NDArray> entry : arrays.entrySet()) {
            NDArray array = entry.getValue();
            long end = offset + array.size() * array.getDataType().getNumOfBytes();
            ObjectNode tensor = header.putObject(entry.getKey());
            tensor.put("dtype", array.getDataType().asSafetensors());
            tensor.set("shape", MAPPER.valueToTree(array.getShape().getShape()));
            tensor.putArray("data_offsets").add(offset).add(end);
            offset = end;
        }
        byte[] json = MAPPER.writeValueAsBytes(header);
        byte[] padded = new byte[(json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT];
        Arrays.fill(padded, (byte) ' ');
        System.arraycopy(json, 0, padded, 0, json.length);
        return padded;
    }

    private static void write(FileChannel channel, NDArray array) throws IOException {
        try (NDArray flat = array.reshape(-1)) {
            long size = flat.size();
            for (long done = 0; done < size; done += PIECE) {
                NDIndex range = new NDIndex("{}:{}", done, Math.min(size, done + PIECE));
                try (NDManager scope = flat.getManager().newSubManager();
                        NDArray piece = flat.get(range)) {
                    // What a GPU's array is read through belongs to the array's manager.
                    piece.attach(scope);
                    writeFully(channel, piece.toByteBuffer());
                }
            }
        }
    }

    private static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }
}
