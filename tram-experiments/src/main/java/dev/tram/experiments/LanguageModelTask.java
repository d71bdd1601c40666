package dev.tram.experiments;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.training.ParameterStore;
import ai.djl.training.loss.Loss;
import dev.tram.djl.transformers.model.TransformerModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A task whose examples are blocks of text: each token is to be guessed from those before it. */
public abstract class LanguageModelTask implements Task {

    private static final Measure ZERO_SHOT = Measure.lower("zs_avg", "ZS avg");

    /** How many tokens are judged together. */
    private static final int BUDGET = 2048;

    private static final int VALIDATION_BLOCKS = 32;

    /** Mean cross-entropy over tokens. */
    private static final class NextTokenLoss extends Loss {

        NextTokenLoss() {
            super("NextTokenLoss");
        }

        @Override
        public NDArray evaluate(NDList labels, NDList predictions) {
            return perToken(predictions.singletonOrThrow(), labels.singletonOrThrow()).mean();
        }

        /** Logits (B, T, V) and labels (B, T) give losses (B, T). */
        static NDArray perToken(NDArray logits, NDArray labels) {
            return logits.logSoftmax(-1).gather(labels.expandDims(-1), -1).squeeze(-1).neg();
        }
    }

    /** Returns how many blocks of a test are judged at most, 0 for all. */
    protected abstract int testBlocks();

    @Override
    public Loss loss() {
        return new NextTokenLoss();
    }

    @Override
    public String unit() {
        return "perplexity";
    }

    @Override
    public SignificanceTest significanceTest() {
        return SignificanceTest.KOLMOGOROV_SMIRNOV;
    }

    @Override
    public boolean isZeroShot() {
        return true;
    }

    @Override
    public List<Measure> measures() {
        List<Measure> measures = new ArrayList<>();
        tests().forEach(test -> measures.add(Measure.lower(test.name(), test.name())));
        if (tests().size() > 1) {
            measures.add(ZERO_SHOT);
        }
        return measures;
    }

    @Override
    public Measure validationMeasure() {
        return Measure.lower("validation", "validation perplexity");
    }

    @Override
    public double validate(TransformerModel model, NDManager manager) {
        return perplexity(losses(model, validation(), VALIDATION_BLOCKS, manager));
    }

    @Override
    public Scores score(TransformerModel model, NDManager manager) {
        Map<String, Double> perplexities = new LinkedHashMap<>();
        Map<String, double[]> losses = new LinkedHashMap<>();
        for (TestSet test : tests()) {
            double[] found = losses(model, test.examples(), testBlocks(), manager);
            losses.put(test.name(), found);
            perplexities.put(test.name(), perplexity(found));
        }
        perplexities.values().stream()
                .skip(1)
                .mapToDouble(perplexity -> perplexity)
                .average()
                .ifPresent(mean -> perplexities.put(ZERO_SHOT.name(), mean));
        return new Scores(perplexities, losses);
    }

    /** The loss of each of some blocks, spread evenly. */
    private static double[] losses(
            TransformerModel model, Examples blocks, int atMost, NDManager manager) {
        int[] chosen = blocks.spread(atMost == 0 ? Integer.MAX_VALUE : atMost);
        float[][] rows =
                Inference.rows(
                        blocks,
                        chosen,
                        BUDGET,
                        manager,
                        batch -> {
                            NDList inputs = batch.getData();
                            ParameterStore store =
                                    new ParameterStore(inputs.head().getManager(), false);
                            return NextTokenLoss.perToken(
                                            model.forward(store, inputs, false).singletonOrThrow(),
                                            batch.getLabels().singletonOrThrow())
                                    .mean(new int[] {1});
                        });
        return Arrays.stream(rows).mapToDouble(row -> row[0]).toArray();
    }

    private static double perplexity(double... losses) {
        return Math.exp(Arrays.stream(losses).average().orElseThrow());
    }
}
