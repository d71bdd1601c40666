package dev.tram.examples.task.emoji;

import ai.djl.ndarray.NDManager;
import ai.djl.training.loss.Loss;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.examples.diagnostics.RunDirectory;
import dev.tram.examples.diagnostics.SampleBatches;
import dev.tram.examples.diagnostics.Subject;
import java.io.IOException;
import java.util.List;

/** What diagnostics see of {@code tram vit}: the target's validation images, and Noto's. */
public final class VisionSubject implements Subject {

    private final RunDirectory run;
    private final Target target;
    private final EmojiImages emoji;
    private final ImageSet validation;
    private final ImageSet source;

    VisionSubject(RunDirectory run, EmojiImages emoji) {
        this.run = run;
        this.emoji = emoji;
        target = Target.named(run.config().target());
        source = emoji.sourceTest();
        validation = target == Target.DIGITS ? Digits.load().validation() : emoji.validation();
    }

    /**
     * Opens the subject of an experiment.
     *
     * @param run one target of the experiment
     * @return the subject
     */
    public static VisionSubject open(RunDirectory run) {
        return new VisionSubject(run, EmojiImages.load());
    }

    @Override
    public Loss loss() {
        return Loss.softmaxCrossEntropyLoss();
    }

    @Override
    public List<Sample> samples(int examples, int batch) {
        boolean labelled = source.classes().equals(validation.classes());
        return List.of(
                sample(target.toString(), validation, examples, batch, true),
                sample("source", source, examples, batch, labelled));
    }

    private static Sample sample(
            String name, ImageSet images, int examples, int batch, boolean labelled) {
        SampleBatches.Reader reader =
                (manager, chosen) -> Classification.batch(manager, images.select(chosen));
        return new Sample(
                name, new SampleBatches(images.size(), examples, batch, reader), labelled);
    }

    @Override
    public TransformerModel pretrained(NDManager manager, long seed) throws IOException {
        return VisionTask.of(target, emoji, run.pretrained()).newModel(manager, seed);
    }
}
