package dev.tram.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListener.BatchData;
import ai.djl.training.loss.Loss;
import dev.tram.core.Ascent;
import dev.tram.core.Divergences;
import dev.tram.core.TrustRegion;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Loops of several models or objectives, by {@code tram.step}, and DJL's loop with its listeners.
 */
class OwnLoopsTest {

    /** A small model and its optimizer in training. */
    private static final class Net implements AutoCloseable {

        final TramOptimizer tram;
        final Model model = Model.newInstance("net");
        final Trainer trainer;

        Net(long inputs, long outputs, Ascent ascent) {
            tram =
                    TramOptimizer.builder()
                            .setBaseOptimizer(Training.adam())
                            .optAscent(ascent)
                            .optLogits(NDList::head)
                            .build();
            model.setBlock(
                    new SequentialBlock()
                            .add(Linear.builder().setUnits(16).build())
                            .add(x -> new NDList(x.head().tanh()))
                            .add(Linear.builder().setUnits(outputs).build()));
            trainer = model.newTrainer(tram.trainingConfig(Loss.l2Loss()));
            trainer.initialize(new Shape(1, inputs));
        }

        NDArray apply(NDArray input) {
            return trainer.forward(new NDList(input)).head();
        }

        @Override
        public void close() {
            trainer.close();
            tram.close();
            model.close();
        }
    }

    /** Q-learning of a bandit whose second action alone pays, with a frozen target network. */
    @Test
    void learnsActionValues() {
        Engine.getEngine("PyTorch").setRandomSeed(1);
        TrustRegion region =
                TrustRegion.previousStep().withDivergence(Divergences.gaussianKl(0.5f));
        try (Net values = new Net(3, 2, Ascent.tram(region));
                NDManager manager = NDManager.newBaseManager("PyTorch")) {
            double first = 0;
            for (int step = 0; step < 60; step++) {
                NDArray states = manager.randomNormal(new Shape(16, 3));
                NDArray actions = manager.randomInteger(0, 2, new Shape(16), DataType.INT64);
                NDArray rewards = actions.toType(DataType.FLOAT32, false);
                NDArray taken = actions.oneHot(2);
                TramStep done =
                        values.tram.step(
                                values.trainer,
                                () ->
                                        values.apply(states)
                                                .mul(taken)
                                                .sum(new int[] {-1})
                                                .sub(rewards)
                                                .square()
                                                .mean());
                first = step == 0 ? done.loss() : first;
            }
            assertThat(values.tram.lastStep().loss()).isLessThan(first / 4);
            assertThat(values.tram.lastStep().distance()).isPositive();
            assertThat(values.tram.skippedSteps()).isZero();
        }
    }

    /**
     * The discriminator runs twice per step; the generator's loss leaves gradients in it, which do
     * not count.
     */
    @Test
    void trainsTwoModelsAgainstEachOther() {
        Engine.getEngine("PyTorch").setRandomSeed(1);
        Loss bce = Loss.sigmoidBinaryCrossEntropyLoss();
        try (Net generator = new Net(2, 1, Ascent.sam(0.01f));
                Net critic = new Net(1, 1, Ascent.sam(0.01f));
                NDManager manager = NDManager.newBaseManager("PyTorch")) {
            NDList ones = new NDList(manager.ones(new Shape(32, 1)));
            NDList zeros = new NDList(manager.zeros(new Shape(32, 1)));
            double before = mean(generator, manager);
            for (int step = 0; step < 60; step++) {
                NDArray real = manager.randomNormal(new Shape(32, 1)).mul(0.1f).add(3);
                NDArray z = manager.randomNormal(new Shape(32, 2));
                NDArray fake = generator.trainer.evaluate(new NDList(z)).head();
                critic.tram.step(
                        critic.trainer,
                        () ->
                                bce.evaluate(ones, new NDList(critic.apply(real)))
                                        .add(bce.evaluate(zeros, new NDList(critic.apply(fake)))));
                generator.tram.step(
                        generator.trainer,
                        () -> {
                            NDList made = new NDList(generator.apply(z));
                            return bce.evaluate(ones, critic.trainer.evaluate(made));
                        });
            }
            assertThat(mean(generator, manager)).isGreaterThan(before + 1);
            assertThat(critic.tram.skippedSteps() + generator.tram.skippedSteps()).isZero();
        }
    }

    private static double mean(Net generator, NDManager manager) {
        NDArray z = manager.arange(64f).sin().reshape(32, 2);
        return generator.trainer.evaluate(new NDList(z)).head().mean().getFloat();
    }

    /** DJL's loop of a generator and its critic, by the listener of each. */
    static Stream<Arguments> loopsOfTwoModels() {
        return Stream.of(
                Arguments.of(Ascent.none(), false, "configuration's loss must be the loop's"),
                Arguments.of(Ascent.sam(0.05f), false, "configuration's loss must be the loop's"),
                Arguments.of(Ascent.sam(0.05f), true, "received: an input, label or term"));
    }

    @ParameterizedTest
    @MethodSource("loopsOfTwoModels")
    void refusesTheListenerInALoopOfTwoModelsByName(
            Ascent ascent, boolean ofCritic, String message) {
        Loss bce = Loss.sigmoidBinaryCrossEntropyLoss();
        try (Net generator = new Net(2, 2, ascent);
                Net critic = new Net(2, 1, ascent);
                NDManager manager = NDManager.newBaseManager("PyTorch")) {
            NDList z = new NDList(manager.ones(new Shape(4, 2)));
            NDList real = new NDList(manager.ones(new Shape(4, 1)));
            NDList made;
            NDList judged;
            try (GradientCollector collector = generator.trainer.newGradientCollector()) {
                made = generator.trainer.forward(z, real);
                judged = critic.trainer.forward(made, real);
                collector.backward(bce.evaluate(real, judged));
            }
            Net told = ofCritic ? critic : generator;
            NDList outputs = ofCritic ? judged : made;
            BatchData data =
                    new BatchData(null, Map.of(Device.cpu(), real), Map.of(Device.cpu(), outputs));
            assertThatThrownBy(
                            () ->
                                    told.trainer.notifyListeners(
                                            l -> l.onTrainingBatch(told.trainer, data)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(message)
                    .hasMessageContaining("tram.step(trainer, batch, closure)");
        }
    }

    /** TicTacToe's loop tells the listeners a second time. */
    @Test
    void aTrainingThatBeginsASecondTimeGoesOn() {
        try (Training training = new Training(TestModel.MLP, Training.method("sam").build())) {
            training.steps(0, 2);
            training.trainer.notifyListeners(l -> l.onTrainingBegin(training.trainer));
            training.step(2);
            assertThat(training.tram.batches()).isEqualTo(3);
        }
    }
}
