package dev.tram.examples.task.imagefolder;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.djl.transformers.model.VitConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A Vision Transformer of one layer, for images of 16 pixels and two classes. */
public final class TinyVit {

    private TinyVit() {}

    /** Writes one with random weights, the same each time. */
    public static void save(Path checkpoint) throws IOException {
        Engine.getInstance().setRandomSeed(1);
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel model = VitConfig.of(16, 8, 16, 1, 2, List.of("a", "b")).newBlock();
            model.initialize(manager);
            model.save(checkpoint);
        }
    }
}
