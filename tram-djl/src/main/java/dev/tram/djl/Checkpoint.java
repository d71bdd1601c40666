package dev.tram.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import ai.djl.training.optimizer.Optimizer;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tram.core.MultiTensor;
import dev.tram.djl.internal.engine.BaseState;
import dev.tram.djl.internal.engine.ParameterLayout;
import dev.tram.djl.internal.engine.Replica;
import dev.tram.djl.internal.engine.ThetaBuffer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.zip.CRC32;

/**
 * A training session in a file, keyed by parameter name: θ, frozen parameters (of what adapters
 * adapt, a checksum) and running statistics, the trust regions' parameters, accumulated gradients,
 * the base optimizer's moments and counts, all counters, and a description of the method.
 */
final class Checkpoint implements AutoCloseable {

    static final String FORMAT = "tram-checkpoint";
    static final String VERSION = "3";
    static final String THETA = "theta/";
    static final String FROZEN = "frozen/";
    static final String BUFFER = "buffer/";
    static final String BASE = "base/";

    private final StateTexts texts;
    private final NDManager manager;
    private final Map<String, NDArray> arrays = new HashMap<>();
    private final List<String> kept = new ArrayList<>();

    private Checkpoint(StateTexts texts, NDManager parent) {
        this.texts = texts;
        manager = parent.newSubManager(Device.cpu());
    }

    /**
     * Writes a session's state.
     *
     * @param before the values of what a batch under way has changed, as they were before it
     * @param counters the session's numbers by name
     */
    static void write(
            Path path,
            ParameterLayout layout,
            Replica replica,
            Map<Parameter, NDArray> before,
            TramSettings settings,
            Map<String, String> counters)
            throws IOException {
        BaseState state = new BaseState(settings.base());
        Map<String, String> texts = new LinkedHashMap<>(counters);
        texts.put("format", FORMAT);
        texts.put("version", VERSION);
        texts.putAll(description(settings, layout));
        texts.put("base_num_update", Integer.toString(state.numUpdate()));
        JsonObject counts = new JsonObject();
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        for (int i = 0; i < layout.names().size(); i++) {
            NDArray theta = replica.theta().get(i);
            Parameter parameter = layout.parameters().get(i);
            arrays.put(THETA + layout.names().get(i), before.getOrDefault(parameter, theta));
        }
        layout.all()
                .forEach(
                        (name, parameter) -> {
                            Integer count = state.updateCounts().get(parameter.getId());
                            if (count != null) {
                                counts.addProperty(name, count);
                            }
                        });
        texts.put("base_update_counts", counts.toString());
        layout.frozen()
                .forEach(
                        (name, frozen) -> {
                            NDArray live = replica.live(frozen);
                            arrays.put(FROZEN + name, before.getOrDefault(frozen, live));
                        });
        texts.put("buffers", String.join(",", replica.lastingBuffers().keySet()));
        replica.lastingBuffers()
                .forEach(
                        (name, buffer) ->
                                putAll(arrays, BUFFER + name + "/", layout, buffer.overlay()));
        state.arrays()
                .forEach(
                        (field, byId) ->
                                putMoments(arrays, BASE + field + "/", layout, byId, replica));
        CheckpointFile.write(path, texts, arrays);
    }

    /** What must be the same in the run that goes on. */
    private static Map<String, String> description(TramSettings settings, ParameterLayout layout) {
        Map<String, String> texts = settings.description();
        texts.put("ascending_parameters", ascending(layout));
        if (!layout.base().isEmpty()) {
            texts.put("adapted_parameters", checksum(layout.base()));
        }
        texts.put(
                "data_types",
                layout.parameters().stream()
                        .map(parameter -> parameter.getArray().getDataType().toString())
                        .distinct()
                        .collect(Collectors.joining(",")));
        return texts;
    }

    /** Tells apart what adapters adapt, which is not stored: CRC-32 of names and values. */
    private static String checksum(Map<String, Parameter> parameters) {
        CRC32 checksum = new CRC32();
        parameters.forEach(
                (name, parameter) -> {
                    checksum.update(name.getBytes(StandardCharsets.UTF_8));
                    NDArray array = parameter.getArray();
                    // What a GPU's array is read through belongs to the array's manager.
                    try (NDManager scope = array.getManager().newSubManager();
                            NDArray view = array.reshape(array.getShape())) {
                        view.attach(scope);
                        checksum.update(view.toByteBuffer());
                    }
                });
        return Long.toHexString(checksum.getValue());
    }

    private static String ascending(ParameterLayout layout) {
        if (layout.ascending().size() == layout.names().size()) {
            return "all";
        }
        return layout.ascending().stream()
                .map(layout.names()::get)
                .collect(Collectors.joining(","));
    }

    /** Of parameters that were frozen since, too, as far as there is a value. */
    private static void putAll(
            Map<String, NDArray> arrays,
            String prefix,
            ParameterLayout layout,
            Map<Parameter, NDArray> values) {
        layout.all()
                .forEach(
                        (name, parameter) -> {
                            NDArray value = values.get(parameter);
                            if (value != null) {
                                arrays.put(prefix + name, value);
                            }
                        });
    }

