package dev.tram.examples.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.examples.task.texttable.TextTask;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tram xnli}: pairs of texts in English, tested in 14 other languages. */
@Command(name = "xnli", mixinStandardHelpOptions = true)
final class XnliCommand extends ExperimentCommand {

    @Option(names = "--data", paramLabel = "DIR", descriptionKey = "xnli.data")
    private Path data;

    @Option(names = "--checkpoint", paramLabel = "NAME", descriptionKey = "xnli.checkpoint")
    private String checkpoint;

    @Option(names = "--max-tokens", paramLabel = "N", descriptionKey = "xnli.max-tokens")
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
