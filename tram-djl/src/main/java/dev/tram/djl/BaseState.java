package dev.tram.djl;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.training.optimizer.Optimizer;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The state of a DJL optimizer: moments, which lie in private maps from parameter id to device to
 * array, and the counts of updates. DJL neither saves nor frees it.
 */
final class BaseState implements AutoCloseable {

    private final Optimizer optimizer;

    private BaseState(Optimizer optimizer) {
        this.optimizer = optimizer;
    }

    static BaseState of(Optimizer optimizer) {
        return new BaseState(optimizer);
    }

    /** The maps of arrays, by the name of their field. */
    Map<String, Map<String, Map<Device, NDArray>>> arrays() {
        Map<String, Map<String, Map<Device, NDArray>>> states = new java.util.LinkedHashMap<>();
        for (Field field : mapFields()) {
            Map<?, ?> map = (Map<?, ?>) get(field);
            if (map != null && map.values().stream().allMatch(BaseState::isDeviceMap)) {
                @SuppressWarnings("unchecked")
                Map<String, Map<Device, NDArray>> state = (Map<String, Map<Device, NDArray>>) map;
                states.put(field.getName(), state);
            }
        }
        return states;
    }

    private static boolean isDeviceMap(Object value) {
        return value instanceof Map<?, ?> map
                && map.keySet().stream().allMatch(Device.class::isInstance)
                && map.values().stream().allMatch(NDArray.class::isInstance);
    }

    private List<Field> mapFields() {
        List<Field> fields = new ArrayList<>();
        for (Class<?> type = optimizer.getClass();
                type != Optimizer.class;
                type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (Map.class.isAssignableFrom(field.getType())) {
                    fields.add(field);
                }
            }
        }
        return fields;
    }

    private Object get(Field field) {
        try {
            field.setAccessible(true);
            return field.get(optimizer);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("Cannot read the optimizer's field " + field, e);
        }
    }

    /** Closes the arrays and forgets them. */
    @Override
    public void close() {
        for (Map<String, Map<Device, NDArray>> state : arrays().values()) {
            state.values().forEach(map -> map.values().forEach(NDArray::close));
            state.clear();
        }
    }
}
