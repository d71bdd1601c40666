package dev.tram.djl.internal.engine;

import ai.djl.nn.Block;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Walks a tree of blocks. */
public final class Blocks {

    private Blocks() {}

    /** All blocks of a type, in the tree's order, each once. */
    public static <T extends Block> List<T> ofType(Block root, Class<T> type) {
        List<T> found = new ArrayList<>();
        collect(root, type, found);
        return found;
    }

    public static boolean anyMatch(Block root, Predicate<Block> predicate) {
        return ofType(root, Block.class).stream().anyMatch(predicate);
    }

    private static <T extends Block> void collect(Block block, Class<T> type, List<T> found) {
        if (type.isInstance(block) && found.stream().noneMatch(known -> known == block)) {
            found.add(type.cast(block));
        }
        for (Block child : block.getChildren().values()) {
            collect(child, type, found);
        }
    }
}
