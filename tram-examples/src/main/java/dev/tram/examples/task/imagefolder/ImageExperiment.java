package dev.tram.examples.task.imagefolder;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.PreprocessorConfig;
import dev.tram.djl.transformers.model.VitConfig;
import dev.tram.examples.checkpoint.Checkpoints;
import dev.tram.examples.checkpoint.ConsoleProgress;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.ModelCache;
import dev.tram.examples.experiment.Selection;
import dev.tram.examples.report.Comparison;
import dev.tram.examples.report.Comparison.Part;
import dev.tram.examples.report.Examples;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** {@code tram vit --data}: a pretrained Vision Transformer on images of one's own. */
public final class ImageExperiment {

    /** Which of {@link ExperimentConfig#inputs()} is the directory of the images. */
    public static final String DATA = "data";

    /** Which of them is the height and width that images are resized to. */
    public static final String IMAGE_SIZE = "image-size";

    private static final int EXAMPLES = 24;

    private final ExperimentConfig config;
    private final ExperimentDirectory directory;
    private final String command;
    private final ModelCache cache;

    /**
     * Describes the experiment.
     *
     * @param config the methods, the seeds and how the runs are trained; its pretrained model is a
     *     checkpoint
     * @param directory where the files go
     * @param command the command line, for the report
     * @param cache where copies of the images are kept
     */
    public ImageExperiment(
            ExperimentConfig config,
            ExperimentDirectory directory,
            String command,
            ModelCache cache) {
        this.config = config;
        this.directory = directory;
        this.command = command;
        this.cache = cache;
    }

    /**
     * Returns the number of images that there are to train on.
     *
     * @param root the directory of the images
     * @param cache where copies of the images are kept
     * @return the number
     * @throws IOException if they cannot be read
     * @throws IllegalArgumentException if there are none
     */
    public static int trainingImages(Path root, ModelCache cache) throws IOException {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, UTF_8);
        try (ImageData data = ImageData.open(root, cache, nowhere)) {
            return data.training().size();
        }
    }

    /**
     * Runs what is not finished yet.
     *
     * @param out where progress and tables are printed
     * @throws IOException if a file cannot be read or written
     * @throws IllegalArgumentException if the checkpoint is no Vision Transformer, or the images
     *     are not what they should be; nothing is written
     */
    public void run(PrintStream out) throws IOException {
        Path located = Checkpoints.locate(config.pretrained(), new ConsoleProgress());
        Checkpoint checkpoint = checkpoint(config, located);
        Path root = Path.of(config.inputs().get(DATA));
        try (ImageData data = ImageData.open(root, cache, out)) {
            if (config.protocol().selection() == Selection.BEST && data.validation() == null) {
                throw Arguments.rejected(
                        "--select", "last, since " + root + " has no validation", Selection.BEST);
            }
            describe(data, out);
            compare(checkpoint, data, out);
        }
    }

    private static void describe(ImageData data, PrintStream out) {
        out.printf(
                Locale.ROOT,
                "%,d images to train on, %,d to validate with, %,d to test with; classes: %s%n",
                data.training().size(),
                data.validation() == null ? 0 : data.validation().size(),
                data.test().size(),
                String.join(", ", data.classes()));
    }

    private void compare(Checkpoint checkpoint, ImageData data, PrintStream out)
            throws IOException {
        try (ImageTask task = task(config, checkpoint, data)) {
            new Comparison(config, directory, command)
                    .run(
                            List.of(
                                    new Part(
                                            task,
                                            "accuracy in %",
                                            (trained, manager) ->
                                                    Examples.of(
                                                            task.predictions(
                                                                    trained, manager, EXAMPLES)))),
                            out);
        }
    }

    /** Opens a pretrained model for the experiment's size of images. */
    static Checkpoint checkpoint(ExperimentConfig config, Path directory) throws IOException {
        Checkpoint checkpoint = Checkpoint.open(directory);
        if (!(checkpoint.config() instanceof VitConfig model)) {
            throw Arguments.rejected("--checkpoint", "a Vision Transformer", directory);
        }
        String given = config.inputs().get(IMAGE_SIZE);
        int size = given == null ? model.imageSize() : Integer.parseInt(given);
        return size == model.imageSize() ? checkpoint : checkpoint.withImageSize(size);
    }

    /** Returns the task of fine-tuning a pretrained model. */
    static ImageTask task(ExperimentConfig config, Checkpoint checkpoint, ImageData data)
            throws IOException {
        int size = ((VitConfig) checkpoint.config()).imageSize();
        PreprocessorConfig preprocessor =
                checkpoint.preprocessor().orElse(PreprocessorConfig.usual(size));
        return new ImageTask(config.target(), data, checkpoint, preprocessor);
    }
}
