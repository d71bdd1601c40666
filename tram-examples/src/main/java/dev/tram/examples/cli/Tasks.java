package dev.tram.examples.cli;

import dev.tram.core.internal.Arguments;
import dev.tram.examples.task.domains.DomainsTask;
import dev.tram.examples.task.emoji.EmojiTask;
import dev.tram.examples.task.imagefolder.ImageFolderTask;
import dev.tram.examples.task.texttable.TextTask;
import dev.tram.examples.task.xnli.XnliTask;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ModelCache;
import dev.tram.experiments.Task;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;

/** The task of an experiment, by the name of its command. */
final class Tasks {

    private Tasks() {}

    /**
     * Opens a task.
     *
     * @param config the experiment, of one target
     * @param pretrained the directory of the model that the runs begin with
     * @throws IllegalArgumentException if there are no experiments of this kind, or its data are
     *     not what they should be
     */
    static Task open(ExperimentConfig config, Path pretrained, PrintStream out) throws IOException {
        ModelCache cache = ModelCache.ofUser();
        return switch (config.experiment()) {
            case "vit" ->
                    config.inputs().containsKey(ImageFolderTask.DATA)
                            ? ImageFolderTask.open(config, pretrained, cache, out)
                            : EmojiTask.open(config, pretrained);
            case "gpt2" -> DomainsTask.open(config, pretrained, cache, out);
            case "text" -> TextTask.open(config, pretrained, cache, out);
            case "xnli" -> XnliTask.open(config, pretrained, cache, out);
            default ->
                    throw Arguments.rejected(
                            "--run",
                            "an experiment of tram vit, gpt2, text or xnli",
                            "one of tram " + config.experiment());
        };
    }
}
