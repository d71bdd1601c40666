package dev.tram.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.training.optimizer.Optimizer;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The state of a DJL optimizer: moments, which lie in private maps from parameter id to device to
 * array, and the counts of updates. DJL neither saves nor frees it.
 */
final class BaseState implements AutoCloseable {

    private final Optimizer optimizer;
    private final Map<String, Field> fields = new LinkedHashMap<>();

    BaseState(Optimizer optimizer) {
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
    Map<String, Map<String, Map<Device, NDArray>>> arrays() {
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
    void put(String field, String parameterId, NDArray array) {
        Map<Device, NDArray> byDevice = new ConcurrentHashMap<>();
        array.detach();
        byDevice.put(array.getDevice(), array);
        state(fields.get(field)).put(parameterId, byDevice);
    }

    boolean hasField(String field) {
        return fields.containsKey(field);
    }

    /** How often each parameter was updated; live. */
    @SuppressWarnings("unchecked")
    Map<String, Integer> updateCounts() {
        return (Map<String, Integer>) get(optimizerField("updateCounts"));
    }

    int numUpdate() {
        return (Integer) get(optimizerField("numUpdate"));
    }

    void setNumUpdate(int count) {
        Field field = optimizerField("numUpdate");
        try {
            accessible(field).setInt(optimizer, count);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Field optimizerField(String name) {
        try {
            return Optimizer.class.getDeclaredField(name);
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException(
                    "DJL's Optimizer must have the field "
                            + name
                            + " (DJL 0.29 to 0.36), received: a version without it",
                    e);
        }
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
