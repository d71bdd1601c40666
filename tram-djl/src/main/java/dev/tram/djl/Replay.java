package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a part's objective again and decides what the model does meanwhile: its n-th run is the
 * first pass's n-th call again, with its masks and noise.
 */
final class Replay {

    private enum Mode {
        CLEAN,
        NOISY,
        /** Gives the first pass's outputs as the leaves of a new graph. */
        LEAVES
    }

    private final PassRunner runner;
    private final StepSeeds seeds;

    private BatchPart part;
    private Mode mode;
    private List<NDList> outputs;

    Replay(PassRunner runner, StepSeeds seeds) {
        this.runner = runner;
        this.seeds = seeds;
    }

    /**
     * What an objective gave.
     *
     * @param loss its loss, with its graph
     * @param outputs the model's outputs in the order of the calls
     */
    record Run(NDArray loss, List<NDList> outputs) {}

    /** Runs the objective at the live weights, at x + z or at x. */
    Run again(BatchPart batchPart, boolean noisy) {
        return run(batchPart, noisy ? Mode.NOISY : Mode.CLEAN);
    }

    /** Runs the objective on the first pass's outputs as leaves, without running the model. */
    Run onLeaves(BatchPart batchPart) {
        return run(batchPart, Mode.LEAVES);
    }

    private Run run(BatchPart batchPart, Mode runMode) {
        part = batchPart;
        mode = runMode;
        outputs = new ArrayList<>();
        try {
            seeds.start(StepSeeds.Stream.OBJECTIVE, part.replica().index(), part.passes(), 0, 0);
            NDArray loss = part.objective().loss();
            if (outputs.size() != part.calls().size()) {
                throw otherCalls(outputs.size() + " runs");
            }
            return new Run(loss, outputs);
        } finally {
            part = null;
        }
    }

    /** Whether the model is run by an objective that runs again. */
    boolean isRunning() {
        return part != null;
    }

    /** A run of the model by the objective; {@code labels} is null for one without. */
    NDList forward(
            ParameterStore store, NDList data, NDList labels, PairList<String, Object> params) {
        int index = outputs.size();
        if (index >= part.calls().size()) {
            throw otherCalls("another run");
        }
        Call first = part.calls().get(index);
        checkShapes(first.data(), data);
        NDList result = mode == Mode.LEAVES ? leaves(first) : model(store, first, data, labels);
        outputs.add(new NDList(result));
        return result;
    }

    private NDList model(ParameterStore store, Call first, NDList data, NDList labels) {
        Call again = new Call(first.index(), store, data, labels, first.params());
        again.setNoise(first.noise());
        return part.intermediates()
                .of(data.head().getManager(), () -> runner.again(part, again, mode == Mode.NOISY));
    }

    private static NDList leaves(Call call) {
        NDList leaves = new NDList();
        for (NDArray output : call.outputs()) {
            NDArray leaf = output.stopGradient().duplicate();
            if (leaf.getDataType().isFloating()) {
                leaf.setRequiresGradient(true);
            }
            leaves.add(leaf);
        }
        return leaves;
    }

    private void checkShapes(NDList first, NDList again) {
        List<Shape> expected = shapes(first);
        List<Shape> received = shapes(again);
        if (!expected.equals(received)) {
            throw otherCalls("inputs of shapes " + received + " instead of " + expected);
        }
    }

    private static List<Shape> shapes(NDList arrays) {
        return arrays.stream().map(NDArray::getShape).toList();
    }

    private IllegalStateException otherCalls(String received) {
        return new IllegalStateException(
                "The closure of tram.step must run the model in each pass as in the first, "
                        + (part.calls().size() == 1 ? "once" : part.calls().size() + " times")
                        + " on inputs of the same shapes (draw random data before the step,"
                        + " not in the closure), received: "
                        + received);
    }
}
