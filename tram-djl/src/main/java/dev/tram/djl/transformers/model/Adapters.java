package dev.tram.djl.transformers.model;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.AdaptedBlock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A model's low-rank adapters. With the first one, all other parameters are frozen; one adapter at
 * a time is active and trained. Adapters are added and switched while no trainer is open.
 *
 * <pre>{@code
 * model.adapters().add("reviews", LoraConfig.builder()
 *         .setTargetModules("query", "value").optModulesToSave("classifier").build());
 * // ... train ...
 * model.adapters().save("reviews", directory);
 * }</pre>
 */
public final class Adapters {

    private final TransformerModel model;
    private final Map<String, Dense> maps;
    private final Map<String, LoraConfig> configs = new LinkedHashMap<>();
    private String active;
    private boolean merged;

    Adapters(TransformerModel model) {
        this.model = model;
        maps = TensorNames.linearMaps(model);
    }

    /**
     * Adds an adapter that changes nothing yet, and activates it.
     *
     * @param name what it is called here
     * @param config what it adapts
     * @throws IllegalArgumentException if the name is taken, or a target is not a linear map of the
     *     model
     * @throws IllegalStateException if the model's parameters have no values yet, or an adapter is
     *     merged
     */
    public void add(String name, LoraConfig config) {
        requireUnmerged();
        if (!model.isInitialized()) {
            throw new IllegalStateException(
                    "adapters need a model whose parameters have values, received: one without");
        }
        if (configs.containsKey(name) || !name.matches("\\w+")) {
            throw Arguments.rejected(
                    "the adapter's name", "a new word beside " + configs.keySet(), name);
        }
        Map<String, Dense> targets = targets(config);
        Map<String, Dense> saved = saved(config);
        targets.keySet().removeAll(saved.keySet());
        model.freezeParameters(true);
        targets.values().forEach(map -> map.addLowRank(name, config));
        saved.values().forEach(map -> map.addCopy(name));
        configs.put(name, config);
        activate(name);
    }

    /**
     * Checks what an adapter adapts, whether or not the model's parameters have values yet.
     *
     * @param config what it adapts
     * @throws IllegalArgumentException if a target, or a part to save, is not a linear map of the
     *     model, naming it
     */
    public void requireFit(LoraConfig config) {
        targets(config);
        saved(config);
    }

    private Map<String, Dense> targets(LoraConfig config) {
        Map<String, Dense> chosen = new LinkedHashMap<>();
        for (String target : config.targetModules()) {
            choose(
                    "target_modules",
                    target,
                    chosen,
                    name -> config.targets(target, name, inTrunk(name)));
        }
        return chosen;
    }

    private boolean inTrunk(String name) {
        return name.startsWith(model.trunkName() + ".");
    }

    private Map<String, Dense> saved(LoraConfig config) {
        Map<String, Dense> chosen = new LinkedHashMap<>();
        for (String part : config.modulesToSave()) {
            choose("modules_to_save", part, chosen, name -> LoraConfig.saves(part, name));
        }
        return chosen;
    }

    private void choose(
            String key, String wanted, Map<String, Dense> chosen, Predicate<String> filter) {
        List<String> names = maps.keySet().stream().filter(filter).toList();
        if (names.isEmpty()) {
            String known =
                    maps.keySet().stream()
                            .map(name -> name.substring(name.lastIndexOf('.') + 1))
                            .collect(Collectors.toCollection(TreeSet::new))
                            .toString();
            throw Arguments.rejected(
                    key, "names of linear maps of the model, such as " + known, wanted);
        }
        names.forEach(name -> chosen.put(name, maps.get(name)));
    }

    /**
     * Reads an adapter in the layout of Hugging Face's PEFT and activates it.
     *
     * @param name what it is called here
     * @param directory a directory with {@code adapter_config.json} and {@code
     *     adapter_model.safetensors}
     * @throws IOException if a file cannot be read
     * @throws IllegalArgumentException if it is not an adapter of this model, or of a kind that is
     *     not implemented; the message names the key or each tensor
     */
    public void load(String name, Path directory) throws IOException {
        LoraConfig config = withPartsOf(AdapterDirectory.readConfig(directory));
        try (AdapterDirectory.Tensors tensors = new AdapterDirectory.Tensors(directory)) {
            tensors.requireArchitecture(model, maps.keySet());
            tensors.requireFit(shapes(config));
            add(name, config);
            deactivate();
            tensors.copyTo(parameters(name));
        }
        activate(name);
    }

    /** PEFT names the heads of all families at once, such as classifier and score. */
    private LoraConfig withPartsOf(LoraConfig config) {
        List<String> present =
                config.modulesToSave().stream()
                        .filter(
                                part ->
                                        maps.keySet().stream()
                                                .anyMatch(name -> LoraConfig.saves(part, name)))
                        .toList();
        return present.isEmpty() ? config : config.withModulesToSave(present);
    }

