package dev.tram.djl.tensorboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.metric.Metrics;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.ArrayDataset;
import ai.djl.training.listener.EvaluatorTrainingListener;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.TranslateException;
import dev.tram.core.Ascent;
import dev.tram.djl.TramOptimizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardListenerTest {

    @TempDir private Path directory;

    @Test
    void theTestsChecksumIsTheStandards() {
        byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
        assertThat(EventReader.crc32c(digits)).isEqualTo(0xE3069283);
    }

    /** The beginning of every file that TensorFlow writes: 24 bytes of an event, and its type. */
    @Test
    void aFileBeginsAsTensorFlowsDo() throws IOException {
        Clock clock = Clock.fixed(Instant.ofEpochSecond(1_700_000_000), ZoneOffset.UTC);
        try (EventFile events = EventFile.in(directory, clock)) {
            byte[] bytes = Files.readAllBytes(events.file());
            assertThat(HexFormat.of().formatHex(bytes, 0, 13))
                    .isEqualTo("1800000000000000a37f4b2209");
            assertThat(events.file().getFileName())
                    .hasToString("events.out.tfevents.1700000000.tram");
            assertThat(EventReader.read(events.file()))
                    .containsExactly(new EventReader.Event(1.7e9, 0, "brain.Event:2", Map.of()));
        }
    }

    @Test
    void figuresAreReadableWhileTheFileIsOpen() throws IOException {
        try (EventFile events = EventFile.in(directory)) {
            events.add(7, Map.of("loss", 0.25, "d", Double.NaN));
            events.add(1L << 40, Map.of("‖ε‖", 1e-7));
            events.add(8, Map.of());
            List<EventReader.Event> read = EventReader.read(events.file());
            assertThat(read).hasSize(3);
            assertThat(read.get(1).step()).isEqualTo(7);
            assertThat(read.get(1).figures())
                    .containsExactlyInAnyOrderEntriesOf(Map.of("loss", 0.25f, "d", Float.NaN));
            assertThat(read.get(2).step()).isEqualTo(1L << 40);
            assertThat(read.get(2).figures()).containsExactly(Map.entry("‖ε‖", 1e-7f));
            assertThatThrownBy(() -> events.add(-1, Map.of("loss", 1.0)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("step must be 0 or more, received: -1");
        }
    }

    @Test
    void twoFilesOfASecondHaveTheirOwnNames() throws IOException {
        Clock clock = Clock.fixed(Instant.ofEpochSecond(5), ZoneOffset.UTC);
        try (EventFile first = EventFile.in(directory, clock);
                EventFile second = EventFile.in(directory, clock)) {
            assertThat(second.file()).isNotEqualTo(first.file()).exists();
        }
    }

    @Test
    void aTrainingsMetricsAreWrittenOncePerBatch() throws IOException, TranslateException {
        try (TramOptimizer tram =
                TramOptimizer.builder()
                        .setBaseOptimizer(
                                Optimizer.sgd().setLearningRateTracker(Tracker.fixed(0.1f)).build())
                        .optAscent(Ascent.sam(0.05f))
                        .build()) {
            DefaultTrainingConfig config =
                    new DefaultTrainingConfig(Loss.l2Loss())
                            .optOptimizer(tram)
                            .addTrainingListeners(tram.listener(), new EvaluatorTrainingListener())
                            .addTrainingListeners(new TensorBoardListener(directory));
            Metrics metrics = new Metrics();
            train(config, metrics, 2);
            List<EventReader.Event> events = EventReader.read(file());
            assertThat(events).extracting(EventReader.Event::step).startsWith(0L, 1L, 2L, 3L, 4L);
            for (int i = 0; i < 8; i++) {
                double rise = metrics.getMetric("tram_perturbation_norm").get(i).getValue();
                assertThat(
                                (double)
                                        events.get(step(events, i + 1))
                                                .figures()
                                                .get("tram_perturbation_norm"))
                        .as("step %d", i + 1)
                        .isCloseTo(rise, within(1e-7));
            }
            assertThat(events.stream().filter(e -> e.figures().containsKey("train_epoch_L2Loss")))
                    .extracting(EventReader.Event::step)
                    .containsExactly(4L, 8L);
        }
    }

    private static int step(List<EventReader.Event> events, long step) {
        return events.indexOf(
                events.stream().filter(event -> event.step() == step).findFirst().orElseThrow());
    }

    private Path file() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.findFirst().orElseThrow();
        }
    }

    @Test
    void aTrainerWithoutMetricsIsRefused() {
        DefaultTrainingConfig config =
                new DefaultTrainingConfig(Loss.l2Loss())
                        .addTrainingListeners(new TensorBoardListener(directory));
        assertThatThrownBy(() -> train(config, null, 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("trainer.setMetrics(new Metrics())");
    }

    /** Four batches an epoch. */
    private static void train(DefaultTrainingConfig config, Metrics metrics, int epochs)
            throws IOException, TranslateException {
        try (NDManager manager = NDManager.newBaseManager();
                Model model = Model.newInstance("line", "PyTorch")) {
            model.setBlock(Linear.builder().setUnits(1).build());
            ArrayDataset data =
                    new ArrayDataset.Builder()
                            .setData(manager.randomNormal(new Shape(16, 2)))
                            .optLabels(manager.randomNormal(new Shape(16, 1)))
                            .setSampling(4, false)
                            .build();
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.setMetrics(metrics);
                trainer.initialize(new Shape(4, 2));
                EasyTrain.fit(trainer, epochs, data, null);
            }
        }
    }
}
