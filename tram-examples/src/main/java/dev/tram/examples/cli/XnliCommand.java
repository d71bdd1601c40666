package dev.tram.examples.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.examples.task.texttable.TextTask;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tram xnli}: pairs of texts in English, tested in 14 other languages. */
@Command(
        name = "xnli",
        description = {
            "Fine-tune an encoder of many languages on pairs of English texts with the methods of"
                    + " the paper, and test it in 14 other languages.",
            "",
            "Begins with a small encoder that read the Universal Declaration of Human Rights in XNLI's"
                    + " 15 languages, and learns in English whether two excerpts come from the"
                    + " same article, from neighbouring or from unrelated ones. No article of the"
                    + " test is trained on."
        },
        mixinStandardHelpOptions = true)
final class XnliCommand extends ExperimentCommand {

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description =
                    "XNLI's and MultiNLI's release files, or the hub's directory of xnli; default:"
                            + " the declaration.")
    private Path data;

    @Option(
            names = "--checkpoint",
            paramLabel = "NAME",
            description =
                    "The encoder: a Hugging Face directory, or ORG/NAME[@REVISION] on the hub"
                            + " (default: the small one).")
    private String checkpoint;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description = "Longer pairs are cut (default: 64).")
    private Integer maxTokens;

    @Override
    void add(ObjectNode json) {
        input(json, "data", data);
        input(json, TextTask.MAX_TOKENS, maxTokens);
        checkpoint(json, checkpoint);
        if (data != null) {
            json.put("target", "xnli");
        }
    }
}
