package dev.tram.djl.transformers.model;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.BlockList;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;

/**
 * The Hugging Face names of a block's parameters: the names of the child blocks that lead to one,
 * without the number that DJL puts first and without empty names, and its own name, joined by dots.
 * Adapters are not part of it.
 */
final class TensorNames {

    private static final Pattern CONV1D = Pattern.compile("\\.c_(attn|proj|fc)\\.weight$");

    private TensorNames() {}

    static Map<String, Parameter> of(Block block) {
        Map<String, Parameter> named = new LinkedHashMap<>();
        visit(
                "",
                block,
                (path, each) ->
                        each.getDirectParameters()
                                .forEach(
                                        entry ->
                                                named.put(
                                                        path + entry.getKey(), entry.getValue())));
        return named;
    }

    /** Returns a block's linear maps by name. */
    static Map<String, Dense> linearMaps(Block block) {
        Map<String, Dense> maps = new LinkedHashMap<>();
        visit(
                "",
                block,
                (path, each) -> {
                    if (each instanceof Dense map) {
                        maps.put(path.substring(0, path.length() - 1), map);
                    }
                });
        return maps;
    }

    /** Visits a block and those below it, but for adapters, with the paths that lead to them. */
    private static void visit(String path, Block block, BiConsumer<String, Block> visitor) {
        visitor.accept(path, block);
        if (block instanceof Dense) {
            return;
        }
        BlockList children = block.getChildren();
        for (int i = 0; i < children.size(); i++) {
            Pair<String, Block> child = children.get(i);
            String number = String.format(Locale.ROOT, "%02d", i + 1);
            String name = child.getKey().substring(number.length());
            visit(name.isEmpty() ? path : path + name + ".", child.getValue(), visitor);
        }
    }

    /** Whether a tensor is stored as (in, out): GPT-2's maps, which transformers calls Conv1D. */
    static boolean isTransposed(TransformerModel model, String name) {
        return model instanceof Gpt2 && CONV1D.matcher(name).find();
    }

    /** Returns the shape in which a parameter is stored. */
    static Shape storedShape(TransformerModel model, String name, Parameter parameter) {
        Shape shape = parameter.getShape();
        return isTransposed(model, name) ? new Shape(shape.get(1), shape.get(0)) : shape;
    }
}
