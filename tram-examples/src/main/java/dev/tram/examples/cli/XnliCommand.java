package dev.tram.examples.cli;

import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.MethodSettings;
import dev.tram.examples.experiment.Protocol;
import dev.tram.examples.task.texttable.TextExperiment;
import dev.tram.examples.task.texttable.XnliExperiment;
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

/** {@code tram xnli}: pairs of texts in English, tested in 14 other languages. */
@Command(
        name = "xnli",
        description = {
            "Fine-tune an encoder of many languages on pairs of English texts with the methods of"
                    + " the paper, and test it in 14 other languages.",
            "",
            "Pretrains a small encoder on the Universal Declaration of Human Rights in XNLI's 15"
                    + " languages once, then learns in English whether two excerpts come from the"
                    + " same article, from neighbouring or from unrelated ones. No article of the"
                    + " test is trained on."
        },
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Defaults: --methods adam,sam,asam,tram-previous,tram-x --seeds 3 --steps 600 --batch"
                    + " 32 --lr 0.001 --schedule cosine --select last.",
            "--preset paper: all fifteen methods, --seeds 20 --steps 50000 --batch 32 --lr 0.00002"
                    + " --schedule polynomial --power 1 --warmup 10000 --evaluate-every 1000 --select best"
                    + " --save-every 1000."
        })
final class XnliCommand implements Callable<Integer> {

    @Mixin private ExperimentOptions options;

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
    public Integer call() throws IOException {
        ExperimentConfig config = options.config(XnliCommand::defaults, this::withOwnOptions);
        ExperimentDirectory directory = options.directory(config);
        PrintStream terminal = System.out;
        new XnliExperiment(config, directory, options.commandLine()).run(terminal);
        return 0;
    }

    private static ExperimentConfig defaults(Preset preset) {
        return switch (preset) {
            case SMALL ->
                    defaults("adam,sam,asam,tram-previous,tram-x", 3, Protocol.of(600, 32, 1e-3f));
            case PAPER -> defaults(TextCommand.PAPER_METHODS, 20, TextCommand.PAPER);
        };
    }

    private static ExperimentConfig defaults(String methods, int seeds, Protocol protocol) {
        return new ExperimentConfig(
                "xnli",
                "declaration",
                Map.of(TextExperiment.MAX_TOKENS, "64"),
                "cpu",
                List.of(methods.split(",")),
                seeds,
                XnliExperiment.DECLARATION,
                protocol,
                MethodSettings.PAPER);
    }

    private ExperimentConfig withOwnOptions(ExperimentConfig config) {
        Map<String, String> inputs = new TreeMap<>(config.inputs());
        TextCommand.put(inputs, "data", data == null ? null : ExperimentOptions.absolute(data));
        TextCommand.put(inputs, TextExperiment.MAX_TOKENS, maxTokens);
        return config.withInputs(
                data == null ? config.target() : "xnli",
                inputs,
                ExperimentOptions.checkpoint(checkpoint, config.pretrained()));
    }
}
