package dev.tram.examples.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tram text}: classify texts of a table. */
@Command(name = "text", mixinStandardHelpOptions = true)
@SuppressWarnings("UnusedVariable") // inputs by their names
final class TextCommand extends ExperimentCommand {

    @Option(names = "--data", paramLabel = "FILE", descriptionKey = "text.data")
    private Path data;

    @Option(names = "--text", paramLabel = "COLUMN", descriptionKey = "text.text")
    private String text;

    @Option(names = "--pair", paramLabel = "COLUMN", descriptionKey = "text.pair")
    private String pair;

    @Option(names = "--label", paramLabel = "COLUMN")
    private String label;

    @Option(names = "--group", paramLabel = "COLUMN")
    private String group;

    @Option(names = "--train-groups", paramLabel = "A,B")
    private String trainGroups;

    @Option(names = "--checkpoint", paramLabel = "NAME", descriptionKey = "text.checkpoint")
    private String checkpoint;

    @Option(names = "--max-tokens", paramLabel = "N", descriptionKey = "text.max-tokens")
    private Integer maxTokens;

    @Mixin private LabelOptions labels;

    @Override
    void add(ObjectNode json) {
        options().addInputs(json);
        if (data != null) {
            json.put("target", data.getFileName().toString());
        }
    }
}
