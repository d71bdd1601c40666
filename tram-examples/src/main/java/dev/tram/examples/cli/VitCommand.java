package dev.tram.examples.cli;

import dev.tram.core.internal.Arguments;
import dev.tram.examples.experiment.BaseOptimizer;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.MethodSettings;
import dev.tram.examples.experiment.ModelCache;
import dev.tram.examples.experiment.Protocol;
import dev.tram.examples.task.emoji.Target;
import dev.tram.examples.task.emoji.VitExperiment;
import dev.tram.examples.task.imagefolder.ImageExperiment;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tram vit}: pretrain a small ViT on Noto emoji and fine-tune it on other images. */
@Command(
        name = "vit",
        description = {
            "Fine-tune a small Vision Transformer on real images with the methods of the paper.",
            "",
            "Pretrains on Noto's emoji once, then fine-tunes by each method with each seed on"
                    + " Twemoji (same classes, another vendor, 400 labels) and on handwritten"
                    + " digits, and reports accuracy on the target, on the source and under shift."
        },
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Defaults: --methods adam,sam,asam,tram-previous,tram-pretrained,tram-x,tram-fisher,"
                    + "tram-previous-relative --seeds 3 --steps 320 --batch 16 --lr 0.0005"
                    + " --warmup 30 --schedule cosine --select last.",
            "--preset paper: the eight methods of table 3 on SGD, --seeds 5, 200 epochs,"
                    + " --batch 64 --lr 0.0005 --warmup 0 --schedule cosine --select last"
                    + " --save-every 1000."
        })
final class VitCommand implements Callable<Integer> {

    private static final Protocol SMALL = Protocol.of(320, 16, 5e-4f, 30);

    private static final int BATCH = 64;
    private static final int PAPER_EPOCHS = 200;
    private static final int PAPER_SAVE_EVERY = 1000;

    /** How many images Twemoji's training part has. */
    private static final int TWEMOJI = 400;

    @Mixin private ExperimentOptions options;

    @Option(
            names = "--target",
            paramLabel = "NAME",
            description = "twemoji or digits (default: both).")
    private String target;

    @Option(
            names = "--checkpoint",
            paramLabel = "DIR",
            description =
                    "With --data: a ViT in Hugging Face's format, a directory or ORG/NAME on the"
                            + " hub; it gets a new head.")
    private String checkpoint;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description =
                    "Images to fine-tune --checkpoint on: train and test, each a folder with a"
                            + " folder per class or files NAME*.parquet; perhaps validation.")
    private Path data;

    @Option(
            names = "--image-size",
            paramLabel = "N",
            description = "With --data: height and width of images (default: the checkpoint's).")
    private Integer imageSize;

    @Override
    public Integer call() throws IOException {
        ExperimentConfig config = options.config(this::defaults, this::withOwnOptions);
        if (config.inputs().containsKey(ImageExperiment.DATA)) {
            ExperimentDirectory directory = options.directory(config);
            new ImageExperiment(config, directory, options.commandLine(), ModelCache.ofUser())
                    .run(System.out);
            return 0;
        }
        EngineThreads.preferOne();
        List<Target> targets =
                Arrays.stream(config.target().split(",")).map(Target::named).toList();
        ExperimentDirectory directory = options.directory(config);
        PrintStream terminal = System.out;
        new VitExperiment(config, targets, directory, options.commandLine()).run(terminal);
        return 0;
    }

    private ExperimentConfig defaults(Preset preset) {
        return switch (preset) {
            case SMALL ->
                    defaults(
                            "adam,sam,asam,tram-previous,tram-pretrained,tram-x,tram-fisher,"
                                    + "tram-previous-relative",
                            3,
                            SMALL);
            case PAPER ->
                    defaults(
                            "sgd,sam,asam,fisher-sam,tram-previous,tram-pretrained,tram-x,"
                                    + "tram-fisher",
                            5,
                            Protocol.of(paperSteps(), BATCH, 5e-4f)
                                    .withBase(BaseOptimizer.SGD)
                                    .withSaveEvery(PAPER_SAVE_EVERY));
        };
    }

    /** The paper's 200 epochs, in batches of 64. */
    private int paperSteps() {
        try {
            int images =
                    data == null
                            ? TWEMOJI
                            : ImageExperiment.trainingImages(data, ModelCache.ofUser());
            return Math.max(1, PAPER_EPOCHS * images / BATCH);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ExperimentConfig defaults(String methods, int seeds, Protocol protocol) {
        return new ExperimentConfig(
                "vit",
                "twemoji,digits",
                Map.of(),
                "cpu",
                List.of(methods.split(",")),
                seeds,
                "noto",
                protocol,
                MethodSettings.PAPER);
    }

    private ExperimentConfig withOwnOptions(ExperimentConfig config) {
        if (target != null) {
            Target.named(target);
        }
        boolean hasData = data != null || config.inputs().containsKey(ImageExperiment.DATA);
        if (hasData) {
            return withImages(config);
        }
        if (checkpoint != null || imageSize != null) {
            throw Arguments.rejected(
                    "--data", "given with --checkpoint and --image-size", "nothing");
        }
        return config.withTarget(ExperimentOptions.or(target, config.target()));
    }

    private ExperimentConfig withImages(ExperimentConfig config) {
        boolean isNew = !config.inputs().containsKey(ImageExperiment.DATA);
        if (target != null) {
            throw Arguments.rejected("--target", "absent with --data", target);
        }
        if (isNew && checkpoint == null) {
            throw Arguments.rejected("--checkpoint", "given with --data", "nothing");
        }
        Map<String, String> inputs = new TreeMap<>(config.inputs());
        if (data != null) {
            inputs.put(ImageExperiment.DATA, ExperimentOptions.absolute(data));
        }
        if (imageSize != null) {
            inputs.put(
                    ImageExperiment.IMAGE_SIZE,
                    String.valueOf(Arguments.atLeast("--image-size", imageSize, 1)));
        }
        Path named = Path.of(inputs.get(ImageExperiment.DATA)).toAbsolutePath();
        return config.withInputs(
                named.getFileName().toString(),
                inputs,
                ExperimentOptions.checkpoint(checkpoint, config.pretrained()));
    }
}
