package dev.tram.examples.task.domains;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.examples.experiment.EvenSample;
import java.util.Arrays;

/** The mean loss of a language model on each of some blocks, in nats a token. */
final class BlockLosses {

    /** How many tokens are evaluated together. */
    private static final int TOKENS = 2048;

    private BlockLosses() {}

    /**
     * Computes the losses.
     *
     * @param model the model
     * @param blocks the text
     * @param atMost of how many blocks, evenly spread over the text; 0 for all
     * @param manager the owner of what is made on the way
     * @return a loss per block
     */
    static double[] of(TransformerModel model, TokenBlocks blocks, int atMost, NDManager manager) {
        int[] chosen = EvenSample.of(blocks.size(), atMost == 0 ? Integer.MAX_VALUE : atMost);
        int count = chosen.length;
        double[] losses = new double[count];
        int together = Math.max(1, TOKENS / blocks.length());
        for (int start = 0; start < count; start += together) {
            int[] batch = Arrays.copyOfRange(chosen, start, Math.min(count, start + together));
            float[] found = losses(model, blocks, batch, manager);
            for (int i = 0; i < found.length; i++) {
                losses[start + i] = found[i];
            }
        }
        return losses;
    }

    /**
     * Returns the perplexity, exp of the mean loss of a token.
     *
     * @param losses the losses of blocks of equal length
     */
    static double perplexity(double[] losses) {
        return Math.exp(Arrays.stream(losses).average().orElseThrow());
    }

    private static float[] losses(
            TransformerModel model, TokenBlocks blocks, int[] batch, NDManager manager) {
        try (NDManager scope = manager.newSubManager()) {
            BlockBatch data = BlockBatch.read(scope, blocks, batch);
            ParameterStore store = new ParameterStore(scope, false);
            NDList logits = model.forward(store, new NDList(data.inputs()), false);
            return NextTokenLoss.perToken(logits.singletonOrThrow(), data.labels())
                    .mean(new int[] {1})
                    .toFloatArray();
        }
    }
}
