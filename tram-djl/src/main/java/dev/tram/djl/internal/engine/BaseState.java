package dev.tram.djl.internal.engine;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.ParameterTracker;
import dev.tram.core.AscentArrays;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The state of a DJL optimizer: moments, which lie in private maps from parameter id to device to
 * array, and the counts of updates. DJL neither saves nor frees it.
 */
public final class BaseState implements AutoCloseable {

    private final Optimizer optimizer;
    private final Map<String, Field> fields = new LinkedHashMap<>();
    private final Map<String, Field> named = new HashMap<>();

    public BaseState(Optimizer optimizer) {
        this.optimizer = optimizer;
        for (Class<?> type = optimizer.getClass();
                type != Optimizer.class;
                type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (holdsArrays(field)) {
                    fields.put(field.getName(), field);
                }
            }
        }
    }

    /** Whether a field is a {@code Map<String, Map<Device, NDArray>>}. */
    private static boolean holdsArrays(Field field) {
        String type = field.getGenericType().getTypeName();
        return type.startsWith("java.util")
                && type.contains("java.lang.String")
                && type.contains(Device.class.getName())
                && type.contains(NDArray.class.getName());
    }

    /** The arrays by parameter id and device, by the name of their field. */
    public Map<String, Map<String, Map<Device, NDArray>>> arrays() {
        Map<String, Map<String, Map<Device, NDArray>>> states = new LinkedHashMap<>();
        fields.forEach((name, field) -> states.put(name, state(field)));
        return states;
    }

    @SuppressWarnings("unchecked")
    private Map<String, Map<Device, NDArray>> state(Field field) {
        Object value = get(field);
        return value == null ? Map.of() : (Map<String, Map<Device, NDArray>>) value;
    }

    /** Puts an array in a field for a parameter; the optimizer owns it from now on. */
    public void put(String field, String parameterId, NDArray array) {
        Map<Device, NDArray> byDevice = new ConcurrentHashMap<>();
        array.detach();
        byDevice.put(array.getDevice(), array);
        state(fields.get(field)).put(parameterId, byDevice);
    }

    /** A parameter's array in a field, made of zeros at its first update as DJL makes it. */
    public NDArray moment(String field, String parameterId, NDArray parameter) {
        NDArray held = held(field, parameterId, parameter);
        if (held != null) {
            return held;
        }
        NDArray zeros = parameter.zerosLike();
        put(field, parameterId, zeros);
        return zeros;
    }

    public boolean hasField(String field) {
        return fields.containsKey(field);
    }

    /** How often each parameter was updated; live. */
    @SuppressWarnings("unchecked")
    public Map<String, Integer> updateCounts() {
        return (Map<String, Integer>) get(field("updateCounts"));
    }

    /**
     * The numbers that the next updates of parameters have, one after the other: DJL takes the
     * greatest count of any parameter for the number of the step. Nothing is counted yet.
     */
    public int[] nextUpdates(String[] parameterIds) {
        int begin = (Integer) get(field("beginNumUpdate"));
        int[] steps = new int[parameterIds.length];
        int step = numUpdate();
        for (int i = 0; i < steps.length; i++) {
            step = Math.max(step, updateCounts().getOrDefault(parameterIds[i], begin) + 1);
            steps[i] = step;
        }
        return steps;
    }

    /** Counts an update of each parameter. */
    public void countUpdates(String[] parameterIds) {
        int[] steps = nextUpdates(parameterIds);
        int begin = (Integer) get(field("beginNumUpdate"));
        for (String id : parameterIds) {
            updateCounts().merge(id, begin + 1, (old, first) -> old + 1);
        }
        setNumUpdate(steps[steps.length - 1]);
    }

    /** A hyper-parameter by the name of its field. */
    public float number(String name) {
        return (Float) get(field(name));
    }

    /**
     * DJL's hyper-parameters that are numbers or flags, by the names of their fields; counts and
     * the learning rate's schedule are none of them.
     */
    public SortedMap<String, Object> hyperParameters() {
        SortedMap<String, Object> values = new TreeMap<>();
        for (Class<?> type = optimizer.getClass();
                type != Object.class;
                type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                boolean number = field.getType() == float.class;
                boolean known = type.getName().startsWith("ai.djl.");
                if (known && (number || field.getType() == boolean.class)) {
                    values.put(field.getName(), get(field));
                }
            }
        }
        return values;
    }

    public ParameterTracker learningRateTracker() {
        return (ParameterTracker) get(field("learningRateTracker"));
    }

    /** The learning rate of a parameter's next update, NaN where DJL's tracker does not give it. */
    public double nextLearningRate(String parameterId) {
        if (!isKnown("learningRateTracker")) {
            return Double.NaN;
        }
        int update = nextUpdates(new String[] {parameterId})[0];
        return learningRateTracker().getNewValue(parameterId, update);
    }

    /** Whether the optimizer is an Adam, whose second moments DJL calls variances. */
    public boolean hasSecondMoments() {
        return hasField("variances");
    }

    /**
     * √v̂ + ε in its parts, from before the next update.
     *
     * @param parameterIds the parameters
     * @param like arrays of the parameters' shapes, on the device of the moments
     * @return the parts, empty until all of the parameters were updated
     */
    public Optional<AscentArrays.Preconditioner> preconditioner(
            List<String> parameterIds, NDList like) {
        NDList moments = new NDList();
        int updates = 0;
        for (int i = 0; i < parameterIds.size(); i++) {
            String id = parameterIds.get(i);
            updates = Math.max(updates, updateCounts().getOrDefault(id, 0));
            NDArray moment = held("variances", id, like.get(i));
            if (moment == null) {
                return Optional.empty();
            }
            moments.add(moment);
        }
        double correction = 1 - Math.pow(number("beta2"), updates);
        return Optional.of(new AscentArrays.Preconditioner(moments, correction, number("epsilon")));
    }

    /**
     * The momentum of parameters: SGD's state, or Adam's first moment.
     *
     * @param parameterIds the parameters
     * @param like arrays of the parameters' shapes, on the device of the momentum
     * @return the momentum, empty until all of the parameters were updated
     */
    public Optional<NDList> momentum(List<String> parameterIds, NDList like) {
        String field = hasField("means") ? "means" : "momentumStates";
        NDList momentum = new NDList();
        for (int i = 0; i < parameterIds.size(); i++) {
            NDArray held = held(field, parameterIds.get(i), like.get(i));
            if (held == null) {
                return Optional.empty();
            }
            momentum.add(held);
        }
        return Optional.of(momentum);
    }

    /** Whether the optimizer keeps a momentum. */
    public boolean hasMomentum() {
        return hasField("means") || (hasField("momentumStates") && number("momentum") != 0f);
    }

    private NDArray held(String field, String parameterId, NDArray parameter) {
        Map<Device, NDArray> byDevice = state(fields.get(field)).get(parameterId);
        return byDevice == null ? null : byDevice.get(parameter.getDevice());
    }

    public int numUpdate() {
        return (Integer) get(field("numUpdate"));
    }

    public void setNumUpdate(int count) {
        Field field = field("numUpdate");
        try {
            accessible(field).setInt(optimizer, count);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    private Field field(String name) {
        return named.computeIfAbsent(name, this::find);
    }

    private boolean isKnown(String name) {
        for (Class<?> type = optimizer.getClass();
                type != Object.class;
                type = type.getSuperclass()) {
            if (Arrays.stream(type.getDeclaredFields())
                    .anyMatch(field -> field.getName().equals(name))) {
                return true;
            }
        }
        return false;
    }

    private Field find(String name) {
        for (Class<?> type = optimizer.getClass();
                type != Object.class;
                type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (field.getName().equals(name)) {
                    return field;
                }
            }
        }
        throw new IllegalStateException(
                "DJL's "
                        + optimizer.getClass().getSimpleName()
                        + " must have the field "
                        + name
                        + " (DJL 0.29 to 0.36), received: a version without it");
    }

    private Object get(Field field) {
        try {
            return accessible(field).get(optimizer);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Field accessible(Field field) {
        try {
            field.setAccessible(true);
            return field;
        } catch (InaccessibleObjectException e) {
            throw new IllegalStateException(
                    "The base optimizer's state must be open to reflection: start Java with"
                            + " --add-opens for the package of "
                            + field.getDeclaringClass().getName(),
                    e);
        }
    }

    /** Closes the arrays and forgets them and the counts. */
    @Override
    public void close() {
        for (Map<String, Map<Device, NDArray>> state : arrays().values()) {
            state.values().forEach(map -> map.values().forEach(NDArray::close));
            if (!state.isEmpty()) {
                state.clear();
            }
        }
        updateCounts().clear();
        setNumUpdate(0);
    }
}
