package dev.tram.experiments.sweep;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.TextFile;
import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.NearNames;
import dev.tram.experiments.Protocol;
import dev.tram.experiments.RunKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A grid file: experiments by name, each a command with its options, in YAML. {@code defaults} are
 * options of all of them; {@code vary} has lists of values, every combination of which is an
 * experiment of its own. {@code halving: {first-steps: N}} asks for a {@link Tournament}.
 *
 * @param groups the experiments with their combinations, in the file's order
 * @param firstSteps how many steps all candidates of a tournament are trained; empty for the whole
 *     grid
 */
public record GridFile(String text, List<Group> groups, OptionalInt firstSteps) {

    private static final String COMMAND = "command";
    private static final String DEFAULTS = "defaults";
    private static final String EXPERIMENTS = "experiments";
    private static final String VARY = "vary";
    private static final String HALVING = "halving";
    private static final String FIRST_STEPS = "first-steps";
    private static final List<String> KEYS = List.of(DEFAULTS, EXPERIMENTS, VARY, HALVING);

    /** More than a person writes. */
    private static final long MOST_BYTES = 1L << 20;

    /** Each cell's process reads them all, and each takes a minute or more. */
    private static final long MOST_CELLS = 10_000;

    private static final YAMLMapper YAML =
            YAMLMapper.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .build();

    public GridFile {
        groups = List.copyOf(groups);
    }

    /**
     * Reads a grid file.
     *
     * @throws IllegalArgumentException if a key or a value is wrong, naming it
     */
    public static GridFile read(Path file, String name, Experiments experiments)
            throws IOException {
        if (!Files.isRegularFile(file)) {
            throw Arguments.rejected("GRID", "a YAML file", name);
        }
        String text = text(file, name);
        return new Reader(name, experiments).grid(text, parsed(name, text));
    }

    private static String text(Path file, String name) throws IOException {
        long size = Files.size(file);
        if (size > MOST_BYTES) {
            throw Arguments.rejected(
                    "GRID", "a file of at most " + MOST_BYTES + " bytes", name + " of " + size);
        }
        return TextFile.read(file);
    }

    private static JsonNode parsed(String name, String text) throws IOException {
        try {
            return YAML.readTree(text);
        } catch (JsonProcessingException e) {
            int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
            throw new IllegalArgumentException(
                    name + ", line " + line + ": " + e.getOriginalMessage(), e);
        }
    }

