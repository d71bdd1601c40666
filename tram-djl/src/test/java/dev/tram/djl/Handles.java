package dev.tram.djl;

import ai.djl.engine.Engine;
import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDManager;
import java.lang.reflect.Field;
import java.util.Map;

/** All native handles and managers of the process. */
final class Handles {

    private Handles() {}

    static int count() throws ReflectiveOperationException {
        NDManager base = Engine.getEngine("PyTorch").newBaseManager();
        NDManager system = base.getParentManager();
        base.close();
        return count(system);
    }

    private static int count(NDManager manager) throws ReflectiveOperationException {
        int count = resources(manager, "tempResources").size();
        for (Object resource : resources(manager, "resources").values()) {
            count += 1 + (resource instanceof NDManager child ? count(child) : 0);
        }
        return count;
    }

    private static Map<?, ?> resources(NDManager manager, String name)
            throws ReflectiveOperationException {
        Field field = BaseNDManager.class.getDeclaredField(name);
        field.setAccessible(true);
        return (Map<?, ?>) field.get(manager);
    }
}
