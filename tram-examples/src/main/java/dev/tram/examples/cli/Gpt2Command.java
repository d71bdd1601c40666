package dev.tram.examples.cli;

import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.model.Precision;
import dev.tram.examples.experiment.BaseOptimizer;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.MethodSettings;
import dev.tram.examples.experiment.Protocol;
import dev.tram.examples.experiment.Schedule;
import dev.tram.examples.experiment.Selection;
import dev.tram.examples.task.domains.LanguageExperiment;
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

/** {@code tram gpt2}: fine-tune a GPT-2 on one domain and measure its perplexity on others. */
@Command(
        name = "gpt2",
        description = {
            "Fine-tune a GPT-2 on one domain's text and measure its perplexity on others.",
            "",
            "Without --checkpoint a small GPT-2 is pretrained once on what comes with the examples:"
                    + " State of the Union addresses of three eras and Moby Dick, without the"
                    + " domain that is fine-tuned on. The table has the perplexity per token of"
                    + " each domain, that of the training first, the average over the others and"
                    + " the model before fine-tuning (zero-shot)."
        },
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Defaults: --methods adam,sam,asam,trpo,tram-previous,tram-pretrained,tram-x,"
                    + "tram-fisher --seeds 1 --steps 120 --batch 16 --lr 0.0005 --schedule linear"
                    + " --warmup 10 --select best --test-blocks 64.",
            "--preset paper: the fourteen methods of table 11, --seeds 1 --steps 50000 --batch 16"
                    + " --lr 0.00002 --schedule polynomial --power 1 --warmup 10000"
                    + " --evaluate-every 1000 --select best --save-every 1000 --test-blocks 0."
        })
final class Gpt2Command implements Callable<Integer> {

    private static final Protocol SMALL =
            new Protocol(
                    BaseOptimizer.ADAM,
                    120,
                    16,
                    1,
                    5e-4f,
                    Schedule.LINEAR,
                    10,
                    2,
                    null,
                    0,
                    Selection.BEST,
                    null,
                    0,
                    Precision.FLOAT32);

    /** Section B.1; the power is that of transformers' polynomial decay, the paper prints none. */
    private static final Protocol PAPER =
            new Protocol(
                    BaseOptimizer.ADAM,
                    50_000,
                    16,
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

    @Mixin private ExperimentOptions options;

    @Option(
            names = "--checkpoint",
            paramLabel = "DIR",
            description = "A GPT-2 in Hugging Face's format: a directory, or ORG/NAME on the hub.")
    private String checkpoint;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description =
                    "A directory per domain, each with test.txt, .jsonl or .parquet; train and valid,"
                            + " too, where it is to be trained on.")
    private Path data;

    @Option(
            names = "--train-domain",
            paramLabel = "NAME",
            description = "The domain to fine-tune on (default: sotu-1933-2021).")
    private String domain;

    @Option(
            names = "--block",
            paramLabel = "N",
            description = "Tokens of a block (default: the model's positions, at most 1024).")
    private Integer block;

    @Option(
            names = "--test-blocks",
            paramLabel = "N",
            description = "Blocks to measure of each domain, evenly spread; 0 for all.")
    private Integer testBlocks;

    @Override
    public Integer call() throws IOException {
        ExperimentConfig config = options.config(Gpt2Command::defaults, this::withOwnOptions);
        ExperimentDirectory directory = options.directory(config);
        PrintStream terminal = System.out;
        new LanguageExperiment(config, directory, options.commandLine()).run(terminal);
        return 0;
    }

    private static ExperimentConfig defaults(Preset preset) {
        return switch (preset) {
            case SMALL ->
                    defaults(
                            "adam,sam,asam,trpo,tram-previous,tram-pretrained,tram-x,tram-fisher",
                            SMALL,
                            "64");
            case PAPER ->
                    defaults(
                            "adam,sam,asam,fisher-sam,trpo,r3f,mesa,asam+trpo,asam+r3f,asam+mesa,"
                                    + "tram-previous,tram-pretrained,tram-x,tram-fisher",
                            PAPER,
                            "0");
        };
    }

    private static ExperimentConfig defaults(String methods, Protocol protocol, String testBlocks) {
        return new ExperimentConfig(
                "gpt2",
                "sotu-1933-2021",
                Map.of(
                        LanguageExperiment.DATA,
                        LanguageExperiment.BUNDLED,
                        LanguageExperiment.TEST_BLOCKS,
                        testBlocks),
                "cpu",
                List.of(methods.split(",")),
                1,
                LanguageExperiment.BUNDLED,
                protocol,
                MethodSettings.PAPER);
    }

    private ExperimentConfig withOwnOptions(ExperimentConfig config) {
        Map<String, String> inputs = new TreeMap<>(config.inputs());
        if (data != null && domain == null) {
            throw Arguments.rejected(
                    "--train-domain", "the domain of --data to fine-tune on", "nothing");
        }
        if (data != null) {
            inputs.put(LanguageExperiment.DATA, ExperimentOptions.absolute(data));
        }
        if (block != null) {
            inputs.put(
                    LanguageExperiment.BLOCK,
                    String.valueOf(Arguments.atLeast("--block", block, 1)));
        }
        if (testBlocks != null) {
            inputs.put(
                    LanguageExperiment.TEST_BLOCKS,
                    String.valueOf(Arguments.atLeast("--test-blocks", testBlocks, 0)));
        }
        return config.withInputs(
                ExperimentOptions.or(domain, config.target()),
                inputs,
                ExperimentOptions.checkpoint(checkpoint, config.pretrained()));
    }
}