    private static void putMoments(
            Map<String, NDArray> arrays,
            String prefix,
            ParameterLayout layout,
            Map<String, Map<Device, NDArray>> byId,
            Replica replica) {
        layout.all()
                .forEach(
                        (name, parameter) -> {
                            Map<Device, NDArray> byDevice = byId.get(parameter.getId());
                            if (byDevice != null) {
                                arrays.put(prefix + name, byDevice.get(replica.device()));
                            }
                        });
    }

    /**
     * Reads a checkpoint and checks that it is one of this model and method; nothing is changed.
     * Its arrays live until it is closed.
     *
     * @throws IOException if the file is not a whole checkpoint
     * @throws IllegalArgumentException if it is of another version, model or method
     */
    static Checkpoint read(
            Path path, ParameterLayout layout, TramSettings settings, NDManager parent)
            throws IOException {
        try (CheckpointFile file = CheckpointFile.open(path)) {
            new CheckpointCheck(path, file, layout, settings).run(description(settings, layout));
            Checkpoint checkpoint = new Checkpoint(new StateTexts(path, file.texts()), parent);
            try {
                for (String name : file.names()) {
                    checkpoint.arrays.put(name, file.array(name, checkpoint.manager));
                }
                return checkpoint;
            } catch (IOException | RuntimeException refused) {
                checkpoint.close();
                throw refused;
            }
        }
    }

    StateTexts texts() {
        return texts;
    }

    /** Overwrites the model's own arrays and the base optimizer's state. */
    void restoreModelAndBase(ParameterLayout layout, Optimizer base) {
        for (int i = 0; i < layout.parameters().size(); i++) {
            assign(THETA + layout.names().get(i), layout.parameters().get(i).getArray());
        }
        layout.frozen().forEach((name, frozen) -> assign(FROZEN + name, frozen.getArray()));
        BaseState state = new BaseState(base);
        state.close();
        state.setNumUpdate(texts.count("base_num_update"));
        JsonObject counts =
                JsonParser.parseString(texts.text("base_update_counts")).getAsJsonObject();
        layout.all()
                .forEach(
                        (name, parameter) -> {
                            String id = parameter.getId();
                            if (counts.has(name)) {
                                state.updateCounts().put(id, counts.get(name).getAsInt());
                            }
                            for (String field : state.arrays().keySet()) {
                                NDArray moment = arrays.get(BASE + field + "/" + name);
                                if (moment != null) {
                                    Device device = parameter.getArray().getDevice();
                                    state.put(field, id, copyTo(moment, device));
                                }
                            }
                        });
    }

    /**
     * Fills a replica's θ, frozen parameters and buffers, with what froze or thawed since the file
     * was written as where it had done so in mid-run.
     */
    void restoreReplica(ParameterLayout layout, Replica replica) {
        for (int i = 0; i < layout.names().size(); i++) {
            NDArray theta = replica.theta().get(i);
            model(layout.names().get(i)).ifPresent(value -> assign(value, theta));
        }
        replica.publish();
        Map<String, Parameter> frozen = new LinkedHashMap<>(layout.frozen());
        frozen.putAll(layout.base());
        frozen.forEach(
                (name, parameter) ->
                        model(name).ifPresent(value -> assign(value, replica.live(parameter))));
        Map<String, Parameter> all = new LinkedHashMap<>(layout.all());
        all.putAll(layout.base());
        bufferNames().forEach(name -> restoreBuffer(name, all, replica));
    }

    /** A parameter of the model, trained or not when the file was written; none below adapters. */
    private Optional<NDArray> model(String name) {
        return Optional.ofNullable(arrays.getOrDefault(THETA + name, arrays.get(FROZEN + name)));
    }

    private void restoreBuffer(String name, Map<String, Parameter> all, Replica replica) {
        ThetaBuffer buffer = replica.buffer(name);
        all.forEach(
                (key, parameter) -> {
                    NDArray value = arrays.get(BUFFER + name + "/" + key);
                    if (value != null) {
                        buffer.held(parameter, replica.live(parameter))
                                .ifPresent(held -> assign(value, held));
                    }
                });
    }

    private void assign(String name, NDArray target) {
        assign(arrays.get(name), target);
    }

    private static void assign(NDArray value, NDArray target) {
        try (NDArray moved = copyTo(value, target.getDevice())) {
            MultiTensor.portable().copy(new NDList(moved), new NDList(target));
        }
    }

    /** A copy of its own; {@code toDevice} may alias on the same device. */
    private static NDArray copyTo(NDArray array, Device device) {
        return array.getDevice().equals(device) ? array.duplicate() : array.toDevice(device, true);
    }

    /** Lets a buffer that is not in the file hold the parameters that the model has by now. */
    void keepPresent(String buffer, ParameterLayout layout) {
        kept.add(buffer);
        for (int i = 0; i < layout.parameters().size(); i++) {
            NDArray present = copyTo(layout.parameters().get(i).getArray(), Device.cpu());
            present.attach(manager);
            arrays.put(BUFFER + buffer + "/" + layout.names().get(i), present);
        }
    }

    private List<String> bufferNames() {
        String names = texts.text("buffers");
        List<String> all = new ArrayList<>(kept);
        if (!names.isEmpty()) {
            all.addAll(List.of(names.split(",")));
        }
        return all;
    }

    @Override
    public void close() {
        manager.close();
    }
}
