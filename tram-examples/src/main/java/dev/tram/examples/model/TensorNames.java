package dev.tram.examples.model;

import ai.djl.nn.Block;
import ai.djl.nn.BlockList;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The Hugging Face names of a block's parameters: the names of the child blocks that lead to one,
 * without the number that DJL puts first and without empty names, and its own name, joined by dots.
 */
final class TensorNames {

    private TensorNames() {}

    static Map<String, Parameter> of(Block block) {
        Map<String, Parameter> named = new LinkedHashMap<>();
        collect("", block, named);
        return named;
    }

    private static void collect(String path, Block block, Map<String, Parameter> named) {
        block.getDirectParameters()
                .forEach(entry -> named.put(path + entry.getKey(), entry.getValue()));
        BlockList children = block.getChildren();
        for (int i = 0; i < children.size(); i++) {
            Pair<String, Block> child = children.get(i);
            String number = String.format(Locale.ROOT, "%02d", i + 1);
            String name = child.getKey().substring(number.length());
            collect(name.isEmpty() ? path : path + name + ".", child.getValue(), named);
        }
    }
}
