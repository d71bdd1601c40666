package dev.tram.djl;

import ai.djl.nn.Block;
import java.util.Optional;

/**
 * A block that trains adapters on top of frozen parameters (Hu et al., 2022) and can run without
 * them. The pretrained model θ_0 is then the block with its adapters off, and needs no copy;
 * checkpoints of {@link TramOptimizer} hold the adapters, and a checksum of the rest.
 *
 * <p>In training mode, a forward pass without the adapters draws as many random numbers as one with
 * them, so that dropout elsewhere in the block has the same masks.
 */
public interface AdaptedBlock extends Block {

    /**
     * Returns whether the block runs with adapters.
     *
     * @return false if the block is an ordinary one at the moment
     */
    boolean isAdapted();

    /**
     * Switches the adapters off in every forward pass until the returned scope is closed.
     *
     * @return the scope; closing it switches them on again
     * @throws IllegalStateException if the block is not adapted
     */
    Scope withoutAdapters();

    /**
     * Returns a block as an adapted one, if it has adapters at the moment.
     *
     * @param block any block
     * @return the block
     */
    static Optional<AdaptedBlock> adapted(Block block) {
        return block instanceof AdaptedBlock other && other.isAdapted()
                ? Optional.of(other)
                : Optional.empty();
    }

    /** Until when the adapters are off. */
    @FunctionalInterface
    interface Scope extends AutoCloseable {

        @Override
        void close();
    }
}
