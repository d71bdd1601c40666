package dev.tram.examples.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tram xnli}: pairs of texts in English, tested in 14 other languages. */
@Command(name = "xnli", mixinStandardHelpOptions = true)
@SuppressWarnings("UnusedVariable") // inputs by their names
final class XnliCommand extends ExperimentCommand {

    @Option(names = "--data", paramLabel = "DIR", descriptionKey = "xnli.data")
    private Path data;

    @Option(names = "--checkpoint", paramLabel = "NAME", descriptionKey = "xnli.checkpoint")
    private String checkpoint;

    @Option(names = "--max-tokens", paramLabel = "N", descriptionKey = "xnli.max-tokens")
    private Integer maxTokens;

    @Override
    void add(ObjectNode json) {
        options().addInputs(json);
        if (data != null) {
            json.put("target", "xnli");
        }
    }
}
