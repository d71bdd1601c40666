package dev.tram.examples.cli;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.core.internal.Arguments;
import dev.tram.examples.task.emoji.Target;
import dev.tram.examples.task.imagefolder.ImageFolderTask;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.Json;
import dev.tram.experiments.LabelSettings;
import dev.tram.experiments.ModelCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tram vit}: pretrain a small ViT on Noto emoji and fine-tune it on other images. */
@Command(name = "vit", mixinStandardHelpOptions = true)
@SuppressWarnings("UnusedVariable") // inputs by their names
final class VitCommand extends ExperimentCommand {

    /** The paper's length of a run. */
    private static final int PAPER_EPOCHS = 200;

    @Option(names = "--target", paramLabel = "NAME")
    private String target;

    @Option(names = "--checkpoint", paramLabel = "DIR", descriptionKey = "vit.checkpoint")
    private String checkpoint;

    @Option(names = "--data", paramLabel = "DIR", descriptionKey = "vit.data")
    private Path data;

    @Option(names = "--image-size", paramLabel = "N")
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
    void add(ObjectNode json) throws IOException {
        if (target != null) {
            requireTargets();
        }
        if (data != null || hasInput(json, ImageFolderTask.DATA)) {
            requireImages(json);
        } else if (imageSize != null) {
            throw Arguments.rejected("--data", "given with --image-size", "nothing");
        }
        options().addInputs(json);
        if (data != null) {
            json.put("target", data.toAbsolutePath().normalize().getFileName().toString());
            if (options().isPaper()) {
                json.put("steps", paperSteps(json));
            }
        } else if (target != null) {
            json.put("target", target);
        }
    }

    private void requireTargets() {
        List<String> names = List.of(target.split(",", -1));
        names.forEach(Target::named);
        if (names.stream().distinct().count() < names.size()) {
            throw Arguments.rejected("--target", "targets that differ", target);
        }
    }

    private void requireImages(ObjectNode json) {
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
    }

    private int paperSteps(ObjectNode json) throws IOException {
        Map<String, String> inputs =
                Json.MAPPER.convertValue(json.get("inputs"), new TypeReference<>() {});
        LabelSettings kept = LabelSettings.of(inputs);
        int images = ImageFolderTask.trainingImages(data, kept, ModelCache.ofUser());
        return Math.max(1, PAPER_EPOCHS * images / json.get("batch").asInt());
    }
}
