package dev.tram.djl.internal.pytorch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.tram.core.AscentArrays;
import dev.tram.core.MultiTensor;
import dev.tram.core.Neighborhood;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * {@link MultiTensor} on PyTorch, one call per operation for all arrays.
 *
 * <p>On a CPU the kernels go through the arrays in portions that stay in the cache through their
 * operations; on other devices each operation is launched for all arrays at once.
 */
final class FusedMultiTensor implements MultiTensor {

    static final FusedMultiTensor INSTANCE = new FusedMultiTensor(FusedMultiTensor::source);

    static final String BLOCKED = "multi_tensor_blocked";
    static final String FOREACH = "multi_tensor_foreach";

    private final Function<Device, String> source;

    FusedMultiTensor(Function<Device, String> source) {
        this.source = source;
    }

    private static String source(Device device) {
        return device.isGpu() ? FOREACH : BLOCKED;
    }

    @Override
    public void copy(NDList from, NDList target) {
        checkParallel("source", from, target);
        run("copy", target, call -> call.arrays(from).arrays(target));
    }

    @Override
    public void zero(NDList arrays) {
        run("zero", arrays, call -> call.arrays(arrays));
    }

    @Override
    public void scale(NDList arrays, double factor) {
        run("scale", arrays, call -> call.arrays(arrays).number(factor));
    }

    @Override
    public void addScaled(NDList target, NDList from, double factor) {
        checkParallel("source", from, target);
        run("add_scaled", target, call -> call.arrays(target).arrays(from).number(factor));
    }

    @Override
    public void average(NDList average, NDList from, double decay) {
        checkParallel("source", from, average);
        run("average", average, call -> call.arrays(average).arrays(from).number(1 - decay));
    }

    @Override
    public NDArray squaredNorm(NDList arrays, NDManager manager) {
        if (arrays.isEmpty()) {
            return manager.zeros(new Shape());
        }
        return module(arrays).call("squared_norm").arrays(arrays).threads().run(manager);
    }

    @Override
    public NDArray squaredDistance(NDList a, NDList b, NDManager manager) {
        checkParallel("b", b, a);
        if (a.isEmpty()) {
            return manager.zeros(new Shape());
        }
        return module(a).call("squared_distance").arrays(a).arrays(b).threads().run(manager);
    }

    @Override
    public NDArray dot(NDList a, NDList b, NDManager manager) {
        checkParallel("b", b, a);
        if (a.isEmpty()) {
            return manager.zeros(new Shape());
        }
        return module(a).call("dot").arrays(a).arrays(b).threads().run(manager);
    }

    @Override
    public NDArray ascentMoments(
            Neighborhood neighborhood, AscentArrays arrays, NDManager manager) {
        if (arrays.parameters().isEmpty()) {
            return manager.zeros(new Shape(3));
        }
        return Metric.of(neighborhood, arrays)
                .map(m -> ascent("ascent_moments", m, arrays).threads().run(manager))
                .orElseGet(
                        () -> MultiTensor.portable().ascentMoments(neighborhood, arrays, manager));
    }

    @Override
    public void ascend(Neighborhood neighborhood, AscentArrays arrays, double scale) {
        if (arrays.parameters().isEmpty()) {
            return;
        }
        Optional<Metric> metric = Metric.of(neighborhood, arrays);
        if (metric.isPresent()) {
            ascent("ascend", metric.get(), arrays).number(scale).threads().run();
        } else {
            MultiTensor.portable().ascend(neighborhood, arrays, scale);
        }
    }

    @Override
    public void ascend(Neighborhood neighborhood, AscentArrays arrays, double scale, NDList saved) {
        checkParallel("saved", saved, arrays.parameters());
        arrays.checkParallel("saved", saved);
        if (!saveAndAscend(neighborhood, arrays, scale, saved)) {
            MultiTensor.super.ascend(neighborhood, arrays, scale, saved);
        }
    }

