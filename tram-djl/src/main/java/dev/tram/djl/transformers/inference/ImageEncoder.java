package dev.tram.djl.transformers.inference;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.PreprocessorConfig;
import dev.tram.djl.transformers.model.VitConfig;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;

/**
 * Images of any size to (B, 3, H, W), float32, as the checkpoint's {@code preprocessor_config.json}
 * says, or as Hugging Face's processor does where there is none.
 */
public final class ImageEncoder implements InputEncoder<BufferedImage> {

    private final PreprocessorConfig preprocessor;

    private ImageEncoder(PreprocessorConfig preprocessor) {
        this.preprocessor = preprocessor;
    }

    /**
     * Reads how a checkpoint's images are prepared.
     *
     * @param checkpoint the checkpoint
     * @return the encoder
     * @throws IOException if the file cannot be read
     * @throws IllegalArgumentException if the model reads no images, or the preparation is not
     *     implemented
     */
    public static ImageEncoder of(Checkpoint checkpoint) throws IOException {
        if (!(checkpoint.config() instanceof VitConfig vit)) {
            throw Arguments.rejected(
                    "the model", "one that reads images", checkpoint.config().modelType());
        }
        return new ImageEncoder(
                checkpoint.preprocessor().orElse(PreprocessorConfig.usual(vit.imageSize())));
    }

    /**
     * Prepares an image, so that it takes no more room than the model's input.
     *
     * @param image the image, of any size
     * @return the values of an array of shape (3, H, W)
     */
    public float[] prepare(BufferedImage image) {
        return preprocessor.prepare(List.of(image));
    }

    /**
     * Makes a batch of prepared images.
     *
     * @param prepared what {@link #prepare} returned, at least one
     * @return creates the block's input, a row per image
     */
    public Function<NDManager, NDList> join(List<float[]> prepared) {
        int pixels = prepared.get(0).length;
        float[] values = new float[prepared.size() * pixels];
        for (int i = 0; i < prepared.size(); i++) {
            System.arraycopy(prepared.get(i), 0, values, i * pixels, pixels);
        }
        Shape shape = preprocessor.shape(prepared.size());
        return manager -> new NDList(manager.create(values, shape));
    }

    @Override
    public Function<NDManager, NDList> encode(List<BufferedImage> examples) {
        float[] values = preprocessor.prepare(examples);
        Shape shape = preprocessor.shape(examples.size());
        return manager -> new NDList(manager.create(values, shape));
    }
}
