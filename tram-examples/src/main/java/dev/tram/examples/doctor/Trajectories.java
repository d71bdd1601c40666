package dev.tram.examples.doctor;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.EasyTrain;
import ai.djl.training.Trainer;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.Batchifier;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tram.core.Ascent;
import dev.tram.core.TrustRegion;
import dev.tram.core.TrustRegionPenalty;
import dev.tram.djl.TramOptimizer;
import dev.tram.examples.experiment.Json;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Ten methods, each training a small network for six steps on a device, against parameters that
 * were computed in float64 by another program.
 */
final class Trajectories {

    private static final int ROWS = 8;
    private static final int FEATURES = 5;
    private static final int HIDDEN = 7;
    private static final int CLASSES = 3;

    private final JsonNode reference;
    private final Device device;

    Trajectories(Device device) throws IOException {
        this.device = device;
        try (InputStream in = Trajectories.class.getResourceAsStream("trajectories.json")) {
            reference = Json.MAPPER.readTree(in);
        }
    }

    /** The methods' names. */
    List<String> methods() {
        List<String> names = new ArrayList<>();
        reference.get("parameters").fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static TramOptimizer.Builder builder(String method) {
        TrustRegion previous = TrustRegion.previousStep();
        TrustRegion average = TrustRegion.movingAverage(0.9f);
        TramOptimizer.Builder builder = TramOptimizer.builder();
        return switch (method) {
            case "base" -> builder.optAscent(Ascent.none());
            case "sam" -> builder.optAscent(Ascent.sam(0.05f));
            case "asam" -> builder.optAscent(Ascent.asam(0.5f));
            case "fsam" -> builder.optAscent(Ascent.fisher(0.1f, 0.1f));
            case "trpo" -> penalty(builder.optAscent(Ascent.none()), previous);
            case "mesa_0.9" -> penalty(builder.optAscent(Ascent.none()), average);
            case "asam+trpo" -> penalty(builder.optAscent(Ascent.asam(0.5f)), previous);
            case "tram_previous" -> builder.optAscent(Ascent.tram(previous));
            case "tram_pretrained" -> builder.optAscent(Ascent.tram(TrustRegion.pretrained()));
            case "tram_ema_0.9" -> builder.optAscent(Ascent.tram(average));
            default -> throw new IllegalArgumentException(method);
        };
    }

    private static TramOptimizer.Builder penalty(
            TramOptimizer.Builder builder, TrustRegion region) {
        return builder.optPenalty(new TrustRegionPenalty(region, 0.1f));
    }

    /** Returns the largest difference of a parameter from the reference, after the last step. */
    double error(String method) {
        Optimizer adam =
                Optimizer.adam()
                        .optLearningRateTracker(Tracker.fixed(0.01f))
                        .optBeta1(0.9f)
                        .optBeta2(0.99f)
                        .optEpsilon(1e-8f)
                        .build();
        try (TramOptimizer tram = builder(method).setBaseOptimizer(adam).build();
                Model model = Model.newInstance("reference", device, "PyTorch")) {
            model.setBlock(
                    new SequentialBlock()
                            .add(Linear.builder().setUnits(HIDDEN).build())
                            .add(Activation::tanh)
                            .add(Linear.builder().setUnits(CLASSES).build()));
            DefaultTrainingConfig config =
                    new DefaultTrainingConfig(tram.loss(Loss.softmaxCrossEntropyLoss()))
                            .optOptimizer(tram)
                            .optDevices(new Device[] {device})
                            .addTrainingListeners(tram.listener());
            try (Trainer trainer = model.newTrainer(config)) {
                trainer.initialize(new Shape(ROWS, FEATURES));
                List<Parameter> parameters = model.getBlock().getParameters().values();
                for (int i = 0; i < parameters.size(); i++) {
                    parameters.get(i).getArray().set(floats(reference.get("initial").get(i)));
                }
                reference.get("batches").forEach(batch -> step(trainer, batch));
                return error(parameters, reference.get("parameters").get(method));
            }
        }
    }

    private static void step(Trainer trainer, JsonNode batch) {
        NDManager manager = trainer.getManager().newSubManager();
        NDList x = new NDList(manager.create(floats(batch.get("x")), new Shape(ROWS, FEATURES)));
        NDList y = new NDList(manager.create(floats(batch.get("y")), new Shape(ROWS)));
        try (Batch data =
                new Batch(manager, x, y, ROWS, Batchifier.STACK, Batchifier.STACK, 0, 0)) {
            EasyTrain.trainBatch(trainer, data);
            trainer.step();
        }
    }

    private static double error(List<Parameter> parameters, JsonNode expected) {
        double largest = 0;
        for (int i = 0; i < parameters.size(); i++) {
            float[] actual = parameters.get(i).getArray().toFloatArray();
            float[] wanted = floats(expected.get(i));
            for (int k = 0; k < actual.length; k++) {
                double error = Math.abs(actual[k] - wanted[k]);
                largest = error <= largest ? largest : error;
            }
        }
        return largest;
    }

    private static float[] floats(JsonNode values) {
        float[] array = new float[values.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = values.get(i).floatValue();
        }
        return array;
    }
}
