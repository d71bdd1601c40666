package dev.tram.examples.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.core.internal.Arguments;
import dev.tram.examples.checkpoint.Shipped;
import dev.tram.examples.task.domains.DomainsTask;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tram gpt2}: fine-tune a GPT-2 on one domain and measure its perplexity on others. */
@Command(name = "gpt2", mixinStandardHelpOptions = true)
@SuppressWarnings("UnusedVariable") // inputs by their names
final class Gpt2Command extends ExperimentCommand {

    @Option(names = "--checkpoint", paramLabel = "DIR", descriptionKey = "gpt2.checkpoint")
    private String checkpoint;

    @Option(names = "--data", paramLabel = "DIR", descriptionKey = "gpt2.data")
    private Path data;

    @Option(names = "--train-domain", paramLabel = "NAME")
    private String domain;

    @Option(names = "--block", paramLabel = "N")
    private Integer block;

    @Option(names = "--test-blocks", paramLabel = "N")
    private Integer testBlocks;

    @Override
    void add(ObjectNode json) throws IOException {
        if (data != null && domain == null) {
            throw Arguments.rejected("--train-domain", DomainsTask.trainable(data), "nothing");
        }
        if (testBlocks != null) {
            Arguments.atLeast("--test-blocks", testBlocks, 0);
        }
        options().addInputs(json);
        if (domain != null) {
            requireOtherDomain(json);
            json.put("target", domain);
        }
    }

    /** The model that comes with the examples has read the other bundled domains. */
    private void requireOtherDomain(ObjectNode json) {
        boolean isShipped = json.get("pretrained").asText().equals(Shipped.SOTU_GPT2.toString());
        if (isShipped && data == null && !domain.equals(json.get("target").asText())) {
            throw Arguments.rejected(
                    "--checkpoint",
                    ("a model that has not read %s, such as tram pretrain sotu-gpt2 --without %s"
                                    + " makes")
                            .formatted(domain, domain),
                    Shipped.SOTU_GPT2);
        }
    }
}
