package dev.tram.examples.cli;

import dev.tram.djl.transformers.model.Precision;
import dev.tram.examples.checkpoint.MiniLm;
import dev.tram.examples.experiment.BaseOptimizer;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.MethodSettings;
import dev.tram.examples.experiment.Protocol;
import dev.tram.examples.experiment.Schedule;
import dev.tram.examples.experiment.Selection;
import dev.tram.examples.task.texttable.TextExperiment;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
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
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Defaults: --methods adam,sam,tram-previous,tram-x --seeds 1 --steps 60 --batch 16"
                    + " --lr 0.0001 --schedule cosine --select last.",
            "--preset paper: all fifteen methods, --seeds 20 --steps 50000 --batch 32 --lr 0.00002"
                    + " --schedule polynomial --power 1 --warmup 10000 --evaluate-every 1000 --select best"
                    + " --save-every 1000."
        })
final class TextCommand implements Callable<Integer> {

    /** Section 4.2 and appendix B of the paper. */
    static final Protocol PAPER =
            new Protocol(
                    BaseOptimizer.ADAM,
                    50_000,
                    32,
                    1,
                    2e-5f,
                    Schedule.POLYNOMIAL,
                    10_000,
                    1,
                    null,
                    1000,
                    Selection.BEST,
                    null,
                    1000,
                    Precision.FLOAT32);

    static final String PAPER_METHODS =
            "sgd,adam,sam,asam,fisher-sam,trpo,r3f,mesa,asam+trpo,asam+r3f,asam+mesa,"
                    + "tram-previous,tram-pretrained,tram-x,tram-fisher";

    @Mixin private ExperimentOptions options;

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

    @Override
    public Integer call() throws IOException {
        ExperimentConfig config = options.config(TextCommand::defaults, this::withOwnOptions);
        ExperimentDirectory directory = options.directory(config);
        PrintStream terminal = System.out;
        new TextExperiment(config, directory, options.commandLine()).run(terminal);
        return 0;
    }

    private static ExperimentConfig defaults(Preset preset) {
        return switch (preset) {
            case SMALL -> defaults("adam,sam,tram-previous,tram-x", 1, Protocol.of(60, 16, 1e-4f));
            case PAPER -> defaults(PAPER_METHODS, 20, PAPER);
        };
    }

    private static ExperimentConfig defaults(String methods, int seeds, Protocol protocol) {
        return new ExperimentConfig(
                "text",
                "spam",
                Map.of(TextExperiment.MAX_TOKENS, "64"),
                "cpu",
                List.of(methods.split(",")),
                seeds,
                MiniLm.NAME,
                protocol,
                MethodSettings.PAPER);
    }

    private ExperimentConfig withOwnOptions(ExperimentConfig config) {
        Map<String, String> inputs = new TreeMap<>(config.inputs());
        put(inputs, "data", data == null ? null : ExperimentOptions.absolute(data));
        put(inputs, "text", text);
        put(inputs, "pair", pair);
        put(inputs, "label", label);
        put(inputs, "group", group);
        put(inputs, "train-groups", trainGroups);
        put(inputs, TextExperiment.MAX_TOKENS, maxTokens);
        return config.withInputs(
                data == null ? config.target() : data.getFileName().toString(),
                inputs,
                ExperimentOptions.checkpoint(checkpoint, config.pretrained()));
    }

    static void put(Map<String, String> inputs, String name, Object value) {
        if (value != null) {
            inputs.put(name, value.toString());
        }
    }
}
