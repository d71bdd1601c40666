package dev.tram.djl.transformers.inference;

import ai.djl.Model;
import ai.djl.nn.Block;
import ai.djl.nn.BlockFactory;
import dev.tram.djl.transformers.model.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Reads the block of a Hugging Face directory, for DJL's {@code Criteria} and djl-serving. The
 * directory's {@code serving.properties}, which {@code Checkpoint.save} writes, names it.
 */
public final class TransformerBlockFactory implements BlockFactory {

    private static final long serialVersionUID = 1;

    /** Creates a factory. */
    public TransformerBlockFactory() {}

    @Override
    public Block newBlock(Model model, Path modelPath, Map<String, ?> arguments)
            throws IOException {
        return Checkpoint.open(modelPath).load(model.getNDManager());
    }
}
