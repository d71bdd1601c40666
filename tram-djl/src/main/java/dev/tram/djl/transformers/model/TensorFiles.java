package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.JsonFile;
import dev.tram.djl.internal.files.Limit;
import dev.tram.djl.internal.files.MalformedFileException;
import dev.tram.djl.internal.safetensors.SafetensorsFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The tensors of a Hugging Face directory: those of one safetensors file, or of several shards. */
final class TensorFiles implements AutoCloseable {

    static final String SINGLE = "model.safetensors";

    private static final String INDEX = "model.safetensors.index.json";
    private static final List<String> PICKLED =
            List.of("pytorch_model.bin", "pytorch_model.bin.index.json");

    private final Map<String, SafetensorsFile> files = new LinkedHashMap<>();
    private final Map<String, SafetensorsFile> byTensor = new LinkedHashMap<>();

    /**
     * Opens a directory's weights.
     *
     * @param directory the directory
     * @param architecture the transformers class that reads it, for the advice on how to convert
     * @throws IOException if there are none or they cannot be read
     */
    TensorFiles(Path directory, String architecture) throws IOException {
        try {
            if (Files.exists(directory.resolve(SINGLE))) {
                open(directory, SINGLE);
            } else if (Files.exists(directory.resolve(INDEX))) {
                openShards(directory);
            } else {
                throw absent(directory, architecture);
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private SafetensorsFile open(Path directory, String name) throws IOException {
        Path path = directory.resolve(name);
        if (!Files.isRegularFile(path)) {
            throw new MalformedFileException(path + " must be a file");
        }
        SafetensorsFile file = new SafetensorsFile(path);
        files.put(name, file);
        file.entries().keySet().forEach(tensor -> byTensor.put(tensor, file));
        if (byTensor.size() > Limit.TENSORS.value()) {
            throw new MalformedFileException(
                    directory + " has " + Limit.TENSORS.complaint(byTensor.size(), "tensors"));
        }
        return file;
    }

    private void openShards(Path directory) throws IOException {
        Path index = directory.resolve(INDEX);
        JsonNode shards = JsonFile.read(index).path("weight_map");
        if (!shards.isObject() || shards.isEmpty()) {
            throw Arguments.rejected("weight_map of " + index, "shards by tensor", shards);
        }
        Set<String> names = new HashSet<>();
        shards.forEach(name -> names.add(name.asText()));
        if (names.size() > Limit.SHARDS.value()) {
            throw new MalformedFileException(
                    index + " has " + Limit.SHARDS.complaint(names.size(), "shards"));
        }
        for (Map.Entry<String, JsonNode> entry : shards.properties()) {
            String name = fileName(index, entry.getValue().asText());
            SafetensorsFile file =
                    files.containsKey(name) ? files.get(name) : open(directory, name);
            if (!file.entries().containsKey(entry.getKey())) {
                throw new MalformedFileException(
                        index
                                + " says that "
                                + name
                                + " holds "
                                + entry.getKey()
                                + "; it does not");
            }
        }
    }

    /** Refuses a name that leads out of the directory. */
    private static String fileName(Path index, String name) {
        if (!name.matches("[\\w-][\\w.-]*")) {
            throw Arguments.rejected(
                    "a shard in " + index, "the name of a file beside the index", name);
        }
        return name;
    }

    private static IOException absent(Path directory, String architecture) {
        String lacking = directory + " has no " + SINGLE;
        if (PICKLED.stream().map(directory::resolve).noneMatch(Files::exists)) {
            return new FileNotFoundException(lacking + " and no " + INDEX);
        }
        return new FileNotFoundException(
                """
                %s, only pytorch_model.bin, which cannot be read without Python. Convert it once:
                python -c "import transformers; \
                transformers.%s.from_pretrained('%s').save_pretrained('%s', safe_serialization=True)"\
                """
                        .formatted(lacking, architecture, directory, directory));
    }

    /** Returns the names of all tensors, sorted. */
    Set<String> names() {
        return new TreeSet<>(byTensor.keySet());
    }

    /**
     * Refuses more layers than the files can hold.
     *
     * @param layers the number of layers that config.json asks for, each of them with a tensor
     */
    void requireLayers(int layers) {
        if (layers > byTensor.size()) {
            throw Arguments.rejected(
                    "the number of layers in config.json",
                    "at most the " + byTensor.size() + " tensors that there are",
                    layers);
        }
    }

    /**
     * Refuses parameters that need more memory than the limit allows.
     *
     * @param owner what has them
     * @param shapes their shapes
     */
    static void requireSize(Path owner, Stream<Shape> shapes) {
        long bytes = Float.BYTES * shapes.mapToLong(Shape::size).sum();
        if (bytes > Limit.MODEL.value()) {
            throw new IllegalArgumentException(
                    owner + " needs " + Limit.MODEL.complaint(bytes, "bytes of float32"));
        }
    }

    DataType type(String name) {
        return byTensor.get(name).entries().get(name).type();
    }

    Shape shape(String name) {
        return byTensor.get(name).entries().get(name).shape();
    }

    /** Returns the file that holds a tensor. */
    Path path(String name) {
        return byTensor.get(name).path();
    }

    /** Reads a tensor as float32. */
    NDArray read(NDManager manager, String name) throws IOException {
        return byTensor.get(name).readFloat32(manager, name);
    }

    @Override
    public void close() throws IOException {
        for (SafetensorsFile file : files.values()) {
            file.close();
        }
    }
}
