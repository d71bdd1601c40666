package dev.tram.examples.task.imagefolder;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.PreprocessorConfig;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.model.VitConfig;
import dev.tram.experiments.ClassificationTask;
import dev.tram.experiments.Examples;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.Illustrations;
import dev.tram.experiments.LabelSettings;
import dev.tram.experiments.LabelledData;
import dev.tram.experiments.Measure;
import dev.tram.experiments.ModelCache;
import dev.tram.experiments.Selection;
import dev.tram.experiments.TestSet;
import dev.tram.experiments.data.OneLine;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.io.output.NullPrintStream;

/**
 * {@code tram vit --data}: a pretrained Vision Transformer gets a head for the classes of a folder
 * of images and is fine-tuned on them. Judged by accuracy in percent on the test images. Without
 * validation images, some of the training images, as they are, show how a run goes.
 */
public final class ImageFolderTask extends ClassificationTask {

    /** Which of {@link ExperimentConfig#inputs()} is the directory of images. */
    public static final String DATA = "data";

    /** Which of them is the height and width of images. */
    public static final String IMAGE_SIZE = "image-size";

    private static final int BUDGET = 32;
    private static final int VALIDATION = 256;
    private static final int PICTURES = 24;

    private final ImageData images;
    private final Checkpoint checkpoint;

    private ImageFolderTask(LabelledData data, ImageData images, Checkpoint checkpoint) {
        super(data);
        this.images = images;
        this.checkpoint = checkpoint.withNewHead(data.classes());
    }

    private ImageFolderTask(ImageFolderTask all, long seed, boolean judgedByNoisyLabels) {
        super(all, seed, judgedByNoisyLabels);
        images = all.images;
        checkpoint = all.checkpoint;
    }

    /** Without validation images, the test images, which diagnostics look at then. */
    private static LabelledData data(
            String name, ImageData images, PreprocessorConfig preprocessor, LabelSettings labels) {
        List<String> classes = images.classes();
        if (classes.size() < 2) {
            throw Arguments.rejected("the classes to train on", "at least two", classes);
        }
        Examples test = new FolderExamples(images.test(), classes, preprocessor);
        return new LabelledData(
                name,
                classes,
                new FolderExamples(images.training(), classes, preprocessor),
                images.validation() == null
                        ? test
                        : new FolderExamples(images.validation(), classes, preprocessor),
                List.of(TestSet.seen(name, test)),
                labels);
    }

    /**
     * Opens the task of an experiment.
     *
     * @throws IllegalArgumentException if the images or the checkpoint are not what they should be
     */
    public static ImageFolderTask open(
            ExperimentConfig config, Path pretrained, ModelCache cache, PrintStream out)
            throws IOException {
        Checkpoint checkpoint = checkpoint(config, pretrained);
        Path root = Path.of(config.inputs().get(DATA));
        ImageData data = ImageData.open(root, cache, out);
        LabelSettings labels = LabelSettings.of(config.inputs());
        int size = ((VitConfig) checkpoint.config()).imageSize();
        try {
            if (data.validation() == null) {
                requireNoChoice(config, labels, root);
            }
            describe(data, out);
            PreprocessorConfig preprocessor =
                    checkpoint.preprocessor().orElse(PreprocessorConfig.usual(size));
            return new ImageFolderTask(
                    data(config.target(), data, preprocessor, labels), data, checkpoint);
        } catch (IllegalArgumentException e) {
            data.close();
            throw e;
        }
    }

    /** Refuses what cannot be done without validation images. */
    private static void requireNoChoice(ExperimentConfig config, LabelSettings labels, Path root) {
        String reason = ", since " + root + " has no validation";
        if (config.protocol().selection() == Selection.BEST) {
            throw Arguments.rejected("--select", "last" + reason, Selection.BEST);
        }
        if (labels.noisyValidation()) {
            throw Arguments.rejected(
                    "--" + LabelSettings.NOISY_VALIDATION, "absent" + reason, true);
        }
        for (String method : config.methods()) {
            if (config.stopsEarly(method)) {
                throw Arguments.rejected("--methods", "without early stopping" + reason, method);
            }
        }
    }

    @Override
    public ImageFolderTask ofRun(long seed, boolean judgedByNoisyLabels) {
        return new ImageFolderTask(this, seed, judgedByNoisyLabels);
    }

    private static void describe(ImageData data, PrintStream out) {
        out.printf(
                Locale.ROOT,
                "%,d images to train on, %,d to validate with, %,d to test with; classes: %s%n",
                data.training().size(),
                data.validation() == null ? 0 : data.validation().size(),
                data.test().size(),
                OneLine.of(String.join(", ", data.classes())));
    }

    private static Checkpoint checkpoint(ExperimentConfig config, Path directory)
            throws IOException {
        Checkpoint checkpoint = Checkpoint.open(directory);
        if (!(checkpoint.config() instanceof VitConfig model)) {
            throw Arguments.rejected("--checkpoint", "a Vision Transformer", directory);
        }
        String given = config.inputs().get(IMAGE_SIZE);
        if (given == null) {
            return checkpoint;
        }
        int size = Arguments.atLeast("--image-size", Integer.parseInt(given), 1);
        return size == model.imageSize() ? checkpoint : checkpoint.withImageSize(size);
    }

    /**
     * Returns how many images a run trains on.
     *
     * @param labels how many of each class are kept
     */
    public static int trainingImages(Path root, LabelSettings labels, ModelCache cache)
            throws IOException {
        try (ImageData data = ImageData.open(root, cache, NullPrintStream.INSTANCE)) {
            return labels.perClass() == 0
                    ? data.training().size()
                    : labels.perClass() * data.classes().size();
        }
    }

    @Override
    protected int budget() {
        return BUDGET;
    }

    @Override
    public int decimals() {
        return 2;
    }

    @Override
    public TransformerModel newModel(NDManager manager, long seed) throws IOException {
        Engine.getInstance().setRandomSeed((int) seed);
        return checkpoint.load(manager);
    }

    @Override
    public Optional<Path> pretrained() {
        return Optional.of(checkpoint.directory());
    }

    @Override
    public void save(TransformerModel model, Path directory) throws IOException {
        checkpoint.save(model, directory);
    }

    @Override
    public Measure validationMeasure() {
        return images.validation() != null
                ? super.validationMeasure()
                : Measure.higher("validation", "accuracy on training images, %");
    }

    @Override
    public double validate(TransformerModel model, NDManager manager) {
        return images.validation() != null
                ? super.validate(model, manager)
                : accuracy(model, training(), training().spread(VALIDATION), manager);
    }

    @Override
    public Illustrations illustrate(TransformerModel model, NDManager manager) {
        return pictures(model, manager, PICTURES, images.test()::get);
    }

    @Override
    public void close() throws IOException {
        images.close();
    }
}
