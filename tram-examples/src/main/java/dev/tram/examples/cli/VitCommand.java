package dev.tram.examples.cli;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.core.internal.Arguments;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.Json;
import dev.tram.examples.experiment.LabelSettings;
import dev.tram.examples.experiment.ModelCache;
import dev.tram.examples.task.emoji.Target;
import dev.tram.examples.task.imagefolder.ImageFolderTask;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tram vit}: pretrain a small ViT on Noto emoji and fine-tune it on other images. */
@Command(
        name = "vit",
        description = {
            "Fine-tune a small Vision Transformer on real images with the methods of the paper.",
            "",
            "Begins with a model that knows Noto's emoji, fine-tunes it by each method with each seed on"
                    + " Twemoji (same classes, another vendor, 400 labels) or on handwritten"
                    + " digits, and reports accuracy on the target, on the source and under shift."
        },
        mixinStandardHelpOptions = true)
final class VitCommand extends ExperimentCommand {

    /** The paper's length of a run. */
    private static final int PAPER_EPOCHS = 200;

    @Option(
            names = "--target",
            paramLabel = "NAME",
            description = "twemoji or digits (default: twemoji; with --preset full both).")
    private String target;

    @Option(
            names = "--checkpoint",
            paramLabel = "DIR",
            description =
                    "With --data: a ViT in Hugging Face's format, a directory or ORG/NAME on the"
                            + " hub, or emoji-vit, the small one of the examples; it gets a new"
                            + " head. Without: a model that tram pretrain emoji-vit made (default:"
                            + " emoji-vit).")
    private String checkpoint;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description =
                    "Images to fine-tune --checkpoint on: a folder per class, which is divided; or"
                            + " train and test, perhaps validation, each a folder with a folder per"
                            + " class or files NAME*.parquet.")
    private Path data;

    @Option(
            names = "--image-size",
            paramLabel = "N",
            description = "With --data: height and width of images (default: the checkpoint's).")
    private Integer imageSize;

    @Mixin private LabelOptions labels;

    @Override
    List<String> targets(ExperimentConfig config) {
        return isBundled(config) ? List.of(config.target().split(",", -1)) : super.targets(config);
    }

    /**
     * The saved configuration decides, so that a resumed run has as many threads as it began with.
     */
    @Override
    boolean prefersOneThread(ExperimentConfig config) {
        return isBundled(config);
    }

    static boolean isBundled(ExperimentConfig config) {
        return !config.inputs().containsKey(ImageFolderTask.DATA);
    }

    @Override
    void add(ObjectNode json) {
        if (target != null) {
            Target.named(target);
        }
        labels.add(json);
        if (data != null || hasInput(json, ImageFolderTask.DATA)) {
            addImages(json);
            return;
        }
        if (imageSize != null) {
            throw Arguments.rejected("--data", "given with --image-size", "nothing");
        }
        checkpoint(json, checkpoint);
        if (target != null) {
            json.put("target", target);
        }
    }

    private void addImages(ObjectNode json) {
        if (target != null) {
            throw Arguments.rejected("--target", "absent with --data", target);
        }
        if (data != null && !Files.isDirectory(data)) {
            throw Arguments.rejected("--data", "a directory", data);
        }
        if (!hasInput(json, ImageFolderTask.DATA) && checkpoint == null) {
            throw Arguments.rejected(
                    "--checkpoint",
                    "given with --data: a directory, ORG/NAME on the hub, or emoji-vit, the small"
                            + " model of the examples",
                    "nothing");
        }
        input(json, ImageFolderTask.DATA, data);
        input(json, ImageFolderTask.IMAGE_SIZE, imageSize);
        checkpoint(json, checkpoint);
        if (data != null) {
            json.put("target", data.toAbsolutePath().normalize().getFileName().toString());
            if (options().isPaper()) {
                Map<String, String> inputs =
                        Json.MAPPER.convertValue(json.get("inputs"), new TypeReference<>() {});
                int batch = json.get("batch").asInt();
                json.put("steps", paperSteps(LabelSettings.of(inputs), batch));
            }
        }
    }

    private int paperSteps(LabelSettings kept, int batch) {
        try {
            int images = ImageFolderTask.trainingImages(data, kept, ModelCache.ofUser());
            return Math.max(1, PAPER_EPOCHS * images / batch);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
