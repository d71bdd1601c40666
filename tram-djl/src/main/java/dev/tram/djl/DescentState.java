package dev.tram.djl;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.tram.core.Descent;
import dev.tram.core.MultiTensor;
import dev.tram.djl.internal.engine.Replica;
import java.util.ArrayList;
import java.util.List;

/**
 * What a descent computes with on one replica; scalar products that are known are not read again.
 */
final class DescentState implements Descent.State {

    private record Known(NDList a, NDList b, double product) {

        @SuppressWarnings("ReferenceEquality") // NDList compares values.
        boolean isOf(NDList first, NDList second) {
            return a == first && b == second;
        }
    }

    private final Replica replica;
    private final RunState run;
    private final MultiTensor tensors;
    private final List<Known> known = new ArrayList<>();

    DescentState(Replica replica, RunState run, MultiTensor tensors) {
        this.replica = replica;
        this.run = run;
        this.tensors = tensors;
    }

    static String bufferName(String name) {
        return "descent-" + name;
    }

    /** Takes a scalar product over the ascending parameters that was read already. */
    DescentState knowing(NDList a, NDList b, double product) {
        known.add(new Known(a, b, product));
        return this;
    }

    @Override
    public long step() {
        return run.update();
    }

    @Override
    public double number(String name) {
        return run.descentNumber(name);
    }

    @Override
    public void setNumber(String name, double value) {
        run.setDescentNumber(name, value);
    }

    @Override
    public NDList buffer(String name) {
        return replica.buffer(bufferName(name)).arrays();
    }

    @Override
    public double dot(NDList a, NDList b) {
        for (Known product : known) {
            if (product.isOf(a, b) || product.isOf(b, a)) {
                return product.product;
            }
        }
        try (NDManager scope = replica.manager().newSubManager()) {
            return new HostRead()
                    .add("dot", tensors.dot(replica.ascending(a), replica.ascending(b), scope))
                    .get()
                    .number("dot");
        }
    }

    @Override
    public MultiTensor tensors() {
        return tensors;
    }
}
