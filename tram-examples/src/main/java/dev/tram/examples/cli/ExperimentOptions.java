package dev.tram.examples.cli;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.pytorch.Kernels;
import dev.tram.djl.transformers.model.Precision;
import dev.tram.examples.experiment.ExperimentConfig;
import dev.tram.examples.experiment.ExperimentDirectory;
import dev.tram.examples.experiment.Json;
import dev.tram.examples.experiment.MethodSettings;
import dev.tram.examples.experiment.Protocol;
import dev.tram.examples.experiment.Schedule;
import dev.tram.examples.experiment.Selection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The options of every command that compares methods. A command mixes them in, gives the values of
 * those that are absent and adds options of its own:
 *
 * <pre>{@code
 * @Mixin private ExperimentOptions options;
 * ...
 * ExperimentConfig config = options.config(MyCommand::defaults, this::withOwnOptions);
 * ExperimentDirectory directory = options.directory(config);
 * }</pre>
 */
final class ExperimentOptions {

    static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--preset",
            paramLabel = "NAME",
            description = "Defaults for options you don't set: small or paper (default: small).")
    private Preset preset;

    @Option(
            names = "--methods",
            split = ",",
            paramLabel = "A,B",
            description =
                    "Methods to compare; METHOD@KEY=VALUE sets rho, sigma, gamma, lambda, scale,"
                            + " divergence or lr for that one.")
    private List<String> methods;

    @Option(names = "--seeds", paramLabel = "N", description = "How many seeds, 0 … N-1.")
    private Integer seeds;

    @Option(names = "--steps", paramLabel = "N", description = "Updates of a run.")
    private Integer steps;

    @Option(names = "--batch", paramLabel = "N", description = "Examples of a batch.")
    private Integer batch;

    @Option(
            names = "--accumulate",
            paramLabel = "N",
            description = "Batches of an update (default: 1).")
    private Integer accumulation;

    @Option(names = "--lr", paramLabel = "X", description = "Largest learning rate.")
    private Float learningRate;

    @Option(
            names = "--schedule",
            paramLabel = "NAME",
            description =
                    "How the learning rate falls to 0: constant (not at all), cosine, linear or"
                            + " polynomial.")
    private Schedule schedule;

    @Option(
            names = "--warmup",
            paramLabel = "N",
            description =
                    "Updates over which the learning rate rises from 0 first (default: the share"
                            + " of --steps that it has in the command's defaults).")
    private Integer warmup;

    @Option(
            names = "--power",
            paramLabel = "X",
            description = "Power of the polynomial schedule (default: 2; 1 is linear).")
    private Float power;

    @Option(
            names = "--clip",
            paramLabel = "X",
            description = "Largest norm of an update's gradient (default: any).")
    private Float maxGradNorm;

    @Option(
            names = "--evaluate-every",
            paramLabel = "N",
            description = "Validate after every N updates (default: 0, eight times a run).")
    private Integer evaluateEvery;

    @Option(
            names = "--select",
            paramLabel = "NAME",
            description = "Which model is a run's result: last, or best on the validation data.")
    private Selection selection;

    @Option(
            names = "--minutes",
            paramLabel = "X",
            description = "End a run early after that long in training (default: never).")
    private Float minutes;

    @Option(
            names = "--save-every",
            paramLabel = "N",
            description = "Save the run under way after every N updates (default: 0, never).")
    private Integer saveEvery;

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            description =
                    "What matrix products and attention are computed in: fp32 or bf16 (default:"
                            + " fp32).")
    private String precision;

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
            names = "--device",
            paramLabel = "NAME",
            description = "cpu or gpu0, gpu1, … (default: cpu).")
    private String device;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Where the files go (default: runs/COMMAND-DATE-TIME).")
    private Path out;

    @Option(
            names = "--resume",
            paramLabel = "DIR",
            description = "Resume the run in DIR with its saved options.")
    private Path resume;

    @Option(
            names = "--tensorboard",
            paramLabel = "DIR",
            description = "Write event files for TensorBoard, too, a directory per run in DIR.")
    private Path tensorBoard;

    /**
     * Returns what to run: the saved configuration of a resumed experiment, otherwise the defaults
     * with the given options.
     *
     * @param defaults the configuration without any options
     * @param own puts the command's own options, where given, into a configuration
     * @return the configuration, checked
     * @throws IOException if a saved configuration cannot be read
     * @throws IllegalArgumentException if an option's value is out of range, or contradicts the
     *     experiment that is resumed
     */
    ExperimentConfig config(
            Function<Preset, ExperimentConfig> defaults, UnaryOperator<ExperimentConfig> own)
            throws IOException {
        if (resume != null) {
            return resumed(own);
        }
        ExperimentConfig config = given(own.apply(defaults.apply(or(preset, Preset.SMALL))));
        config.settings().requireUse(config.methods());
        return config;
    }

    private ExperimentConfig given(ExperimentConfig base) {
        return new ExperimentConfig(
                base.experiment(),
                base.target(),
                base.inputs(),
                or(device, base.device()),
                or(methods, base.methods()),
                or(seeds, base.seeds()),
                base.pretrained(),
                given(base.protocol()),
                given(base.settings()));
    }

    private Protocol given(Protocol base) {
        return new Protocol(
                base.base(),
                or(steps, base.steps()),
                or(batch, base.batch()),
                or(accumulation, base.accumulation()),
                or(learningRate, base.learningRate()),
                or(schedule, base.schedule()),
                or(warmup, warmup(base)),
                or(power, base.power()),
                or(maxGradNorm, base.maxGradNorm()),
                or(evaluateEvery, base.evaluateEvery()),
                or(selection, base.selection()),
                or(minutes, base.minutes()),
                or(saveEvery, base.saveEvery()),
                precision == null ? base.precision() : Precision.named(precision));
    }

    /** The default's warm-up takes the same share of a run that is longer or shorter. */
    private int warmup(Protocol base) {
        return (int) ((long) base.warmup() * or(steps, base.steps()) / base.steps());
    }

    private MethodSettings given(MethodSettings base) {
        return new MethodSettings(
                or(rho, base.rho()),
                or(sigma, base.sigma()),
                or(gamma, base.gamma()),
                or(lambda, base.lambda()),
                or(scale, base.scale()),
                or(divergence, base.divergence()));
    }

    static <T> T or(T given, T otherwise) {
        return given == null ? otherwise : given;
    }

    private ExperimentConfig resumed(UnaryOperator<ExperimentConfig> own) throws IOException {
        if (out != null && !out.equals(resume)) {
            throw Arguments.rejected("--out", "absent with --resume", out);
        }
        if (preset != null) {
            throw Arguments.rejected("--preset", "absent with --resume", preset);
        }
        Path file = new ExperimentDirectory(resume).config();
        if (!Files.isRegularFile(file)) {
            throw Arguments.rejected(
                    "--resume", "the directory of an experiment, with a config.json", resume);
        }
        ExperimentConfig saved = Json.read(file, ExperimentConfig.class);
        if (!saved.experiment().equals(spec.name())) {
            throw Arguments.rejected(
                    "--resume",
                    "an experiment of tram " + spec.name(),
                    resume + " of tram " + saved.experiment());
        }
        if (!given(own.apply(saved)).equals(saved)) {
            throw Arguments.rejected(
                    "the options beside --resume", "those of " + file, commandLine());
        }
        return saved;
    }

    private static void checkPrecision(Precision precision) {
        try (NDManager manager = NDManager.newBaseManager()) {
            if (!precision.isAvailable(manager)) {
                throw Arguments.rejected(
                        "--precision",
                        "fp32 without the fused kernels of the PyTorch engine",
                        precision);
            }
        }
    }

    /** Only GPUs that the engine sees, and the CPU. */
    static void checkDevice(String name) {
        int gpus = Engine.getInstance().getGpuCount();
        String known = "cpu" + (gpus == 0 ? " (there is no GPU)" : " or gpu0 … gpu" + (gpus - 1));
        if (!name.matches("cpu|gpu\\d+")) {
            throw Arguments.rejected("--device", known, name);
        }
        Device asked = Device.fromName(name);
        if (asked.isGpu() && asked.getDeviceId() >= gpus) {
            throw Arguments.rejected("--device", known, name);
        }
        if (asked.isGpu() && Boolean.getBoolean(Kernels.STREAMS)) {
            throw Arguments.rejected("-D" + Kernels.STREAMS, "false on a GPU", true);
        }
    }

    /**
     * Loads the engine, which must have the device, and returns where the files go; a new directory
     * is not created yet.
     *
     * @param config the configuration
     * @return the directory, empty or of the experiment that is resumed
     * @throws IOException if an existing directory cannot be read
     * @throws IllegalArgumentException if there is no such device, or if the directory cannot be
     *     written or has something else in it
     */
    ExperimentDirectory directory(ExperimentConfig config) throws IOException {
        checkDevice(config.device());
        checkPrecision(config.protocol().precision());
        if (resume != null) {
            return new ExperimentDirectory(resume, Optional.ofNullable(tensorBoard));
        }
        String stamp = STAMP.format(LocalDateTime.now(ZoneId.systemDefault()));
        Path root = or(out, Path.of("runs", config.experiment() + "-" + stamp));
        OutputDirectory.check(root, "empty or new (--resume goes on with an old one)");
        return new ExperimentDirectory(root, Optional.ofNullable(tensorBoard));
    }

    /**
     * Returns a file's name that does not depend on the working directory, so that an experiment
     * can be resumed from another one.
     */
    static String absolute(Path file) {
        return file.toAbsolutePath().normalize().toString();
    }

    /** Returns a checkpoint's name; a directory's is absolute. */
    static String checkpoint(String given, String otherwise) {
        if (given == null) {
            return otherwise;
        }
        return Files.isDirectory(Path.of(given)) ? absolute(Path.of(given)) : given;
    }

    /** Returns the command line as it was given. */
    String commandLine() {
        List<String> arguments = spec.root().commandLine().getParseResult().originalArgs();
        return "tram " + String.join(" ", arguments);
    }
}
