package dev.tram.examples.cli;

import ai.djl.Device;
import ai.djl.engine.Engine;
import dev.tram.core.Arguments;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.Json;
import dev.tram.examples.experiment.MethodSettings;
import dev.tram.examples.vision.Target;
import dev.tram.examples.vision.VitExperiment;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

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
        mixinStandardHelpOptions = true)
final class VitCommand implements Callable<Integer> {

    private static final String METHODS =
            "adam,sam,asam,tram-previous,tram-pretrained,tram-x,tram-fisher,tram-previous-relative";
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

    @Spec private CommandSpec spec;

    @Option(
            names = "--methods",
            split = ",",
            paramLabel = "A,B",
            description = "Methods to compare (default: " + METHODS + ").")
    private List<String> methods;

    @Option(
            names = "--seeds",
            paramLabel = "N",
            description = "How many seeds, 0 … N-1 (default: 3).")
    private Integer seeds;

    @Option(names = "--steps", paramLabel = "N", description = "Updates of a run (default: 60).")
    private Integer steps;

    @Option(names = "--batch", paramLabel = "N", description = "Images of an update (default: 64).")
    private Integer batch;

    @Option(
            names = "--lr",
            paramLabel = "X",
            description = "Learning rate, falling to 0 by a cosine (default: 0.0005).")
    private Float learningRate;

    @Option(
            names = "--target",
            paramLabel = "NAME",
            description = "twemoji or digits (default: both).")
    private String target;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Where the files go (default: runs/vit-DATE-TIME).")
    private Path out;

    @Option(
            names = "--device",
            paramLabel = "NAME",
            description = "cpu or gpu0, gpu1, … (default: cpu).")
    private String device;

    @Option(
            names = "--rho",
            paramLabel = "X",
            description = "Radius of SAM (0.05), ASAM and the relative radii (0.5).")
    private Float rho;

    @Option(
            names = "--sigma",
            paramLabel = "X",
            description = "Standard deviation of the input noise (default: 0.1).")
    private Float sigma;

    @Option(
            names = "--gamma",
            paramLabel = "X",
            description = "Radius of the Fisher methods (default: 0.1).")
    private Float gamma;

    @Option(
            names = "--lambda",
            paramLabel = "X",
            description = "Weight of the penalties (default: 0.1).")
    private Float lambda;

    @Option(
            names = "--scale",
            paramLabel = "X",
            description = "Factor on the radius of the TRAM methods (default: 1).")
    private Float scale;

    @Option(
            names = "--divergence",
            paramLabel = "NAME",
            description = "Divergence of the trust regions (default: forward-kl).")
    private String divergence;

    @Option(
            names = "--save-every",
            paramLabel = "N",
            description = "Save the run under way after every N updates (default: 0, never).")
    private Integer saveEvery;

    @Option(
            names = "--resume",
            paramLabel = "DIR",
            description = "Go on with the experiment in DIR; its options hold.")
    private Path resume;

    @Override
    public Integer call() throws IOException {
        ExperimentConfig config = resume == null ? config(null) : resumed();
        checkDevice(config.device());
        List<Target> targets =
                Arrays.stream(config.target().split(",")).map(Target::named).toList();
        Path root = resume == null ? newDirectory() : resume;
        PrintStream terminal = System.out;
        new VitExperiment(config, targets, new ExperimentDirectory(root), commandLine())
                .run(terminal);
        return 0;
    }

    private ExperimentConfig config(ExperimentConfig saved) {
        ExperimentConfig defaults =
                saved == null
                        ? new ExperimentConfig(
                                "vit",
                                "twemoji,digits",
                                "cpu",
                                List.of(METHODS.split(",")),
                                3,
                                60,
                                64,
                                5e-4f,
                                0,
                                "noto",
                                MethodSettings.PAPER)
                        : saved;
        MethodSettings settings = defaults.settings();
        if (target != null) {
            Target.named(target);
        }
        return new ExperimentConfig(
                "vit",
                or(target, defaults.target()),
                or(device, defaults.device()),
                or(methods, defaults.methods()),
                or(seeds, defaults.seeds()),
                or(steps, defaults.steps()),
                or(batch, defaults.batch()),
                or(learningRate, defaults.learningRate()),
                or(saveEvery, defaults.saveEvery()),
                defaults.pretrained(),
                new MethodSettings(
                        or(rho, settings.rho()),
                        or(sigma, settings.sigma()),
                        or(gamma, settings.gamma()),
                        or(lambda, settings.lambda()),
                        or(scale, settings.scale()),
                        or(divergence, settings.divergence())));
    }

    private static <T> T or(T given, T otherwise) {
        return given == null ? otherwise : given;
    }

    private ExperimentConfig resumed() throws IOException {
        if (out != null && !out.equals(resume)) {
            throw Arguments.rejected("--out", "absent with --resume", out);
        }
        Path file = new ExperimentDirectory(resume).config();
        if (!Files.isRegularFile(file)) {
            throw Arguments.rejected(
                    "--resume", "the directory of an experiment, with a config.json", resume);
        }
        ExperimentConfig saved = Json.MAPPER.readValue(file.toFile(), ExperimentConfig.class);
        if (!config(saved).equals(saved)) {
            throw Arguments.rejected(
                    "the options beside --resume", "those of " + file, commandLine());
        }
        return saved;
    }

    /** Only GPUs that the engine sees, and the CPU. */
    private static void checkDevice(String name) {
        int gpus = Engine.getInstance().getGpuCount();
        String known = "cpu" + (gpus == 0 ? " (there is no GPU)" : " or gpu0 … gpu" + (gpus - 1));
        if (!name.matches("cpu|gpu\\d+")) {
            throw Arguments.rejected("--device", known, name);
        }
        Device asked = Device.fromName(name);
        if (asked.isGpu() && asked.getDeviceId() >= gpus) {
            throw Arguments.rejected("--device", known, name);
        }
    }

    private Path newDirectory() throws IOException {
        Path root =
                out == null
                        ? Path.of(
                                "runs",
                                "vit-" + STAMP.format(LocalDateTime.now(ZoneId.systemDefault())))
                        : out;
        Path existing = root.toAbsolutePath();
        while (!Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (!Files.isDirectory(existing) || !canBeWritten(existing)) {
            throw Arguments.rejected("--out", "a directory that can be written", root);
        }
        if (Files.exists(root)) {
            try (var files = Files.list(root)) {
                if (files.findAny().isPresent()) {
                    throw Arguments.rejected(
                            "--out", "empty or new (--resume goes on with an old one)", root);
                }
            }
        }
        return root;
    }

    /** Tries it, since permissions alone do not tell: to root, every directory looks writable. */
    private static boolean canBeWritten(Path directory) {
        try {
            Files.delete(Files.createTempFile(directory, ".tram", null));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private String commandLine() {
        List<String> arguments = spec.root().commandLine().getParseResult().originalArgs();
        return "tram " + String.join(" ", arguments);
    }
}
