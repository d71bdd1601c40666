package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What forward passes and losses leave with a user's manager: their graphs are gone after the
 * backward pass. Arrays that the user made, or took to another manager, are not among them.
 */
final class Intermediates {

    private final Set<NDManager> managers = identitySet();
    private final Set<NDArray> made = identitySet();

    private static <T> Set<T> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    /** Runs some work and notes the arrays that it leaves with a manager. */
    <T> T of(NDManager manager, Supplier<T> work) {
        Set<NDArray> before = identitySet();
        before.addAll(manager.getManagedArrays());
        T result = work.get();
        managers.add(manager);
        for (NDArray array : manager.getManagedArrays()) {
            if (!before.contains(array)) {
                made.add(array);
            }
        }
        return result;
    }

    /** Forgets an array that is somebody's after all. */
    void keep(NDArray array) {
        made.remove(array);
    }

    /** Closes what was noted and is still where it was, but for some arrays that last. */
    void close(Collection<NDArray> lasting) {
        lasting.forEach(made::remove);
        for (NDManager manager : managers) {
            for (NDArray array : manager.getManagedArrays()) {
                if (made.contains(array)) {
                    array.close();
                }
            }
        }
        managers.clear();
        made.clear();
    }
}
