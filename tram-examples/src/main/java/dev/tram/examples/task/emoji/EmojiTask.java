package dev.tram.examples.task.emoji;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.ParameterList;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.ModelConfig;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.model.VitConfig;
import dev.tram.experiments.ClassificationTask;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.Illustrations;
import dev.tram.experiments.LabelSettings;
import dev.tram.experiments.LabelledData;
import dev.tram.experiments.Measure;
import dev.tram.experiments.Scores;
import dev.tram.experiments.TestSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A model pretrained on Noto's emoji is fine-tuned on Twemoji or on digits. Judged by accuracy in
 * percent on the target's test images, on the source's (Noto's held-out emoji; on digits with the
 * pretrained head, that is, by what the features still know), and on the test images under each
 * {@link Shift} and on average over them.
 */
public final class EmojiTask extends ClassificationTask {

    private static final Measure SHIFT = Measure.higher("shift", "shift mean");
    private static final String SOURCE = "source";
    private static final int BUDGET = 256;
    private static final int PICTURES = 24;

    private final ImageSet source;
    private final Path pretrained;

    private EmojiTask(LabelledData data, ImageSet source, Path pretrained) {
        super(data);
        this.source = source;
        this.pretrained = pretrained;
    }

    private EmojiTask(EmojiTask all, long seed, boolean judgedByNoisyLabels) {
        super(all, seed, judgedByNoisyLabels);
        source = all.source;
        pretrained = all.pretrained;
    }

    /**
     * Loads the task's images.
     *
     * @throws IllegalArgumentException if there are fewer labels than it asks for
     */
    public static EmojiTask of(
            Target target, EmojiImages emoji, Path pretrained, LabelSettings labels) {
        ImageParts images = target == Target.DIGITS ? Digits.load() : emoji.twemoji();
        List<String> classes = images.training().classes();
        List<TestSet> tests = new ArrayList<>();
        tests.add(TestSet.seen("target", images.test()));
        boolean isSameHead = classes.equals(emoji.classes());
        tests.add(new TestSet(SOURCE, emoji.sourceTest(), false, isSameHead));
        for (Shift shift : Shift.values()) {
            ImageSet shifted = shift.of(images.test());
            tests.add(TestSet.seen(shift.name().toLowerCase(Locale.ROOT), shifted));
        }
        LabelledData data =
                new LabelledData(
                        target.toString(),
                        classes,
                        images.training(),
                        images.validation(),
                        tests,
                        labels);
        return new EmojiTask(data, emoji.sourceTest(), pretrained);
    }

    /**
     * Opens the task of an experiment.
     *
     * @param config the experiment, of one target
     * @throws IllegalArgumentException if the model does not tell emoji apart
     */
    public static EmojiTask open(ExperimentConfig config, Path pretrained) throws IOException {
        EmojiImages emoji = EmojiImages.load();
        ModelConfig model = Checkpoint.open(pretrained).config();
        if (!(model instanceof VitConfig vit)
                || vit.imageSize() != Picture.SIZE
                || !vit.classes().equals(emoji.sourceTest().classes())) {
            throw Arguments.rejected(
                    "--checkpoint",
                    "a model that tram pretrain emoji-vit made, unless --data is given",
                    pretrained);
        }
        return of(
                Target.named(config.target()),
                emoji,
                pretrained,
                LabelSettings.of(config.inputs()));
    }

    @Override
    public EmojiTask ofRun(long seed, boolean judgedByNoisyLabels) {
        return new EmojiTask(this, seed, judgedByNoisyLabels);
    }

    @Override
    protected int budget() {
        return BUDGET;
    }

    @Override
    public TransformerModel newModel(NDManager manager, long seed) throws IOException {
        Checkpoint checkpoint = Checkpoint.open(pretrained);
        if (hasNewHead()) {
            checkpoint = checkpoint.withNewHead(classes());
            Engine.getInstance().setRandomSeed((int) seed);
        }
        return checkpoint.load(manager);
    }

    @Override
    public Optional<Path> pretrained() {
        return Optional.of(pretrained);
    }

    /** Whether the target's classes are not those of the source. */
    private boolean hasNewHead() {
        return !classes().equals(source.classes());
    }

    @Override
    public List<Measure> measures() {
        return Stream.concat(super.measures().stream(), Stream.of(SHIFT)).toList();
    }

    @Override
    public Scores score(TransformerModel model, NDManager manager) {
        Map<String, Double> accuracies =
                new LinkedHashMap<>(super.score(model, manager).measures());
        double sum = 0;
        for (Shift shift : Shift.values()) {
            sum += accuracies.get(shift.name().toLowerCase(Locale.ROOT));
        }
        accuracies.put(SHIFT.name(), sum / Shift.values().length);
        return Scores.of(accuracies);
    }

    @Override
    protected List<String> classesOf(TestSet test) {
        return test.name().equals(SOURCE) ? source.classes() : classes();
    }

    @Override
    protected NDArray logits(TransformerModel model, TestSet test, NDList inputs) {
        if (!test.name().equals(SOURCE) || !hasNewHead()) {
            return super.logits(model, test, inputs);
        }
        NDManager manager = inputs.head().getManager();
        ParameterList head = pretrainedHead(manager);
        NDArray features = model.features(new ParameterStore(manager, false), inputs, false);
        return Linear.linear(features, head.get("weight").getArray(), head.get("bias").getArray())
                .singletonOrThrow();
    }

    private ParameterList pretrainedHead(NDManager manager) {
        try {
            Block classifier =
                    Checkpoint.open(pretrained).load(manager).getChildren().values().stream()
                            .reduce((first, last) -> last)
                            .orElseThrow();
            return classifier.getDirectParameters();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Illustrations illustrate(TransformerModel model, NDManager manager) {
        List<ImageSet.Example> examples = ((ImageSet) tests().get(0).examples()).examples();
        return pictures(model, manager, PICTURES, i -> examples.get(i).picture().toBufferedImage());
    }
}
