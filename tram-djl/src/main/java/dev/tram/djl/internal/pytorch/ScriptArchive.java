package dev.tram.djl.internal.pytorch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The module archive that {@code torch.jit.load} reads: a zip of stored entries with the
 * TorchScript source of one class, the functions that it calls and a pickle of one instance of it.
 */
final class ScriptArchive {

    /** The class that every source defines. */
    static final String CLASS_NAME = "Kernels";

    private static final byte[] EMPTY_TUPLE = pickle(")");

    private ScriptArchive() {}

    /**
     * Returns the archive of a module without parameters.
     *
     * @param source TorchScript that defines the class {@link #CLASS_NAME}
     * @param blocks the functions that the source calls as {@code __torch__.blocks}
     * @return the archive's bytes
     */
    static byte[] of(String source, String blocks) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setMethod(ZipOutputStream.STORED);
            store(zip, "data.pkl", instance());
            store(zip, "constants.pkl", EMPTY_TUPLE);
            store(zip, "version", "10\n".getBytes(StandardCharsets.UTF_8));
            store(zip, "code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
            store(zip, "code/__torch__/blocks.py", blocks.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** {@code Kernels.__new__(Kernels)} with the state {@code {"training": True}}. */
    private static byte[] instance() {
        String newObject = "c__torch__\n" + CLASS_NAME + "\n)\u0081";
        String state = "}(X\u0008\0\0\0training\u0088u";
        return pickle(newObject + state + "b");
    }

    /** A pickle of protocol 2; opcodes are one byte each. */
    private static byte[] pickle(String opcodes) {
        return ("\u0080\u0002" + opcodes + ".").getBytes(StandardCharsets.ISO_8859_1);
    }

    private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry("kernels/" + name);
        CRC32 checksum = new CRC32();
        checksum.update(content);
        entry.setSize(content.length);
        entry.setCrc(checksum.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