    /** The shapes of the tensors that an adapter of a configuration has, by name. */
    private Map<String, Shape> shapes(LoraConfig config) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        Map<String, Dense> targets = targets(config);
        Map<String, Dense> saved = saved(config);
        targets.keySet().removeAll(saved.keySet());
        targets.forEach(
                (name, map) -> {
                    Shape shape = map.weight().getShape();
                    shapes.put(name + ".lora_A.weight", new Shape(config.rank(), shape.get(1)));
                    shapes.put(name + ".lora_B.weight", new Shape(shape.get(0), config.rank()));
                });
        saved.forEach(
                (name, map) ->
                        map.ownParameters()
                                .forEach(
                                        (part, each) ->
                                                shapes.put(name + "." + part, each.getShape())));
        return shapes;
    }

    /**
     * Writes an adapter in the layout of Hugging Face's PEFT, which reads it.
     *
     * @param name the adapter
     * @param directory the directory, created if need be
     * @throws IOException if it cannot be written
     * @throws IllegalArgumentException if there is no such adapter
     */
    public void save(String name, Path directory) throws IOException {
        LoraConfig config = config(name);
        AdapterDirectory.write(directory, model, config, parameters(name));
    }

    /** Returns an adapter's parameters by their names in its file, without PEFT's prefix. */
    Map<String, Parameter> parameters(String adapter) {
        Map<String, Parameter> parameters = new LinkedHashMap<>();
        maps.forEach(
                (name, map) -> {
                    if (map.adapter(adapter) != null) {
                        map.adapter(adapter)
                                .tensors()
                                .forEach((part, each) -> parameters.put(name + "." + part, each));
                    }
                });
        return parameters;
    }

    /**
     * Returns the adapters.
     *
     * @return their names
     */
    public List<String> names() {
        return List.copyOf(configs.keySet());
    }

    /**
     * Returns what an adapter adapts.
     *
     * @param name the adapter
     * @return its configuration
     * @throws IllegalArgumentException if there is no such adapter
     */
    public LoraConfig config(String name) {
        if (!configs.containsKey(name)) {
            throw Arguments.rejected("the adapter", "one of " + configs.keySet(), name);
        }
        return configs.get(name);
    }

    /**
     * Returns the active adapter.
     *
     * @return its name, or nothing if all are off
     */
    public Optional<String> active() {
        return Optional.ofNullable(active);
    }

    /**
     * Activates one adapter, alone, and makes its parameters the trained ones.
     *
     * @param name the adapter
     * @throws IllegalArgumentException if there is no such adapter
     * @throws IllegalStateException if an adapter is merged
     */
    public void activate(String name) {
        requireUnmerged();
        config(name);
        model.freezeParameters(true);
        parameters(name).values().forEach(each -> each.freeze(false));
        active = name;
        connect(name);
    }

    /**
     * Switches all adapters off; everything stays frozen.
     *
     * @throws IllegalStateException if an adapter is merged
     */
    public void deactivate() {
        requireUnmerged();
        model.freezeParameters(true);
        active = null;
        connect(null);
    }

    private void connect(String name) {
        maps.values().forEach(map -> map.setActive(name == null ? null : map.adapter(name)));
    }

    /**
     * Adds the active adapter to the model's own parameters: the model then computes the same
     * without it, at the cost of the model without adapters, and is saved as an ordinary
     * checkpoint.
     *
     * @throws IllegalStateException if no adapter is active, or it is merged already
     */
    public void merge() {
        requireUnmerged();
        requireActive();
        connect(null);
        maps.values().stream()
                .filter(map -> map.adapter(active) != null)
                .forEach(map -> map.adapter(active).merge(map));
        merged = true;
    }

    /**
     * Takes the merged adapter out again. The parameters are what they were within rounding.
     *
     * @throws IllegalStateException if no adapter is merged
     */
    public void unmerge() {
        if (!merged) {
            throw new IllegalStateException("unmerge needs a merged adapter, received: none");
        }
        maps.values().stream()
                .filter(map -> map.adapter(active) != null)
                .forEach(map -> map.adapter(active).unmerge(map));
        merged = false;
        connect(active);
    }

    /** Whether the model computes with an adapter beside its own parameters. */
    boolean atWork() {
        return active != null && !merged;
    }

    AdaptedBlock.Scope off() {
        if (!atWork()) {
            throw new IllegalStateException(
                    "an adapter must be active to be switched off, received: "
                            + (merged ? "a merged one" : "none"));
        }
        maps.values().forEach(map -> map.setOff(true));
        return () -> maps.values().forEach(map -> map.setOff(false));
    }

    private void requireActive() {
        if (active == null) {
            throw new IllegalStateException("merge needs an active adapter, received: none");
        }
    }

    private void requireUnmerged() {
        if (merged) {
            throw new IllegalStateException(
                    "the adapter " + active + " is merged; unmerge() it first");
        }
    }
}
