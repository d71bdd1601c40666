package dev.tram.examples.task.texttable;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import dev.tram.djl.transformers.model.EncoderConfig;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.examples.SmallTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Writes a very small encoder with random weights and a tokenizer. */
final class SmallEncoder {

    private SmallEncoder() {}

    static void write(Path directory) throws IOException {
        Engine.getInstance().setRandomSeed(3);
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel model =
                    EncoderConfig.of(
                                    "xlm-roberta",
                                    SmallTokenizer.SIZE,
                                    40,
                                    16,
                                    1,
                                    2,
                                    List.of("0", "1"))
                            .newBlock();
            model.initialize(manager);
            model.save(directory);
        }
        SmallTokenizer.ROBERTA.write(directory);
    }
}
