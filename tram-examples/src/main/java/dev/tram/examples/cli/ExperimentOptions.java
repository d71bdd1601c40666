package dev.tram.examples.cli;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.pytorch.Kernels;
import dev.tram.djl.transformers.model.Precision;
import dev.tram.experiments.ConfigFile;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ExperimentDirectory;
import dev.tram.experiments.Json;
import dev.tram.experiments.Schedule;
import dev.tram.experiments.Selection;
import java.io.IOException;
import java.lang.reflect.Field;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.io.function.IOConsumer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The options of every command that compares methods. Fields are named as the keys of config.json:
 * what is given replaces the preset's value, or that of the user's own file.
 */
@JsonAutoDetect(
        fieldVisibility = JsonAutoDetect.Visibility.ANY,
        getterVisibility = JsonAutoDetect.Visibility.NONE,
        isGetterVisibility = JsonAutoDetect.Visibility.NONE)
@JsonInclude(JsonInclude.Include.NON_NULL)
@SuppressWarnings("UnusedVariable") // Jackson reads the fields
final class ExperimentOptions {

    /** The options of this class, most of which set a key of config.json, by these. */
    private static final Map<String, String> OPTIONS = options();

    /** Options of a command of which config.json has keys, and those of all commands. */
    private static final Set<String> NO_INPUTS =
            Set.of("checkpoint", "target", "train-domain", "limit", "help", "version");

    @Spec(Spec.Target.MIXEE)
    @JsonIgnore
    private CommandSpec spec;

    @Option(names = "--preset", paramLabel = "NAME")
    @JsonIgnore
    private String preset;

    @Option(names = "--config", paramLabel = "FILE")
    @JsonIgnore
    private Path file;

    @Option(names = "--methods", split = ",", paramLabel = "A,B")
    private List<String> methods;

    @Option(names = "--seeds", paramLabel = "N")
    private Integer seeds;

    @Option(names = "--steps", paramLabel = "N")
    private Integer steps;

    @Option(names = "--batch", paramLabel = "N")
    private Integer batch;

    @Option(names = "--accumulate", paramLabel = "N")
    private Integer accumulation;

    @Option(names = "--lr", paramLabel = "X")
    private Float learningRate;

    @Option(names = "--schedule", paramLabel = "NAME")
    private Schedule schedule;

    @Option(names = "--warmup", paramLabel = "N")
    private Integer warmup;

    @Option(names = "--clip", paramLabel = "X")
    private Float maxGradNorm;

    @Option(names = "--evaluate-every", paramLabel = "N")
    private Integer evaluateEvery;

    @Option(names = "--select", paramLabel = "NAME")
    private Selection selection;

    @Option(names = "--minutes", paramLabel = "X")
    private Float minutes;

    @Option(names = "--save-every", paramLabel = "N")
    private Integer saveEvery;

    @Option(names = "--precision", paramLabel = "NAME")
    private String precision;

    @Option(names = "--lora", paramLabel = "r=8,alpha=16,targets=A+B")
    private String lora;

    @Option(names = "--rho", paramLabel = "X")
    private Float rho;

    @Option(names = "--sigma", paramLabel = "X")
    private Float sigma;

    @Option(names = "--gamma", paramLabel = "X")
    private Float gamma;

    @Option(names = "--lambda", paramLabel = "X")
    private Float lambda;

    @Option(names = "--scale", paramLabel = "X")
    private Float scale;

    @Option(names = "--divergence", paramLabel = "NAME")
    private String divergence;

    @Option(names = "--device", paramLabel = "NAME")
    private String device;

    @Option(names = "--out", paramLabel = "DIR")
    @JsonIgnore
    private Path out;

    @Option(names = "--resume", paramLabel = "DIR")
    @JsonIgnore
    private Path resume;

    @Option(names = "--tensorboard", paramLabel = "DIR")
    @JsonIgnore
    private Path tensorBoard;

    @Mixin @JsonIgnore private LimitOptions limits;

    private static Map<String, String> options() {
        Map<String, String> options = new LinkedHashMap<>();
        for (Field field : ExperimentOptions.class.getDeclaredFields()) {
            Option option = field.getAnnotation(Option.class);
            if (option != null) {
                options.put(
                        SnakeCaseStrategy.INSTANCE.translate(field.getName()), option.names()[0]);
            }
        }
        return options;
    }

