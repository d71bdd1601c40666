package dev.tram.examples.task.emoji;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.training.loss.Loss;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.model.VitConfig;
import dev.tram.examples.experiment.Evaluation;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.Measure;
import dev.tram.examples.experiment.MethodSettings;
import dev.tram.examples.experiment.ModelCache;
import dev.tram.examples.experiment.Pretrained;
import dev.tram.examples.experiment.PretrainingRun;
import dev.tram.examples.experiment.Progress;
import dev.tram.examples.experiment.Protocol;
import dev.tram.examples.experiment.ShuffledStream;
import dev.tram.examples.experiment.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Pretraining: Adam on Noto's drawings of 70 % of the emoji, from random weights. Images are
 * shifted by up to two pixels and mirrored at random.
 */
final class Pretraining implements Task, Pretrained {

    private static final Measure SOURCE = Measure.higher("source", "source");
    private static final int MAX_SHIFT = 2;

    /** Raised whenever this class changes what the model learns. */
    private static final int VERSION = 1;

    private final ImageSet training;
    private final ImageSet heldOut;
    private final VitConfig architecture;
    private final ExperimentConfig config;

    /**
     * Describes the pretraining.
     *
     * @param emoji the emoji
     * @param device the device's name
     * @param epochs how often each image is seen
     */
    Pretraining(EmojiImages emoji, String device, int epochs) {
        training = emoji.pretraining();
        heldOut = emoji.sourceTest();
        architecture = VitConfig.of(Picture.SIZE, 8, 96, 4, 4, emoji.classes());
        int batch = 64;
        config =
                new ExperimentConfig(
                        "vit-pretraining",
                        "noto",
                        Map.of(),
                        device,
                        List.of("adam"),
                        1,
                        "",
                        Protocol.of(Math.max(1, epochs * training.size() / batch), batch, 1e-3f),
                        MethodSettings.PAPER);
    }

    @Override
    public String key() {
        Engine engine = Engine.getInstance();
        return ModelCache.key(
                "vit-noto",
                List.of(VERSION, config, architecture, engine.getEngineName(), engine.getVersion()),
                List.of(
                        Resources.bytes("emoji.tsv"),
                        Resources.bytes(Vendor.NOTO.resource()),
                        Resources.bytes(Vendor.TWEMOJI.resource())));
    }

    @Override
    public Path model(ModelCache cache, Progress progress) throws IOException {
        return cache.resume(
                key(), work -> new PretrainingRun(this, config).execute(work, progress));
    }

    @Override
    public int steps() {
        return config.protocol().steps();
    }

    @Override
    public String target() {
        return config.target();
    }

    @Override
    public List<Measure> measures() {
        return List.of(SOURCE);
    }

    @Override
    public Measure validation() {
        return Measure.higher("validation", "held-out accuracy, %");
    }

    @Override
    public Loss loss() {
        return Loss.softmaxCrossEntropyLoss();
    }

    @Override
    public TransformerModel newModel(NDManager manager, long seed) {
        TransformerModel model = architecture.newBlock();
        model.initialize(manager, seed);
        return model;
    }

    @Override
    public Batch batch(NDManager manager, long seed, int step, int size) {
        ShuffledStream stream = new ShuffledStream(training.size(), seed);
        int[] indices = stream.batch(step, size);
        Random random = stream.random(-step);
        ImageSet augmented = training.select(indices).map((i, picture) -> move(picture, random));
        return Classification.batch(manager, augmented);
    }

    private static Picture move(Picture picture, Random random) {
        int down = random.nextInt(2 * MAX_SHIFT + 1) - MAX_SHIFT;
        int right = random.nextInt(2 * MAX_SHIFT + 1) - MAX_SHIFT;
        boolean mirrored = random.nextBoolean();
        return Picture.paint(
                (channel, row, column) -> {
                    int across = mirrored ? Picture.SIZE - 1 - column : column;
                    return picture.channel(channel).at(row + down, across + right);
                });
    }

    @Override
    public double validate(TransformerModel model, NDManager manager) {
        try (NDManager scope = manager.newSubManager()) {
            return Classification.accuracy(Classification.classifier(model, scope), heldOut, scope);
        }
    }

    @Override
    public Evaluation evaluate(TransformerModel model, NDManager manager) {
        return Evaluation.of(Map.of(SOURCE.name(), validate(model, manager)));
    }
}
