package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import dev.tram.djl.internal.engine.BaseState;
import dev.tram.djl.internal.engine.ParameterLayout;
import dev.tram.djl.internal.engine.Precision;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Checks that a checkpoint is one of this model and method, whole, before anything is changed. */
final class CheckpointCheck {

    private final Path path;
    private final CheckpointFile file;
    private final ParameterLayout layout;
    private final BaseState base;
    private final StateTexts texts;
    private final Map<String, Parameter> parameters;

    CheckpointCheck(Path path, CheckpointFile file, ParameterLayout layout, TramSettings settings) {
        this.path = path;
        this.file = file;
        this.layout = layout;
        base = new BaseState(settings.base());
        texts = new StateTexts(path, file.texts());
        parameters = layout.all();
    }

    /**
     * Checks everything that is read later.
     *
     * @param description what the run that goes on has, by name
     * @throws IllegalArgumentException if the file has something else, or lacks something
     */
    void run(Map<String, String> description) {
        check("format", Checkpoint.FORMAT);
        check("version", Checkpoint.VERSION);
        description.forEach(this::check);
        for (int i = 0; i < layout.names().size(); i++) {
            checkTensor(Checkpoint.THETA + layout.names().get(i), layout.parameters().get(i));
        }
        layout.frozen().forEach((name, frozen) -> checkTensor(Checkpoint.FROZEN + name, frozen));
        List<String> buffers = buffers();
        for (String buffer : buffers) {
            for (int i = 0; i < layout.names().size(); i++) {
                checkTensor(
                        Checkpoint.BUFFER + buffer + "/" + layout.names().get(i),
                        layout.parameters().get(i));
            }
        }
        file.names().forEach(name -> checkKnown(name, Set.copyOf(buffers)));
        texts.count("base_num_update");
        checkCounts();
    }

    private void check(String key, String expected) {
        String received = file.texts().get(key);
        if (!expected.equals(received)) {
            throw new IllegalArgumentException(
                    "Checkpoint "
                            + path
                            + " must have "
                            + key
                            + " "
                            + expected
                            + ", received: "
                            + received);
        }
    }

    private List<String> buffers() {
        String names = texts.text("buffers");
        return names.isEmpty() ? List.of() : List.of(names.split(",", -1));
    }

    /** What is kept of a parameter of lower precision may be float32. */
    private void checkTensor(String name, Parameter parameter) {
        NDArray array = parameter.getArray();
        Shape shape = file.shape(name);
        if (!array.getShape().equals(shape)) {
            throw anotherModel(name, array.getShape().toString(), shape);
        }
        DataType type = file.type(name);
        boolean isMaster = type == DataType.FLOAT32 && Precision.isLow(array);
        if (type != array.getDataType() && !isMaster) {
            throw anotherModel(name, array.getDataType().toString(), type);
        }
    }

    /** Refuses tensors that nothing reads; buffers and moments must be a parameter's. */
    private void checkKnown(String name, Set<String> buffers) {
        int slash = name.indexOf('/');
        String prefix = name.substring(0, slash + 1);
        String rest = name.substring(slash + 1);
        boolean known =
                switch (prefix) {
                    case Checkpoint.THETA -> layout.names().contains(rest);
                    case Checkpoint.FROZEN -> layout.frozen().containsKey(rest);
                    case Checkpoint.BUFFER -> isParameter(rest) && buffers.contains(owner(rest));
                    case Checkpoint.BASE -> isParameter(rest) && base.hasField(owner(rest));
                    default -> false;
                };
        if (!known) {
            throw anotherModel(name, "absent", file.shape(name));
        }
        if (prefix.equals(Checkpoint.BASE) || prefix.equals(Checkpoint.BUFFER)) {
            checkTensor(name, parameters.get(parameter(rest)));
        }
    }

    private boolean isParameter(String name) {
        return parameters.containsKey(parameter(name));
    }

    private static String owner(String name) {
        return name.substring(0, Math.max(0, name.indexOf('/')));
    }

    private static String parameter(String name) {
        return name.substring(name.indexOf('/') + 1);
    }

    private void checkCounts() {
        String text = texts.text("base_update_counts");
        try {
            JsonObject counts = JsonParser.parseString(text).getAsJsonObject();
            for (Map.Entry<String, JsonElement> count : counts.entrySet()) {
                if (!parameters.containsKey(count.getKey()) || count.getValue().getAsInt() < 0) {
                    throw rejectedCounts(text);
                }
            }
        } catch (JsonParseException
                | IllegalStateException
                | UnsupportedOperationException
                | NumberFormatException e) {
            throw rejectedCounts(text);
        }
    }

    private IllegalArgumentException rejectedCounts(String received) {
        return texts.rejected(
                "base_update_counts", "a count >= 0 by name of a parameter", received);
    }

    private IllegalArgumentException anotherModel(String name, String expected, Object received) {
        return new IllegalArgumentException(
                "Checkpoint "
                        + path
                        + " is of another model: "
                        + name
                        + " must be "
                        + expected
                        + ", received: "
                        + (received == null ? "none" : received));
    }
}