    /**
     * Returns what to run: the options that were given, over a preset, a file or what is resumed.
     *
     * @param own adds the command's own options to the JSON of a configuration
     * @throws IllegalArgumentException if a value is rejected, or {@code --resume} is given with
     *     other options than the experiment's
     */
    ExperimentConfig config(IOConsumer<ObjectNode> own) throws IOException {
        if (resume != null) {
            return resumed(own);
        }
        ExperimentConfig config = given(defaults(), own);
        config.settings().requireUse(config.methods());
        return config;
    }

    /** Whether the methods were given rather than a preset's. */
    boolean hasMethods() {
        return methods != null || file != null || resume != null;
    }

    private ObjectNode defaults() throws IOException {
        List<String> presets = ExperimentConfig.presets(spec.name());
        if (preset != null && !presets.contains(preset)) {
            throw Arguments.rejected("--preset", "one of " + String.join(", ", presets), preset);
        }
        String name = preset == null ? presets.get(0) : preset;
        ObjectNode defaults = ExperimentConfig.preset(spec.name() + "-" + name);
        if (file != null) {
            if (!Files.isReadable(file) || Files.isDirectory(file)) {
                throw Arguments.rejected("--config", "a file that can be read", file);
            }
            defaults = ConfigFile.over(defaults, file, steps != null);
            requireInputs(defaults.get("inputs"));
            requireExperiment("--config", defaults.path("experiment").asText(), file);
        }
        return defaults;
    }

    private void requireInputs(JsonNode inputs) {
        List<String> known = inputs().map(ExperimentOptions::nameOf).sorted().toList();
        for (Map.Entry<String, JsonNode> input : inputs.properties()) {
            if (!known.contains(input.getKey())) {
                throw Arguments.rejected(
                        file + ": the keys of inputs",
                        "some of " + String.join(", ", known),
                        input.getKey());
            }
        }
    }

    /** The options of the command's own that are keys of the inputs. */
    private Stream<OptionSpec> inputs() {
        return spec.options().stream()
                .filter(option -> !option.inherited())
                .filter(option -> !OPTIONS.containsValue(option.longestName()))
                .filter(option -> !NO_INPUTS.contains(nameOf(option)));
    }

    private static String nameOf(OptionSpec option) {
        return option.longestName().substring(2);
    }

    /** Adds the command's own options that were given: the inputs and the checkpoint. */
    void addInputs(ObjectNode json) {
        ObjectNode inputs = (ObjectNode) json.get("inputs");
        inputs().filter(option -> option.getValue() != null)
                .filter(option -> !option.getValue().equals(false))
                .forEach(option -> inputs.put(nameOf(option), text(option.getValue())));
        String checkpoint = spec.findOption("--checkpoint").getValue();
        if (checkpoint != null) {
            Path place = Path.of(checkpoint);
            json.put("pretrained", Files.isDirectory(place) ? text(place) : checkpoint);
        }
    }

    /**
     * A file's name does not depend on the working directory, so that an experiment can be resumed
     * from another one.
     */
    private static String text(Object given) {
        return given instanceof Path file
                ? file.toAbsolutePath().normalize().toString()
                : given.toString();
    }

    private ExperimentConfig given(ObjectNode defaults, IOConsumer<ObjectNode> own)
            throws IOException {
        if (precision != null) {
            Precision.named(precision);
        }
        ObjectNode json = ConfigFile.over(defaults, Json.MAPPER.<ObjectNode>valueToTree(this));
        own.accept(json);
        return ExperimentConfig.of(json, file == null ? "the options" : file.toString());
    }

    static String[] footer(String command) {
        List<String> lines = new ArrayList<>(List.of(""));
        for (String preset : ExperimentConfig.presets(command)) {
            lines.add(
                    "--preset %s:%s"
                            .formatted(
                                    preset,
                                    inWords(ExperimentConfig.preset(command + "-" + preset))));
        }
        return lines.toArray(new String[0]);
    }

    private static String inWords(ObjectNode json) {
        return OPTIONS.entrySet().stream()
                .filter(option -> json.has(option.getKey()))
                .map(option -> " " + option.getValue() + " " + inWords(json.get(option.getKey())))
                .collect(Collectors.joining());
    }

    /** Whether the paper's settings are asked for, with its number of steps. */
    boolean isPaper() {
        return "paper".equals(preset) && steps == null;
    }

