package dev.tram.djl.transformers.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.evaluator.Evaluator;
import ai.djl.training.listener.EarlyStoppingListener.EarlyStoppedException;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.listener.TrainingListenerAdapter;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import dev.tram.djl.TramOptimizer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BestModelListenerTest {

    /** Gives a chosen figure in each epoch. */
    private static final class Script extends Evaluator {

        private final float[] figures;
        private int epoch;

        Script(float... figures) {
            super("Script");
            this.figures = figures;
        }

        @Override
        public NDArray evaluate(NDList labels, NDList predictions) {
            throw new UnsupportedOperationException("only accumulated");
        }

        @Override
        public void addAccumulator(String key) {}

        @Override
        public void updateAccumulator(String key, NDList labels, NDList predictions) {}

        @Override
        public void resetAccumulator(String key) {
            if (key.equals(EvaluatorTrainingListener.VALIDATE_EPOCH)) {
                epoch++;
            }
        }

        @Override
        public float getAccumulator(String key) {
            return figures[Math.min(epoch, figures.length - 1)];
        }
    }

    private final List<List<float[]>> states = new ArrayList<>();
    private List<float[]> restored;

    private static List<float[]> state(Block block) {
        return block.getParameters().values().stream()
                .map(each -> each.getArray().toFloatArray())
                .toList();
    }

    /** Trains for some epochs with validation; notes the parameters after each. */
    private void train(Script script, BestModelListener listener, int epochs) throws Exception {
        Block block =
                new SequentialBlock()
                        .add(Linear.builder().setUnits(3).build())
                        .add(BatchNorm.builder().build())
                        .add(Linear.builder().setUnits(2).build());
        try (Model model = Model.newInstance("best");
                TramOptimizer tram =
                        TramOptimizer.builder()
                                .setBaseOptimizer(
                                        Optimizer.adam()
                                                .optLearningRateTracker(Tracker.fixed(0.1f))
                                                .build())
                                .build()) {
            model.setBlock(block);
            DefaultTrainingConfig config =
                    new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
                            .optOptimizer(tram)
                            .addEvaluator(script)
                            .addTrainingListeners(tram.listener())
                            .addTrainingListeners(new EvaluatorTrainingListener())
                            .addTrainingListeners(
                                    new TrainingListenerAdapter() {
                                        @Override
                                        public void onEpoch(Trainer trainer) {
                                            states.add(state(block));
                                        }
                                    })
                            .addTrainingListeners(listener);
            ArrayDataset data =
                    new ArrayDataset.Builder()
                            .setData(model.getNDManager().randomUniform(-1, 1, new Shape(8, 4)))
                            .optLabels(model.getNDManager().arange(8).mod(2))
                            .setSampling(4, false)
                            .build();
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(new Shape(4, 4));
                EasyTrain.fit(trainer, epochs, data, data);
            } finally {
                restored = state(block);
            }
        }
    }

    private void assertRestored(int epoch) {
        assertThat(restored).usingRecursiveComparison().isEqualTo(states.get(epoch));
        assertThat(states.get(epoch).get(0)).isNotEqualTo(states.get(0).get(0));
    }

    @Test
    void theBestModelIsPutBack() throws Exception {
        BestModelListener listener = BestModelListener.highest("Script");
        train(new Script(1, 3, 2, 2.5f, 1), listener, 5);
        assertThat(states).hasSize(5);
        assertThat(listener.bestEpoch()).hasValue(1);
        assertThat(listener.bestValue()).isEqualTo(3);
        assertRestored(1);
    }

    @Test
    void theLowestMayBeTheBest() throws Exception {
        BestModelListener listener = BestModelListener.lowest("Script");
        train(new Script(4, Float.NaN, 2, 3), listener, 4);
        assertThat(listener.bestEpoch()).hasValue(2);
        assertRestored(2);
    }

    @Test
    void trainingEndsWhenNothingImproves() {
        BestModelListener listener =
                BestModelListener.highest("Script").optPatience(2).optMinDelta(0.5f);
        assertThatThrownBy(() -> train(new Script(1, 3, 3.4f, 3.5f, 9), listener, 5))
                .isInstanceOf(EarlyStoppedException.class)
                .hasMessageContaining("Script has not improved for 2 epochs")
                .extracting(e -> ((EarlyStoppedException) e).getStopEpoch())
                .isEqualTo(4);
        assertThat(states).hasSize(4);
        assertRestored(1);
    }

    @Test
    void anUnknownFigureIsNamed() {
        assertThatIllegalStateException()
                .isThrownBy(() -> train(new Script(1), BestModelListener.highest("F2"), 1))
                .withMessageContaining("chosen by F2")
                .withMessageContaining("validate_Script");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BestModelListener.lowest("loss").optPatience(0))
                .withMessageContaining("received: 0");
    }
}
