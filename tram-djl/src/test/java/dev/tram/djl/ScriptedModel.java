package dev.tram.djl;

import ai.djl.ndarray.types.Shape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes a TorchScript file, as torch.jit.save would, of a module with parameters, buffers and a
 * forward method.
 */
final class ScriptedModel {

    private static final String CLASS = "Model";

    private final Map<String, Tensor> parameters = new LinkedHashMap<>();
    private final Map<String, Tensor> buffers = new LinkedHashMap<>();
    private final String input;
    private final String[] body;
    private boolean bfloat16;

    private record Tensor(FloatBuffer values, Shape shape) {}

    /**
     * Describes a module.
     *
     * @param input the name of forward's argument
     * @param body the lines of its forward method
     */
    ScriptedModel(String input, String... body) {
        this.input = input;
        this.body = body;
    }

    /** Stores all tensors in bfloat16. */
    ScriptedModel inBfloat16() {
        bfloat16 = true;
        return this;
    }

    ScriptedModel parameter(String name, float[] values, long... shape) {
        parameters.put(name, new Tensor(FloatBuffer.wrap(values), new Shape(shape)));
        return this;
    }

    ScriptedModel buffer(String name, float[] values, long... shape) {
        buffers.put(name, new Tensor(FloatBuffer.wrap(values), new Shape(shape)));
        return this;
    }

    /** Writes the file NAME.pt. */
    void write(Path folder, String name) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setMethod(ZipOutputStream.STORED);
            store(zip, name, "data.pkl", pickle());
            store(zip, name, "constants.pkl", latin("\u0080\u0002)."));
            store(zip, name, "version", latin("4\n"));
            store(zip, name, "code/__torch__.py", source().getBytes(StandardCharsets.UTF_8));
            int number = 0;
            for (Tensor tensor : all().values()) {
                store(zip, name, "data/" + number++, bytes(tensor.values));
            }
        }
        Files.write(folder.resolve(name + ".pt"), bytes.toByteArray());
    }

    private Map<String, Tensor> all() {
        Map<String, Tensor> all = new LinkedHashMap<>(parameters);
        all.putAll(buffers);
        return all;
    }

    private String source() {
        StringBuilder source = new StringBuilder("class " + CLASS + "(Module):\n");
        source.append("  __parameters__ = [").append(quoted(parameters)).append("]\n");
        source.append("  __buffers__ = [").append(quoted(buffers)).append("]\n");
        all().keySet().forEach(name -> source.append("  ").append(name).append(" : Tensor\n"));
        source.append("  training : bool\n");
        source.append("  def forward(self: __torch__.").append(CLASS).append(",\n");
        source.append("    ").append(input).append(": Tensor) -> Tensor:\n");
        for (String line : body) {
            source.append("    ").append(line).append('\n');
        }
        return source.toString();
    }

    private static String quoted(Map<String, Tensor> tensors) {
        StringBuilder list = new StringBuilder();
        tensors.keySet().forEach(name -> list.append('"').append(name).append("\", "));
        return list.toString();
    }

    /** An instance of the class with its state, in pickle's protocol 2; opcodes are one byte. */
    private byte[] pickle() {
        StringBuilder pickle = new StringBuilder("\u0080\u0002");
        pickle.append("c__torch__\n").append(CLASS).append("\n)\u0081}(");
        int number = 0;
        for (Map.Entry<String, Tensor> entry : all().entrySet()) {
            boolean trained = parameters.containsKey(entry.getKey());
            pickle.append(text(entry.getKey())).append(tensor(entry.getValue(), number++, trained));
        }
        pickle.append(text("training")).append("\u0088ub.");
        return latin(pickle.toString());
    }

    /** torch._utils._rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks). */
    private String tensor(Tensor tensor, int number, boolean trained) {
        StringBuilder shape = new StringBuilder();
        StringBuilder strides = new StringBuilder();
        long stride = tensor.shape.size();
        for (long size : tensor.shape.getShape()) {
            stride /= size;
            shape.append(integer(size));
            strides.append(integer(stride));
        }
        String storage =
                "("
                        + text("storage")
                        + (bfloat16 ? "ctorch\nBFloat16Storage\n" : "ctorch\nFloatStorage\n")
                        + text(Integer.toString(number))
                        + text("cpu")
                        + integer(tensor.shape.size())
                        + "tQ";
        return "ctorch._utils\n_rebuild_tensor_v2\n("
                + storage
                + integer(0)
                + "("
                + shape
                + "t("
                + strides
                + "t"
                + (trained ? "\u0088" : "\u0089")
                + "ccollections\nOrderedDict\n)RtR";
    }

    private static String integer(long value) {
        ByteBuffer buffer = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        byte[] bytes = buffer.putInt((int) value).array();
        return "J" + new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static String text(String value) {
        return "X" + integer(value.length()).substring(1) + value;
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private byte[] bytes(FloatBuffer values) {
        return bfloat16 ? highHalves(values) : littleEndian(values);
    }

    /** bfloat16 is the upper half of float32, rounded. */
    private static byte[] highHalves(FloatBuffer values) {
        ByteBuffer buffer =
                ByteBuffer.allocate(values.remaining() * Short.BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < values.remaining(); i++) {
            buffer.putShort((short) ((Float.floatToRawIntBits(values.get(i)) + 0x8000) >>> 16));
        }
        return buffer.array();
    }

    private static byte[] littleEndian(FloatBuffer values) {
        ByteBuffer buffer =
                ByteBuffer.allocate(values.remaining() * Float.BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN);
        buffer.asFloatBuffer().put(values.duplicate());
        return buffer.array();
    }

    private static void store(ZipOutputStream zip, String name, String file, byte[] content)
            throws IOException {
        ZipEntry entry = new ZipEntry(name + "/" + file);
        CRC32 checksum = new CRC32();
        checksum.update(content);
        entry.setSize(content.length);
        entry.setCrc(checksum.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
