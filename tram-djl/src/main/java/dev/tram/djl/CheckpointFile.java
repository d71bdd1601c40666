package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tram.djl.internal.files.AtomicFile;
import dev.tram.djl.internal.safetensors.MalformedSafetensorsException;
import dev.tram.djl.internal.safetensors.SafetensorsFile;
import dev.tram.djl.internal.safetensors.SafetensorsWriter;
import dev.tram.djl.internal.safetensors.TensorEntry;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Named arrays and texts in one safetensors file with a checksum.
 *
 * <p>A file is written beside its place and moved there, so that a reader sees the old file or the
 * new one whole.
 */
final class CheckpointFile implements AutoCloseable {

    private final SafetensorsFile file;
    private final Map<String, TensorEntry> tensors;

    private CheckpointFile(SafetensorsFile file) {
        this.file = file;
        tensors = new LinkedHashMap<>(file.entries());
        tensors.remove(SafetensorsWriter.CHECKSUM);
    }

    /** Writes a file; an older one of that name is replaced at the very end. */
    static void write(Path path, Map<String, String> texts, Map<String, NDArray> arrays)
            throws IOException {
        Path target = path.toAbsolutePath();
        if (Files.isDirectory(target)) {
            throw new FileSystemException(
                    path.toString(), null, "save(path) needs a file's name, received: a folder");
        }
        if (!Files.isDirectory(target.getParent())) {
            throw new NoSuchFileException(
                    path.toString(),
                    null,
                    "save(path) needs a file in an existing folder, received: no folder "
                            + target.getParent());
        }
        AtomicFile.write(target, file -> SafetensorsWriter.writeChecked(file, texts, arrays));
    }

    /**
     * Opens a file and checks that nothing of it is missing or changed.
     *
     * @throws IOException if the file cannot be read, is truncated or damaged
     */
    static CheckpointFile open(Path path) throws IOException {
        if (!Files.isRegularFile(path)) {
            String received = Files.exists(path) ? "no file but a folder" : "no such file";
            throw new NoSuchFileException(
                    path.toString(),
                    null,
                    "load(path) needs a checkpoint that save(path) wrote, received: " + received);
        }
        try {
            SafetensorsFile file = new SafetensorsFile(path);
            try {
                file.check();
                return new CheckpointFile(file);
            } catch (IOException | RuntimeException refused) {
                file.close();
                throw refused;
            }
        } catch (MalformedSafetensorsException damaged) {
            throw damaged(path, damaged.found(), damaged);
        } catch (EOFException cut) {
            throw damaged(path, "an early end", cut);
        }
    }

    private static IOException damaged(Path path, String received, IOException cause) {
        return new IOException(
                path + " must be a whole checkpoint of TramOptimizer, received: " + received,
                cause);
    }

    Map<String, String> texts() {
        return file.metadata();
    }

    Iterable<String> names() {
        return tensors.keySet();
    }

    /** The shape of a tensor, or null. */
    Shape shape(String name) {
        TensorEntry tensor = tensors.get(name);
        return tensor == null ? null : tensor.shape();
    }

    /** The type of a tensor that there is. */
    DataType type(String name) {
        return tensors.get(name).type();
    }

    /** Reads a tensor into an array owned by the manager. */
    NDArray array(String name, NDManager manager) throws IOException {
        return file.read(manager, name);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