    /** Returns the cells, in the order in which the commands run them. */
    public List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        for (Group group : groups) {
            for (String target : group.targets()) {
                for (RunKey run : group.config().runs()) {
                    cells.add(new Cell(cells.size(), group, target, run));
                }
            }
        }
        return cells;
    }

    /** Turns YAML into groups; what is wrong is told with its place in the file. */
    private record Reader(String file, Experiments experiments) {

        GridFile grid(String text, JsonNode root) throws IOException {
            ObjectNode grid = object("", root);
            requireKnown("", grid, KEYS);
            List<Group> groups = groups(grid);
            OptionalInt firstSteps = OptionalInt.empty();
            if (grid.has(HALVING)) {
                firstSteps = OptionalInt.of(firstSteps(object(HALVING, grid.get(HALVING))));
                for (Group group : groups) {
                    requireRounds(group, groups, firstSteps.getAsInt());
                }
            }
            return new GridFile(text, groups, firstSteps);
        }

        private int firstSteps(ObjectNode halving) {
            requireKnown(HALVING, halving, List.of(FIRST_STEPS));
            JsonNode steps = halving.path(FIRST_STEPS);
            if (!steps.isInt() || steps.asInt() < 1) {
                throw wrong(
                        HALVING,
                        FIRST_STEPS + " must be a whole number >= 1, received: " + steps.asText());
            }
            return steps.asInt();
        }

        /** A run pauses where the plain one is validated and saved, so that it stays the same. */
        private void requireRounds(Group group, List<Group> all, int firstSteps) {
            Protocol protocol = group.config().protocol();
            String rule =
                    FIRST_STEPS + " " + firstSteps + " must be a multiple of %s, which is %s in %s";
            if (!protocol.isSaved(firstSteps)) {
                throw wrong(
                        HALVING, rule.formatted("save-every", protocol.saveEvery(), group.name()));
            }
            if (!protocol.isValidated(firstSteps)) {
                String every =
                        protocol.evaluateEvery() > 0
                                ? Integer.toString(protocol.evaluateEvery())
                                : "an eighth of " + protocol.steps() + " steps";
                throw wrong(HALVING, rule.formatted("evaluate-every", every, group.name()));
            }
            boolean hasOneLength =
                    all.stream()
                            .filter(other -> other.experiment().equals(group.experiment()))
                            .allMatch(
                                    other -> other.config().protocol().steps() == protocol.steps());
            if (!hasOneLength || protocol.minutes() != null) {
                throw wrong(
                        HALVING,
                        "all runs of %s must be as long: steps is varied or minutes is set"
                                .formatted(group.experiment()));
            }
        }

        private List<Group> groups(ObjectNode grid) throws IOException {
            ObjectNode defaults = object(DEFAULTS, optional(grid, DEFAULTS));
            List<Map<String, JsonNode>> combinations =
                    combinations(object(VARY, optional(grid, VARY)));
            ObjectNode all = object(EXPERIMENTS, optional(grid, EXPERIMENTS));
            if (all.isEmpty()) {
                throw wrong(EXPERIMENTS, "at least one experiment by name is needed");
            }
            requireFewCells("", (long) all.size() * combinations.size());
            List<Group> groups = new ArrayList<>();
            long cells = 0;
            for (Map.Entry<String, JsonNode> entry : all.properties()) {
                for (Map<String, JsonNode> varied : combinations) {
                    ObjectNode options = defaults.deepCopy();
                    options.setAll(object(entry.getKey(), entry.getValue()));
                    options.setAll(varied);
                    Group group = group(entry.getKey(), varied, options);
                    groups.add(group);
                    cells += group.cells();
                    requireFewCells(entry.getKey(), cells);
                }
            }
            return groups;
        }

        private void requireFewCells(String place, long cells) {
            if (cells > MOST_CELLS) {
                throw wrong(
                        place,
                        "a grid can have %s cells: give fewer values or seeds, or several grid files"
                                .formatted(MOST_CELLS));
            }
        }

        private Group group(String name, Map<String, JsonNode> varied, ObjectNode options)
                throws IOException {
            requireFileName(name);
            String command = command(name, options);
            requireKnown(name, options, experiments.options(command));
            List<String> arguments = new ArrayList<>();
            for (Map.Entry<String, JsonNode> option : options.properties()) {
                add(name, option.getKey(), option.getValue(), arguments);
            }
            ExperimentConfig config = config(name, command, arguments);
            arguments.add(0, command);
            String group = name + inWords(varied);
            return new Group(
                    group, name, config, experiments.targets(config), List.copyOf(arguments));
        }

        private ExperimentConfig config(String name, String command, List<String> arguments)
                throws IOException {
            try {
                return experiments.config(command, arguments);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(wrong(name, e.getMessage()).getMessage(), e);
            }
        }

        private String command(String name, ObjectNode options) {
            JsonNode command = options.remove(COMMAND);
            List<String> known = experiments.commands();
            if (command == null || !known.contains(command.asText())) {
                String received =
                        command == null
                                ? "nothing"
                                : command.asText() + near(command.asText(), known);
                throw wrong(
                        name,
                        "command must be one of %s, received: %s"
                                .formatted(String.join(", ", known), received));
            }
            return command.asText();
        }

        private void add(String name, String option, JsonNode value, List<String> arguments) {
            Stream<JsonNode> values = value.isArray() ? value.valueStream() : Stream.of(value);
            arguments.add(
                    values.map(one -> scalar(name, option, one))
                            .collect(Collectors.joining(",", "--" + option + "=", "")));
        }

        private String scalar(String name, String option, JsonNode value) {
            if (!value.isValueNode() || value.isNull()) {
                throw wrong(name, option + " must be a value or a list of values");
            }
            return value.isBigDecimal() ? value.decimalValue().toPlainString() : value.asText();
        }

        /** All combinations of the varied options' values; a single empty one if none is varied. */
        private List<Map<String, JsonNode>> combinations(ObjectNode vary) {
            List<Map<String, JsonNode>> combinations = List.of(Map.of());
            for (Map.Entry<String, JsonNode> axis : vary.properties()) {
                if (!axis.getValue().isArray() || axis.getValue().isEmpty()) {
                    throw wrong(VARY, axis.getKey() + " must be a list of values");
                }
                requireFewCells(VARY, (long) combinations.size() * axis.getValue().size());
                List<Map<String, JsonNode>> longer = new ArrayList<>();
                for (Map<String, JsonNode> combination : combinations) {
                    for (JsonNode value : axis.getValue()) {
                        Map<String, JsonNode> one = new LinkedHashMap<>(combination);
                        one.put(axis.getKey(), value);
                        longer.add(one);
                    }
                }
                combinations = longer;
            }
            return combinations;
        }

        private String inWords(Map<String, JsonNode> varied) {
            StringBuilder words = new StringBuilder();
            varied.forEach(
                    (option, value) -> {
                        String text = scalar(VARY, option, value);
                        requireFileName(text);
                        words.append(',').append(option).append('=').append(text);
                    });
            return words.toString();
        }

        private static JsonNode optional(ObjectNode grid, String key) {
            return grid.has(key) ? grid.get(key) : JsonNodeFactory.instance.objectNode();
        }

        private ObjectNode object(String place, JsonNode node) {
            if (!(node instanceof ObjectNode object)) {
                throw wrong(place, "keys with values are needed (KEY: VALUE)");
            }
            return object;
        }

        private void requireKnown(String place, ObjectNode node, Collection<String> known) {
            for (Map.Entry<String, JsonNode> entry : node.properties()) {
                if (!known.contains(entry.getKey())) {
                    throw wrong(
                            place,
                            "there is no key '%s'%s (there are %s)"
                                    .formatted(
                                            entry.getKey(),
                                            near(entry.getKey(), known),
                                            String.join(", ", known)));
                }
            }
        }

        /** Names of experiments and varied values become names of directories. */
        private void requireFileName(String name) {
            if (!name.matches("[\\w@=.+-]+") || name.startsWith(".")) {
                throw wrong(
                        name,
                        "a name must have letters, digits, _, -, +, =, @ and . only, as it is a"
                                + " directory's");
            }
        }

        private static String near(String wrong, Collection<String> known) {
            return NearNames.didYouMean(NearNames.of(wrong, known));
        }

        private IllegalArgumentException wrong(String place, String message) {
            return new IllegalArgumentException(
                    file + (place.isEmpty() ? "" : ", " + place) + ": " + message);
        }
    }
}
