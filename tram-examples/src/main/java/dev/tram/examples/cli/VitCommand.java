package dev.tram.examples.cli;

import dev.tram.examples.experiment.BaseOptimizer;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.MethodSettings;
import dev.tram.examples.experiment.Protocol;
import dev.tram.examples.vision.Target;
import dev.tram.examples.vision.VitExperiment;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tram vit}: pretrain a small ViT on Noto emoji and fine-tune it on other images. */
@Command(
        name = "vit",
        description = {
            "Fine-tune a small Vision Transformer on real images with the methods of the paper.",
            "",
            "Pretrains on Noto's emoji once, then fine-tunes by each method with each seed on"
                    + " Twemoji (same classes, another vendor, 400 labels) and on handwritten"
                    + " digits, and reports accuracy on the target, on the source and under shift."
        },
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Defaults: --methods adam,sam,asam,tram-previous,tram-pretrained,tram-x,tram-fisher,"
                    + "tram-previous-relative --seeds 3 --steps 400 --batch 16 --lr 0.0005"
                    + " --schedule cosine --select last.",
            "--preset paper: the eight methods of table 3 on SGD, --seeds 5 --steps 1250."
        })
final class VitCommand implements Callable<Integer> {

    private static final Protocol SMALL = Protocol.of(400, 16, 5e-4f);

    /** The paper's 200 epochs, of Twemoji's 400 images in batches of 64. */
    private static final int PAPER_STEPS = 1250;

    @Mixin private ExperimentOptions options;

    @Option(
            names = "--target",
            paramLabel = "NAME",
            description = "twemoji or digits (default: both).")
    private String target;

    @Override
    public Integer call() throws IOException {
        ExperimentConfig config = options.config(VitCommand::defaults, this::withOwnOptions);
        List<Target> targets =
                Arrays.stream(config.target().split(",")).map(Target::named).toList();
        ExperimentDirectory directory = options.directory(config);
        PrintStream terminal = System.out;
        new VitExperiment(config, targets, directory, options.commandLine()).run(terminal);
        return 0;
    }

    private static ExperimentConfig defaults(Preset preset) {
        return switch (preset) {
            case SMALL ->
                    defaults(
                            "adam,sam,asam,tram-previous,tram-pretrained,tram-x,tram-fisher,"
                                    + "tram-previous-relative",
                            3,
                            SMALL);
            case PAPER ->
                    defaults(
                            "sgd,sam,asam,fisher-sam,tram-previous,tram-pretrained,tram-x,"
                                    + "tram-fisher",
                            5,
                            Protocol.of(PAPER_STEPS, 64, 5e-4f).withBase(BaseOptimizer.SGD));
        };
    }

    private static ExperimentConfig defaults(String methods, int seeds, Protocol protocol) {
        return new ExperimentConfig(
                "vit",
                "twemoji,digits",
                Map.of(),
                "cpu",
                List.of(methods.split(",")),
                seeds,
                "noto",
                protocol,
                MethodSettings.PAPER);
    }

    private ExperimentConfig withOwnOptions(ExperimentConfig config) {
        if (target == null) {
            return config;
        }
        Target.named(target);
        return config.withTarget(target);
    }
}
