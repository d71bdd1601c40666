package dev.tram.examples.vision;

import ai.djl.ndarray.NDManager;
import ai.djl.training.dataset.Batch;
import ai.djl.training.dataset.Dataset;
import ai.djl.training.loss.Loss;
import dev.tram.examples.diagnostics.Subject;
import dev.tram.examples.experiment.EvenSample;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ModelCache;
import dev.tram.examples.model.Checkpoint;
import dev.tram.examples.model.TransformerModel;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** What diagnostics see of {@code tram vit}: the target's validation images, and Noto's. */
public final class VisionSubject implements Subject {

    private final String target;
    private final ImageSet validation;
    private final ImageSet source;
    private final Path pretrained;

    VisionSubject(Target target, EmojiImages emoji, Path pretrained) {
        this.target = target.toString();
        this.pretrained = pretrained;
        source = emoji.sourceTest();
        validation = target == Target.DIGITS ? Digits.load().validation() : emoji.validation();
    }

    /**
     * Opens the subject of an experiment.
     *
     * @param config the experiment, with one target
     * @param out where the progress of a pretraining is printed, should it be necessary
     * @return the subject
     * @throws IOException if a file cannot be read or written
     */
    public static VisionSubject open(ExperimentConfig config, PrintStream out) throws IOException {
        EmojiImages emoji = EmojiImages.load();
        Pretraining pretraining =
                new Pretraining(emoji, config.device(), VitExperiment.PRETRAINING_EPOCHS);
        return new VisionSubject(
                Target.named(config.target()), emoji, pretraining.model(ModelCache.ofUser(), out));
    }

    @Override
    public Loss loss() {
        return Loss.softmaxCrossEntropyLoss();
    }

    @Override
    public List<Sample> samples(int examples, int batch) {
        boolean labelled = source.classes().equals(validation.classes());
        return List.of(
                new Sample(target, data(validation, examples, batch), true),
                new Sample("source", data(source, examples, batch), labelled));
    }

    private static Dataset data(ImageSet images, int examples, int batch) {
        return new ImageBatches(images.select(EvenSample.of(images.size(), examples)), batch);
    }

    @Override
    public TransformerModel pretrained(NDManager manager) throws IOException {
        return Checkpoint.open(pretrained).load(manager);
    }

    /** Images in their order. */
    private record ImageBatches(ImageSet images, int size) implements Dataset {

        @Override
        public Iterable<Batch> getData(NDManager manager) {
            int batches = (images.size() + size - 1) / size;
            return () ->
                    IntStream.range(0, batches).mapToObj(i -> batch(manager, i * size)).iterator();
        }

        private Batch batch(NDManager manager, int from) {
            int to = Math.min(images.size(), from + size);
            return Classification.batch(manager.newSubManager(), images.range(from, to));
        }

        @Override
        public void prepare(ai.djl.util.Progress progress) {}
    }
}
