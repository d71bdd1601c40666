package dev.tram.examples.checkpoint;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The nodes and weights of an ONNX model: of <a
 * href="https://github.com/onnx/onnx/blob/main/onnx/onnx.proto">onnx.proto</a>, the few fields that
 * name and hold them.
 *
 * @param nodes the operations, in the file's order
 * @param initializers the weights, in the file's order
 */
record OnnxGraph(List<Node> nodes, List<Tensor> initializers) {

    /** ONNX's number for float32. */
    static final int FLOAT = 1;

    private static final int MODEL_GRAPH = 7;
    private static final int GRAPH_NODE = 1;
    private static final int GRAPH_INITIALIZER = 5;
    private static final int NODE_INPUT = 1;
    private static final int NODE_NAME = 3;
    private static final int NODE_OPERATOR = 4;
    private static final int TENSOR_DIMENSION = 1;
    private static final int TENSOR_TYPE = 2;
    private static final int TENSOR_NAME = 8;
    private static final int TENSOR_DATA = 9;

    /**
     * An operation.
     *
     * @param name its name
     * @param operator what it computes
     * @param inputs the names of its inputs
     */
    record Node(String name, String operator, List<String> inputs) {}

    /**
     * A weight.
     *
     * @param name its name
     * @param type its element type's number
     * @param shape its dimensions
     * @param data its elements, little-endian
     */
    record Tensor(String name, int type, List<Long> shape, ByteBuffer data) {}

    /** Reads a model, whose weights must be stored in the file itself as raw data. */
    static OnnxGraph read(InputStream stream) throws IOException {
        OnnxGraph graph = new OnnxGraph(new ArrayList<>(), new ArrayList<>());
        CodedInputStream in = CodedInputStream.newInstance(stream);
        in.setSizeLimit(Integer.MAX_VALUE);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (WireFormat.getTagFieldNumber(tag) == MODEL_GRAPH) {
                within(in, () -> graph.readGraph(in));
            } else {
                in.skipField(tag);
            }
        }
        if (graph.nodes.isEmpty()) {
            throw new IOException("no ONNX graph found");
        }
        return graph;
    }

    private interface Reading {
        void run() throws IOException;
    }

    /** Reads an embedded message. */
    private static void within(CodedInputStream in, Reading reading) throws IOException {
        int outer = in.pushLimit(in.readRawVarint32());
        reading.run();
        in.checkLastTagWas(0);
        in.popLimit(outer);
    }

    private void readGraph(CodedInputStream in) throws IOException {
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (WireFormat.getTagFieldNumber(tag)) {
                case GRAPH_NODE -> within(in, () -> nodes.add(readNode(in)));
                case GRAPH_INITIALIZER -> within(in, () -> initializers.add(readTensor(in)));
                default -> in.skipField(tag);
            }
        }
    }

    private static Node readNode(CodedInputStream in) throws IOException {
        String name = "";
        String operator = "";
        List<String> inputs = new ArrayList<>();
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (WireFormat.getTagFieldNumber(tag)) {
                case NODE_INPUT -> inputs.add(in.readString());
                case NODE_NAME -> name = in.readString();
                case NODE_OPERATOR -> operator = in.readString();
                default -> in.skipField(tag);
            }
        }
        return new Node(name, operator, inputs);
    }

    private static Tensor readTensor(CodedInputStream in) throws IOException {
        String name = "";
        int type = 0;
        List<Long> shape = new ArrayList<>();
        ByteBuffer data = null;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            switch (WireFormat.getTagFieldNumber(tag)) {
                case TENSOR_DIMENSION -> readDimensions(in, tag, shape);
                case TENSOR_TYPE -> type = in.readInt32();
                case TENSOR_NAME -> name = in.readString();
                case TENSOR_DATA -> data = in.readByteBuffer();
                default -> in.skipField(tag);
            }
        }
        if (data == null) {
            throw new IOException("ONNX weight " + name + " has no raw data");
        }
        return new Tensor(name, type, shape, data.order(ByteOrder.LITTLE_ENDIAN));
    }

    private static void readDimensions(CodedInputStream in, int tag, List<Long> shape)
            throws IOException {
        if (WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
            within(
                    in,
                    () -> {
                        while (!in.isAtEnd()) {
                            shape.add(in.readInt64());
                        }
                    });
        } else {
            shape.add(in.readInt64());
        }
    }
}
