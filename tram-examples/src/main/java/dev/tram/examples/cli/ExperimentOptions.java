package dev.tram.examples.cli;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
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
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
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

    static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

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

    /** Options of a command of which config.json has keys, and those of all commands. */
    private static final Set<String> KEPT_ELSEWHERE =
            Set.of("checkpoint", "target", "train-domain", "limit", "help", "version");

    /**
     * Returns what to run: the options that were given, over a preset, a file or what is resumed.
     *
     * @param own adds the command's own options to the JSON of a configuration
     * @throws IllegalArgumentException if a value is rejected, or {@code --resume} is given with
     *     other options than the experiment's
     */
    ExperimentConfig config(Consumer<ObjectNode> own) throws IOException {
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
        List<String> known =
                spec.optionsMap().values().stream()
                        .filter(
                                option ->
                                        !(option.userObject() instanceof Field field
                                                && field.getDeclaringClass()
                                                        == ExperimentOptions.class))
                        .map(option -> option.longestName().substring(2))
                        .filter(name -> !KEPT_ELSEWHERE.contains(name))
                        .distinct()
                        .sorted()
                        .toList();
        for (Map.Entry<String, JsonNode> input : inputs.properties()) {
            if (!known.contains(input.getKey())) {
                throw Arguments.rejected(
                        file + ": the keys of inputs",
                        "some of " + String.join(", ", known),
                        input.getKey());
            }
        }
    }

    private ExperimentConfig given(ObjectNode defaults, Consumer<ObjectNode> own) {
        ObjectNode json = defaults.deepCopy();
        if (precision != null) {
            Precision.named(precision);
        }
        json.setAll((ObjectNode) Json.MAPPER.valueToTree(this));
        if (steps != null && warmup == null && defaults.path("steps").asInt() > 0) {
            json.put(
                    "warmup",
                    defaults.get("warmup").asLong() * steps / defaults.get("steps").asInt());
        }
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
        StringBuilder words = new StringBuilder();
        for (Field field : ExperimentOptions.class.getDeclaredFields()) {
            Option option = field.getAnnotation(Option.class);
            if (option != null && json.has(keyOf(field))) {
                words.append(' ')
                        .append(option.names()[0])
                        .append(' ')
                        .append(inWords(json.get(keyOf(field))));
            }
        }
        return words.toString();
    }

    /** Whether the paper's settings are asked for, with its number of steps. */
    boolean isPaper() {
        return "paper".equals(preset) && steps == null;
    }

    private ExperimentConfig resumed(Consumer<ObjectNode> own) throws IOException {
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
                                        optionOf(entry.getKey()),
                                        inWords(entry.getValue()),
                                        inWords(old)));
            }
        }
    }

    /** The option that sets a key of config.json. */
    private static String optionOf(String key) {
        for (Field field : ExperimentOptions.class.getDeclaredFields()) {
            Option option = field.getAnnotation(Option.class);
            if (option != null && keyOf(field).equals(key)) {
                return option.names()[0];
            }
        }
        return "--" + key;
    }

    private static String keyOf(Field field) {
        return PropertyNamingStrategies.SnakeCaseStrategy.INSTANCE.translate(field.getName());
    }

    private static String inWords(JsonNode value) {
        if (value.isArray()) {
            List<String> values = new ArrayList<>();
            value.forEach(one -> values.add(one.asText()));
            return String.join(",", values);
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

    static void checkPrecision(Precision precision) {
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
        if (devices.size() > 1 && (devices.contains("cpu") || !isDistinct(devices))) {
            throw Arguments.rejected("--device", "one device, or different GPUs", names);
        }
        if (devices.size() > batch) {
            throw Arguments.rejected(
                    "--batch", "at least one example per device of " + names, batch);
        }
    }

    private static boolean isDistinct(List<String> devices) {
        return devices.stream().distinct().count() == devices.size();
    }

    /** Only GPUs that the engine sees, and the CPU. */
    static void checkDevice(String name) {
        int gpus = Engine.getInstance().getGpuCount();
        String known = "cpu" + (gpus == 0 ? " (there is no GPU)" : " or gpu0 … gpu" + (gpus - 1));
        if (!name.matches("cpu|gpu\\d{1,4}")) {
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
     * @return the directory, empty or of the experiment that is resumed
     * @throws IllegalArgumentException if there is no such device, or if the directory cannot be
     *     written or has something else in it
     */
    ExperimentDirectory directory(ExperimentConfig config) throws IOException {
        checkDevices(config.device(), config.protocol().batch());
        checkPrecision(config.protocol().precision());
        if (resume != null) {
            return new ExperimentDirectory(resume, Optional.ofNullable(tensorBoard));
        }
        String stamp = STAMP.format(LocalDateTime.now(ZoneId.systemDefault()));
        String command = String.join("-", commandWords());
        Path root = Objects.requireNonNullElse(out, Path.of("runs", command + "-" + stamp));
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

    /** Returns the names of the command and of those that it is below, but for the first, tram. */
    private List<String> commandWords() {
        List<String> words = List.of(spec.qualifiedName().split(" ", -1));
        return words.subList(1, words.size());
    }

    /** Returns the command line as it was given. */
    String commandLine() {
        return Tram.given(spec);
    }
}