    /**
     * Saves and ascends portion by portion if nothing is allocated once that has begun and no array
     * is saved twice; otherwise does nothing.
     *
     * @return whether it did
     */
    private boolean saveAndAscend(
            Neighborhood neighborhood, AscentArrays arrays, double scale, NDList saved) {
        NDList parameters = arrays.parameters();
        Optional<Metric> metric = Metric.of(neighborhood, arrays);
        if (parameters.isEmpty()
                || metric.isEmpty()
                || source.apply(parameters.head().getDevice()).equals(FOREACH)
                || hasDuplicates(parameters)) {
            return false;
        }
        return ascent("save_and_ascend", metric.get(), arrays)
                .arrays(saved)
                .number(scale)
                .threads()
                .test();
    }

    private static boolean hasDuplicates(NDList arrays) {
        Set<NDArray> distinct = Collections.newSetFromMap(new IdentityHashMap<>());
        distinct.addAll(arrays);
        return distinct.size() < arrays.size();
    }

    private ScriptModule.Call ascent(String method, Metric metric, AscentArrays arrays) {
        return module(arrays.parameters())
                .call(method)
                .text(metric.name())
                .number(metric.eta())
                .number(metric.correction())
                .flags(metric.scaled())
                .arrays(arrays.parameters())
                .arrays(arrays.directions())
                .arrays(metric.f());
    }

    /** Runs what is one operation per array: the same kernels on all devices. */
    private static void run(
            String method, NDList arrays, Function<ScriptModule.Call, ScriptModule.Call> args) {
        if (!arrays.isEmpty()) {
            ScriptModule module = ScriptModule.of(FOREACH, arrays.head().getDevice());
            args.apply(module.call(method)).run();
        }
    }

    private ScriptModule module(NDList arrays) {
        Device device = arrays.head().getDevice();
        return ScriptModule.of(source.apply(device), device);
    }

    @Override
    public String toString() {
        return source.apply(Device.cpu());
    }

    private static void checkParallel(String name, NDList list, NDList model) {
        if (list.size() != model.size()) {
            throw new IllegalArgumentException(
                    name + " must have " + model.size() + " arrays, received: " + list.size());
        }
    }

    /**
     * D as the kernels name it.
     *
     * @param name euclidean, adaptive, fisher or preconditioned
     * @param eta η, or Adam's ε
     * @param correction 1 − β2ᵗ of second moments
     * @param scaled for each parameter, whether D applies to it
     * @param f the gradients whose square is f, or second moments; none for the first two
     */
    private record Metric(
            String name, float eta, double correction, List<Boolean> scaled, NDList f) {

        private static Metric of(String name, float eta, List<Boolean> scaled, NDList f) {
            return new Metric(name, eta, 1, scaled, f);
        }

        /** The kernels' D, empty for a neighborhood that they do not know. */
        static Optional<Metric> of(Neighborhood neighborhood, AscentArrays arrays) {
            int size = arrays.parameters().size();
            List<Boolean> all = Collections.nCopies(size, true);
            if (neighborhood instanceof Neighborhood.Euclidean) {
                return Optional.of(of("euclidean", 0f, all, new NDList()));
            }
            if (neighborhood instanceof Neighborhood.Adaptive adaptive) {
                List<Boolean> scaled = adaptive.weightsOnly() ? arrays.weights() : all;
                return Optional.of(of("adaptive", adaptive.eta(), scaled, new NDList()));
            }
            NDList g = arrays.fisherGradients();
            if (neighborhood instanceof Neighborhood.Fisher fisher) {
                return Optional.of(of("fisher", fisher.eta(), all, g));
            }
            if (neighborhood instanceof Neighborhood.NoisyFisher fisher) {
                return Optional.of(of("fisher", fisher.eta(), all, g));
            }
            return neighborhood instanceof Neighborhood.Preconditioned
                    ? Optional.of(
                            arrays.preconditioner()
                                    .map(p -> preconditioned(p, all))
                                    .orElseGet(() -> of("euclidean", 0f, all, new NDList())))
                    : Optional.empty();
        }

        private static Metric preconditioned(AscentArrays.Preconditioner p, List<Boolean> all) {
            return new Metric(
                    "preconditioned", p.epsilon(), p.correction(), all, p.secondMoments());
        }
    }
}
