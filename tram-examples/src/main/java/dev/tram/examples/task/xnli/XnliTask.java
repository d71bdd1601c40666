package dev.tram.examples.task.xnli;

import dev.tram.examples.checkpoint.Shipped;
import dev.tram.examples.task.texttable.TextSource;
import dev.tram.examples.task.texttable.TextTask;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ModelCache;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;

/**
 * {@code tram xnli}: an encoder of many languages is fine-tuned on pairs of English texts and
 * tested in XNLI's 15 languages.
 */
public final class XnliTask {

    private XnliTask() {}

    /**
     * Opens the task.
     *
     * @param config the experiment; without data, it is about the Universal Declaration
     */
    public static TextTask open(
            ExperimentConfig config, Path pretrained, ModelCache cache, PrintStream out)
            throws IOException {
        String data = config.inputs().get("data");
        TextSource source =
                data == null ? new DeclarationPairs() : XnliRelease.of(Path.of(data), out::println);
        boolean meanPooled = config.pretrained().equals(Shipped.DECLARATION_ENCODER.toString());
        return TextTask.open(
                config, source, pretrained, meanPooled, TextTask.Layout.TRANSFER, cache, out);
    }
}
