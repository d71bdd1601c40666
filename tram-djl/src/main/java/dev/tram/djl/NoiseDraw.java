package dev.tram.djl;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.nn.Block;
import dev.tram.core.Noise;
import dev.tram.djl.internal.NoisyInputs;
import dev.tram.djl.internal.engine.EngineBridge;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The noise z of one step on one replica: drawn once for each place where it is added, and the same
 * in all passes of the step.
 *
 * <p>Noise is added in the model's {@link InputNoise} blocks, or to the first input where it has
 * none and the input is of floating-point type. After an InputNoise block the generator is seeded
 * anew in every pass, noisy or clean, so that dropout behind it is the same in both.
 */
final class NoiseDraw {

    private final Noise noise;
    private final List<InputNoise> blocks;
    private final StepSeeds seeds;
    private final BatchPart part;
    private final int call;
    private final Map<Integer, NDArray> drawn = new HashMap<>();

    /**
     * The noise of one run of the model.
     *
     * @param call the run's place in its pass
     */
    NoiseDraw(Noise noise, List<InputNoise> blocks, StepSeeds seeds, BatchPart part, int call) {
        this.noise = noise;
        this.blocks = blocks;
        this.seeds = seeds;
        this.part = part;
        this.call = call;
    }

    /** Returns the inputs of a model's pass at x + z. */
    NDList noisyInputs(NDList inputs, Block model) {
        return blocks.isEmpty() ? NoisyInputs.add(inputs, model, input -> z(0, input)) : inputs;
    }

    /** Makes the InputNoise blocks add z, or only seed, until the scope is closed. */
    EngineBridge.Scope enter(boolean noisy) {
        InputNoise.Scope[] scopes = new InputNoise.Scope[blocks.size()];
        for (int i = 0; i < scopes.length; i++) {
            int position = i;
            scopes[i] = blocks.get(i).apply(x -> transform(x, position, noisy));
        }
        return () -> {
            for (InputNoise.Scope scope : scopes) {
                scope.close();
            }
        };
    }

    /** Fails if a noisy pass met none of the model's InputNoise blocks. */
    void checkDrawn() {
        if (drawn.isEmpty()) {
            throw new IllegalStateException(
                    "The model has an InputNoise block, but no forward pass went through it");
        }
    }

    private NDArray transform(NDArray x, int position, boolean noisy) {
        NDArray y = noisy ? x.add(z(position, x)) : x;
        seed(StepSeeds.Stream.AFTER_NOISE, position);
        return y;
    }

    private void seed(StepSeeds.Stream stream, int position) {
        seeds.start(stream, part.replica().index(), part.passes(), call, position);
    }

    /** z for an input; a pass over the first rows of the batch gets the first rows of z. */
    private NDArray z(int position, NDArray x) {
        NDArray z = drawn.computeIfAbsent(position, p -> draw(p, x));
        long rows = x.getShape().get(0);
        return rows < z.getShape().get(0) ? z.get(new NDIndex(":" + rows)) : z;
    }

    private NDArray draw(int position, NDArray x) {
        seed(StepSeeds.Stream.NOISE, position);
        NDArray z = noise.sample(part.kept(), x.getShape());
        if (!z.getShape().equals(x.getShape())) {
            throw new IllegalStateException(
                    "Noise must be of the input's shape "
                            + x.getShape()
                            + ", received: "
                            + z.getShape());
        }
        return part.keep(z.toType(x.getDataType(), false));
    }
}