    private ExperimentConfig resumed(IOConsumer<ObjectNode> own) throws IOException {
        requireAbsent("--out", out == null || out.equals(resume) ? null : out);
        requireAbsent("--preset", preset);
        requireAbsent("--config", file);
        Path saved = new ExperimentDirectory(resume).config();
        if (!Files.isRegularFile(saved)) {
            throw Arguments.rejected(
                    "--resume", "the directory of an experiment, with a config.json", resume);
        }
        ExperimentConfig config = Json.read(saved, ExperimentConfig.class);
        requireExperiment("--resume", config.experiment(), resume);
        requireSame(
                Json.MAPPER.valueToTree(config),
                Json.MAPPER.valueToTree(given(Json.MAPPER.valueToTree(config), own)));
        return config;
    }

    private static void requireSame(ObjectNode saved, ObjectNode given) {
        for (Map.Entry<String, JsonNode> entry : given.properties()) {
            JsonNode old = saved.path(entry.getKey());
            if (!old.equals(entry.getValue())) {
                throw new IllegalArgumentException(
                        "%s %s differs from the saved run (%s); drop it, or start a new run"
                                .formatted(
                                        OPTIONS.getOrDefault(entry.getKey(), "--" + entry.getKey()),
                                        inWords(entry.getValue()),
                                        inWords(old)));
            }
        }
    }

    private static String inWords(JsonNode value) {
        if (value.isArray()) {
            return value.valueStream().map(JsonNode::asText).collect(Collectors.joining(","));
        }
        return value.isNull() || value.isMissingNode()
                ? "not set"
                : value.isFloatingPointNumber()
                        ? new BigDecimal(value.asText()).toPlainString()
                        : value.isObject() ? value.toString() : value.asText();
    }

    private static void requireAbsent(String option, Object value) {
        if (value != null) {
            throw Arguments.rejected(option, "absent with --resume", value);
        }
    }

    private void requireExperiment(String option, String experiment, Path place) {
        if (!experiment.equals(spec.name())) {
            throw Arguments.rejected(
                    option,
                    "an experiment of tram " + spec.name(),
                    place + " of tram " + experiment);
        }
    }

    /** Loads the engine and refuses devices and a precision that it does not have. */
    static void checkMachine(ExperimentConfig config) {
        checkDevices(config.device(), config.protocol().batch());
        Precision precision = config.protocol().precision();
        try (NDManager manager = NDManager.newBaseManager()) {
            if (!precision.isAvailable(manager)) {
                throw Arguments.rejected(
                        "--precision",
                        "fp32 without the fused kernels of the PyTorch engine",
                        precision);
            }
        }
    }

    /**
     * Devices of a training: the CPU, or GPUs that the engine sees, each with a part of the batch.
     */
    static void checkDevices(String names, int batch) {
        List<String> devices = List.of(names.split(",", -1));
        devices.forEach(ExperimentOptions::checkDevice);
        boolean isDistinct = devices.stream().distinct().count() == devices.size();
        if (devices.size() > 1 && (devices.contains("cpu") || !isDistinct)) {
            throw Arguments.rejected("--device", "one device, or different GPUs", names);
        }
        if (devices.size() > batch) {
            throw Arguments.rejected(
                    "--batch", "at least one example per device of " + names, batch);
        }
    }

    /** Only GPUs that the engine sees, and the CPU. */
    static void checkDevice(String name) {
        int gpus = Engine.getInstance().getGpuCount();
        boolean isGpu = name.matches("gpu\\d{1,4}");
        if (isGpu ? Device.fromName(name).getDeviceId() >= gpus : !name.equals("cpu")) {
            throw Arguments.rejected(
                    "--device",
                    "cpu" + (gpus == 0 ? " (there is no GPU)" : " or gpu0 … gpu" + (gpus - 1)),
                    name);
        }
        if (isGpu && Boolean.getBoolean(Kernels.STREAMS)) {
            throw Arguments.rejected("-D" + Kernels.STREAMS, "false on a GPU", true);
        }
    }

    /**
     * Loads the engine, which must have the device, and returns where the files go; a new directory
     * is not created yet.
     *
     * @return the directory, empty or of the experiment that is resumed
     * @throws IllegalArgumentException if there is no such device, or if the directory cannot be
     *     written or has something else in it
     */
    ExperimentDirectory directory(ExperimentConfig config) throws IOException {
        checkMachine(config);
        String command = spec.qualifiedName("-").replaceFirst("^tram-", "");
        Path root =
                resume != null
                        ? resume
                        : Output.directory(
                                out, command, "empty or new (--resume goes on with an old one)");
        return new ExperimentDirectory(root, Optional.ofNullable(tensorBoard));
    }

    String commandLine() {
        return Tram.given(spec);
    }
}
