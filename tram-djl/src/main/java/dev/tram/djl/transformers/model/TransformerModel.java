package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.djl.AdaptedBlock;
import dev.tram.djl.HeadedBlock;
import dev.tram.djl.InputNoise;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A transformer with a head: an ordinary DJL block that maps its inputs to logits.
 *
 * <p>Arrays that backward does not need are closed inside the forward pass.
 */
public abstract sealed class TransformerModel extends FixedBlock
        implements HeadedBlock, AdaptedBlock permits VisionTransformer, Gpt2, EncoderModel {

    final InputNoise inputNoise = new InputNoise();

    private Adapters adapters;
    private ObjectNode settings = JsonNodeFactory.instance.objectNode();

    TransformerModel() {}

    /**
     * Returns the configuration.
     *
     * @return the configuration that the block was built from
     */
    public abstract ModelConfig config();

    /**
     * Returns the block that adds input noise.
     *
     * @return the block
     */
    public final InputNoise inputNoise() {
        return inputNoise;
    }

    /**
     * Sets the precision of matrix products and attention, float32 unless set.
     *
     * @param precision the precision
     */
    @Override
    public final void setPrecision(Precision precision) {
        super.setPrecision(precision);
    }

    /**
     * Returns the model's adapters, to which others can be added.
     *
     * @return the adapters
     */
    public final Adapters adapters() {
        if (adapters == null) {
            adapters = new Adapters(this);
        }
        return adapters;
    }

    /**
     * Returns the parts of the head, a pooler included, that have linear maps of their own: what a
     * new head needs trained whole beside adapters.
     *
     * @return names for {@link LoraConfig.Builder#optModulesToSave}; none if the head shares the
     *     embedding of words
     */
    public final List<String> headModules() {
        return TensorNames.linearMaps(this).keySet().stream()
                .map(name -> name.replaceFirst("^" + trunkName() + "\\.(?=pooler\\.)", ""))
                .filter(name -> !name.startsWith(trunkName() + "."))
                .map(name -> name.split("\\.", 2)[0])
                .distinct()
                .toList();
    }

    @Override
    public final boolean isAdapted() {
        return adapters != null && adapters.atWork();
    }

    @Override
    public final Scope withoutAdapters() {
        return adapters().off();
    }

    /**
     * Draws random values for the parameters, or keeps those that a checkpoint gave them.
     *
     * @param manager the owner of the parameters
     */
    public final void initialize(NDManager manager) {
        initialize(manager, DataType.FLOAT32, inputShape());
    }

    /**
     * Draws random values for the parameters, the same ones for the same seed.
     *
     * @param manager the owner of the parameters
     * @param seed the engine's seed
     */
    public final void initialize(NDManager manager, long seed) {
        manager.getEngine().setRandomSeed((int) seed);
        initialize(manager);
    }

    /**
     * Writes the model as a Hugging Face directory. A model that was read from one is better
     * written by {@link Checkpoint#save}, which keeps tokenizer and preprocessor.
     *
     * @param directory the directory, which is created if absent
     * @throws IOException if it cannot be written
     * @throws IllegalStateException if an adapter is active and not merged
     */
    public final void save(Path directory) throws IOException {
        new CheckpointWriter(directory).write(this, settings);
    }

    /** Keeps the keys of config.json that the block does not read, such as problem_type. */
    final void keepSettings(ObjectNode json) {
        settings = json;
    }

    /** Returns further keys of config.json. */
    final ObjectNode settings() {
        return settings;
    }

    /** Returns the shape of the smallest input. */
    abstract Shape inputShape();

    /** Returns what Hugging Face calls the model without its head. */
    abstract String trunkName();

    /** Returns the class of Hugging Face's transformers that the model agrees with. */
    abstract String architecture();

    /** Adds the input noise, if there is any; otherwise returns the input itself. */
    final NDArray noisy(ParameterStore parameterStore, NDArray input, boolean training) {
        return inputNoise.forward(parameterStore, new NDList(input), training).head();
    }

    @Override
    protected final NDList forwardInternal(
            ParameterStore parameterStore,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        try (NDArray features = features(parameterStore, inputs, training)) {
            return new NDList(head(parameterStore, features, training));
        }
    }
}
