package dev.tram.djl.tensorboard;

import ai.djl.metric.Metric;
import ai.djl.metric.Metrics;
import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListenerAdapter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;

/**
 * Writes whatever a training puts into DJL's {@link Metrics} for TensorBoard, readable while it
 * trains: the loss and the evaluators, which DJL's {@code EvaluatorTrainingListener} puts there,
 * TRAM's {@code tram_…} figures, and any of the program's own. For any DJL trainer, with or without
 * TRAM.
 *
 * <pre>{@code
 * config.addTrainingListeners(tram.listener(), new EvaluatorTrainingListener())
 *         .addTrainingListeners(new TensorBoardListener(Path.of("runs/first")));   // the last one
 * ...
 * trainer.setMetrics(new Metrics());
 * }</pre>
 *
 * Then {@code tensorboard --logdir runs}. The step is the number of training batches since the
 * trainer was made. Put it last: what a later listener adds appears one batch late.
 */
public final class TensorBoardListener extends TrainingListenerAdapter {

    private final Path directory;
    private final Map<String, Metric> written = new HashMap<>();
    private EventFile events;
    private long step;

    /**
     * Makes a listener for one training.
     *
     * @param directory the run's directory, in which a file is begun; made if absent
     * @throws IllegalStateException if protobuf-java is missing
     */
    public TensorBoardListener(Path directory) {
        this.directory = directory;
        try {
            Class.forName("com.google.protobuf.CodedOutputStream");
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(
                    "TensorBoardListener needs com.google.protobuf:protobuf-java on the class path;"
                            + " add it to the dependencies (tram-djl names its version)",
                    e);
        }
    }

    @Override
    public void onTrainingBegin(Trainer trainer) {
        step = 0;
        written.clear();
        try {
            events = EventFile.in(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write to " + directory, e);
        }
    }

    @Override
    public void onTrainingBatch(Trainer trainer, BatchData batchData) {
        if (trainer.getMetrics() == null) {
            throw new IllegalStateException(
                    "TensorBoardListener reads the trainer's metrics, received: none; call"
                            + " trainer.setMetrics(new Metrics()) before training");
        }
        step++;
        writeNew(trainer.getMetrics());
    }

    @Override
    public void onEpoch(Trainer trainer) {
        if (trainer.getMetrics() != null) {
            writeNew(trainer.getMetrics());
        }
    }

    @Override
    public void onTrainingEnd(Trainer trainer) {
        try (EventFile closed = events) {
            if (trainer.getMetrics() != null) {
                writeNew(trainer.getMetrics());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close " + events.file(), e);
        }
    }

    /** Of each metric the latest value, if there is one that was not written yet. */
    private void writeNew(Metrics metrics) {
        Map<String, Double> figures = new LinkedHashMap<>();
        for (String name : new TreeSet<>(metrics.getMetricNames())) {
            Metric latest = metrics.latestMetric(name);
            if (latest != written.put(name, latest)) {
                figures.put(name, latest.getValue());
            }
        }
        try {
            events.add(step, figures);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + events.file(), e);
        }
    }
}
