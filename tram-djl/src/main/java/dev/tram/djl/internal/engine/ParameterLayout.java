package dev.tram.djl.internal.engine;

import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A block's parameters in the fixed order of {@code block.getParameters()}; a parameter that stands
 * there twice (tied weights) counts once, under its first name.
 */
public final class ParameterLayout {

    private final List<String> names = new ArrayList<>();
    private final List<Parameter> parameters = new ArrayList<>();
    private final List<Integer> ascending = new ArrayList<>();
    private final Map<String, Integer> indexById = new HashMap<>();
    private final Map<String, Parameter> frozen = new LinkedHashMap<>();
    private final Map<String, Parameter> base = new LinkedHashMap<>();
    private final List<Parameter> statistics = new ArrayList<>();

    public ParameterLayout(Block block, Predicate<Parameter> filter) {
        this(block, filter, false);
    }

    /**
     * Lists a block's parameters.
     *
     * @param filter which trainable ones the ascent moves
     * @param adapted whether the block trains adapters of frozen parameters
     */
    public ParameterLayout(Block block, Predicate<Parameter> filter, boolean adapted) {
        for (Pair<String, Parameter> pair : block.getParameters()) {
            Parameter parameter = pair.getValue();
            if (parameter.requiresGradient()) {
                addTrainable(pair.getKey(), parameter, filter);
            } else {
                boolean isStatistic = isStatistic(parameter);
                Map<String, Parameter> others = adapted && !isStatistic ? base : frozen;
                others.putIfAbsent(pair.getKey(), parameter);
                if (isStatistic) {
                    statistics.add(parameter);
                }
            }
        }
    }

    private void addTrainable(String name, Parameter parameter, Predicate<Parameter> filter) {
        int index = parameters.size();
        if (indexById.putIfAbsent(parameter.getId(), index) != null) {
            return;
        }
        names.add(name);
        parameters.add(parameter);
        if (filter.test(parameter)) {
            ascending.add(index);
        }
    }

    private static boolean isStatistic(Parameter parameter) {
        return parameter.getType() == Parameter.Type.RUNNING_MEAN
                || parameter.getType() == Parameter.Type.RUNNING_VAR;
    }

    /** Whether a parameter is a weight rather than a bias or a normalisation's shift. */
    public static boolean isWeight(Parameter parameter) {
        return parameter.getType() != Parameter.Type.BIAS
                && parameter.getType() != Parameter.Type.BETA;
    }

    /** The names of the trainable parameters. */
    public List<String> names() {
        return names;
    }

    /** The trainable parameters. */
    public List<Parameter> parameters() {
        return parameters;
    }

    /** The indices of those that the ascent moves. */
    public List<Integer> ascending() {
        return ascending;
    }

    /** The running statistics of batch normalisation. */
    public List<Parameter> statistics() {
        return statistics;
    }

    /**
     * Parameters that are not trained, running statistics included, by name; without {@link #base}.
     */
    public Map<String, Parameter> frozen() {
        return frozen;
    }

    /** The trainable parameters and {@link #frozen}, by name. */
    public Map<String, Parameter> all() {
        Map<String, Parameter> all = new LinkedHashMap<>();
        for (int i = 0; i < names.size(); i++) {
            all.put(names.get(i), parameters.get(i));
        }
        all.putAll(frozen);
        return all;
    }

    /** What adapters adapt, by name: it never changes, and its user has it. */
    public Map<String, Parameter> base() {
        return base;
    }

    /** Whether a parameter is the model's, and not trained. */
    public boolean isFrozen(Parameter parameter) {
        return frozen.containsValue(parameter) || base.containsValue(parameter);
    }

    /** The index of a trainable parameter, or null. */
    public Integer indexOf(String parameterId) {
        return indexById.get(parameterId);
    }

    public boolean sameParameters(ParameterLayout other) {
        return parameters.equals(other.parameters) && ascending.equals(other.ascending);
    }
}
