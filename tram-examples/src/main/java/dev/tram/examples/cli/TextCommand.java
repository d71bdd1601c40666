package dev.tram.examples.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.examples.task.texttable.TextTask;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tram text}: classify texts of a table. */
@Command(
        name = "text",
        description = {
            "Fine-tune an encoder as a classifier of texts with the methods of the paper.",
            "",
            "Without --data, tells spam from ham with MiniLM: trained on the first groups of the"
                    + " SpamAssassin corpus, tested on their held-out part and on three groups"
                    + " never seen. With --data FILE, classifies the texts of a table, which is"
                    + " divided into parts for training (7/10), validation (1/10) and test (2/10)."
        },
        mixinStandardHelpOptions = true)
final class TextCommand extends ExperimentCommand {

    @Option(
            names = "--data",
            paramLabel = "FILE",
            description = "A table: .csv, .tsv or .jsonl (.gz behind it or not), or .parquet.")
    private Path data;

    @Option(names = "--text", paramLabel = "COLUMN", description = "The column of the text.")
    private String text;

    @Option(
            names = "--pair",
            paramLabel = "COLUMN",
            description = "The column of a second text, to classify pairs.")
    private String pair;

    @Option(names = "--label", paramLabel = "COLUMN", description = "The column of the class.")
    private String label;

    @Option(
            names = "--group",
            paramLabel = "COLUMN",
            description = "A column whose values are evaluated apart.")
    private String group;

    @Option(
            names = "--train-groups",
            paramLabel = "A,B",
            description = "The groups to train on; the others are tests as a whole (default: all).")
    private String trainGroups;

    @Option(
            names = "--checkpoint",
            paramLabel = "NAME",
            description =
                    "The encoder: a Hugging Face directory, ORG/NAME[@REVISION] on the hub, or"
                            + " minilm (default).")
    private String checkpoint;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description = "Longer texts are cut (default: 64).")
    private Integer maxTokens;

    @Mixin private LabelOptions labels;

    @Override
    void add(ObjectNode json) {
        labels.add(json);
        input(json, "data", data);
        input(json, "text", text);
        input(json, "pair", pair);
        input(json, "label", label);
        input(json, "group", group);
        input(json, "train-groups", trainGroups);
        input(json, TextTask.MAX_TOKENS, maxTokens);
        checkpoint(json, checkpoint);
        if (data != null) {
            json.put("target", data.getFileName().toString());
        }
    }
}
