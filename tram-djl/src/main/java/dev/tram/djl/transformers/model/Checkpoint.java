package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.Initializer;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.OptionalArtifact;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model in a Hugging Face directory: {@code config.json} and {@code model.safetensors}, the
 * latter perhaps in shards with an index. Weights in float16 and bfloat16 become float32.
 *
 * <pre>{@code
 * Checkpoint checkpoint = Checkpoint.open(directory).withNewHead(List.of("ham", "spam"));
 * TransformerModel block = checkpoint.load(manager);
 * // ... train ...
 * checkpoint.save(block, target);
 * }</pre>
 */
public final class Checkpoint {

    private static final String ADAPTER = "default";

    private final Path directory;
    private final ObjectNode json;
    private final ModelConfig config;
    private final boolean newHead;
    private final boolean resized;
    private final Path adapter;

    private Checkpoint(
            Path directory,
            ObjectNode json,
            ModelConfig config,
            boolean newHead,
            boolean resized,
            Path adapter) {
        this.directory = directory;
        this.json = json;
        this.config = config;
        this.newHead = newHead;
        this.resized = resized;
        this.adapter = adapter;
    }

    /**
     * Opens a directory and reads its configuration.
     *
     * @param directory the directory
     * @return the checkpoint
     * @throws IOException if the configuration cannot be read
     * @throws IllegalArgumentException if no block implements it; the message names the key
     * @throws IllegalStateException if {@code com.fasterxml.jackson.core:jackson-databind} is not
     *     on the class path
     */
    public static Checkpoint open(Path directory) throws IOException {
        OptionalArtifact.JACKSON.require("a checkpoint");
        ObjectNode json = ConfigFile.read(directory);
        return new Checkpoint(directory, json, ConfigFile.parse(json), false, false, null);
    }

    /**
     * Replaces the classification head by a new one with random weights, and forgets what {@code
     * config.json} says of the old one. A BERT checkpoint that has no pooler gets a new one, too.
     *
     * @param labels the names of the classes
     * @return a checkpoint with that head
     */
    public Checkpoint withNewHead(List<String> labels) {
        ModelConfig changed;
        if (config instanceof VitConfig vit) {
            changed = vit.withLabels(labels);
        } else if (config instanceof EncoderConfig encoder) {
            changed = encoder.withLabels(labels);
        } else {
            changed = ((Gpt2Config) config).withLabels(labels);
        }
        return new Checkpoint(
                directory, ConfigFile.withoutHead(json), changed, true, resized, null);
    }

    /**
     * Replaces the head as {@link #withNewHead(List)} does, by one whose logits mean something else
     * than the probabilities of classes of which exactly one is right.
     *
     * @param labels the names of the labels, or of a regression's numbers
     * @param problem what the logits mean, which {@code config.json} will say
     * @return a checkpoint with that head
     */
    public Checkpoint withNewHead(List<String> labels, ProblemType problem) {
        Checkpoint changed = withNewHead(labels);
        problem.write(changed.json);
        return changed;
    }

    /**
     * Makes a classifier read the mean of all tokens instead of the first one, through a new head.
     *
     * @param labels the names of the classes
     * @return a checkpoint with that head
     * @throws IllegalStateException if the model is not an encoder
     */
    public Checkpoint withMeanPooling(List<String> labels) {
        if (config instanceof EncoderConfig encoder) {
            EncoderConfig pooled = encoder.withClassifierPooling(Pooling.MEAN);
            return new Checkpoint(
                    directory,
                    ConfigFile.withoutHead(json),
                    pooled.withLabels(labels),
                    true,
                    resized,
                    null);
        }
        throw new IllegalStateException(config.modelType() + " is not an encoder");
    }

    /**
     * Adds a low-rank adapter, which {@link #load} activates under the name {@code default}. Where
     * its directory has a {@code config.json}, as that of an adapter with a trained head has, the
     * model is the one that this describes.
     *
     * @param adapterDirectory a directory in the layout of Hugging Face's PEFT
     * @return a checkpoint with that adapter
     * @throws IOException if a file cannot be read
     * @throws IllegalArgumentException if it is an adapter of a kind that is not implemented; the
     *     message names the key; or of another architecture, naming both
     */
    public Checkpoint withAdapter(Path adapterDirectory) throws IOException {
        AdapterDirectory.readConfig(adapterDirectory);
        if (!AdapterDirectory.describesModel(adapterDirectory)) {
            return new Checkpoint(directory, json, config, newHead, resized, adapterDirectory);
        }
        ObjectNode described = ConfigFile.read(adapterDirectory);
        ModelConfig adapted = ConfigFile.parse(described);
        if (!size(adapted).equals(size(config))) {
            throw Arguments.rejected(
                    "the adapter",
                    "of the checkpoint's architecture, " + size(config),
                    size(adapted) + " in " + adapterDirectory.resolve(ConfigFile.NAME));
        }
        boolean otherSize =
                config instanceof VitConfig own
                        && adapted instanceof VitConfig other
                        && own.imageSize() != other.imageSize();
        return new Checkpoint(
                directory, described, adapted, true, resized || otherSize, adapterDirectory);
    }

    /**
     * Sets the size of images. Position embeddings for another size are resampled by bicubic
     * convolution, as Hugging Face's transformers does.
     *
     * @param size the height and width, a multiple of the patch size
     * @return a checkpoint for that size
     * @throws IllegalStateException if the model is not a Vision Transformer
     */
    public Checkpoint withImageSize(int size) {
        if (config instanceof VitConfig vit && !vit.hasDistillationToken()) {
            return new Checkpoint(directory, json, vit.withImageSize(size), newHead, true, adapter);
        }
        throw new IllegalStateException(config.modelType() + " cannot be given another image size");
    }

    /**
     * Returns the directory.
     *
     * @return the directory that the weights are read from
     */
    public Path directory() {
        return directory;
    }

    /**
     * Returns the configuration.
     *
     * @return the configuration that {@link #load(NDManager)} obeys
     */
    public ModelConfig config() {
        return config;
    }

    /**
     * Returns what a classifier's logits mean.
     *
     * @return the meaning
     * @throws IllegalArgumentException if {@code problem_type} of config.json is unknown
     * @throws IllegalStateException if the model is not a classifier
     */
    public ProblemType problemType() {
        if (config.classes().isEmpty()) {
            throw new IllegalStateException(config.modelType() + " has no classification head");
        }
        return ProblemType.of(json, config.classes().size());
    }

    /**
     * Reads how images are prepared.
     *
     * @return the preparation, for this checkpoint's image size, or nothing if the directory does
     *     not say
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if it asks for a step that is not implemented, or for
     *     another size than the model's
     */
    public Optional<PreprocessorConfig> preprocessor() throws IOException {
        Optional<PreprocessorConfig> stored = PreprocessorConfig.read(directory);
        if (config instanceof VitConfig vit) {
            return stored.map(preprocessor -> fitting(preprocessor, vit.imageSize()));
        }
        return stored;
    }

    private PreprocessorConfig fitting(PreprocessorConfig stored, int size) {
        if (resized) {
            return stored.withSize(size);
        }
        if (stored.height() != size || stored.width() != size) {
            throw Arguments.rejected(
                    "size in " + PreprocessorConfig.NAME,
                    "image_size " + size + " of config.json",
                    stored.height() + " x " + stored.width());
        }
        return stored;
    }

    /**
     * Reads the model.
     *
     * @param manager the owner of the parameters
     * @return the model: a classifier, or GPT-2's language model
     * @throws IOException if a file cannot be read
     * @throws IllegalArgumentException if the checkpoint has another head, or if tensors are
     *     missing, unexpected or misshapen, naming each
     */
    public TransformerModel load(NDManager manager) throws IOException {
        try (TensorFiles files = new TensorFiles(directory, architecture())) {
            files.requireLayers(layers(config));
            return fill(config.newBlock(), files, manager);
        }
    }

    /**
     * Reads the parameters of a model that was built from this configuration.
     *
     * @param <M> the type of the model
     * @param block the model, without values for its parameters
     * @param manager the owner of the parameters
     * @return the model
     * @throws IOException if a file cannot be read
     * @throws IllegalArgumentException if the checkpoint has another head, or if tensors are
     *     missing, unexpected or misshapen, naming each
     */
    public <M extends TransformerModel> M load(M block, NDManager manager) throws IOException {
        if (!block.config().equals(config)) {
            throw Arguments.rejected(
                    "the block's configuration", config.toString(), block.config());
        }
        if (block.isInitialized()) {
            throw new IllegalStateException("the block's parameters have values already");
        }
        try (TensorFiles files = new TensorFiles(directory, block.architecture())) {
            return fill(block, files, manager);
        }
    }

    private <M extends TransformerModel> M fill(M block, TensorFiles files, NDManager manager)
            throws IOException {
        if (!newHead) {
            ConfigFile.requireHead(json, block.architecture());
        }
        TensorMatch match = new TensorMatch(block, files, newHead, resized);
        TensorFiles.requireSize(
                directory, TensorNames.of(block).values().stream().map(Parameter::getShape));
        initialize(block, match, manager);
        block.keepSettings(json);
        if (adapter != null) {
            requireTrained(block, match, AdapterDirectory.readConfig(adapter));
            block.adapters().load(ADAPTER, adapter);
        }
        return block;
    }

    private String architecture() {
        if (config instanceof VitConfig vit) {
            return vit.architecture();
        }
        return config instanceof EncoderConfig encoder
                ? encoder.architecture()
                : ((Gpt2Config) config).architecture();
    }

    private static int layers(ModelConfig config) {
        if (config instanceof VitConfig vit) {
            return vit.numHiddenLayers();
        }
        return config instanceof EncoderConfig encoder
                ? encoder.numHiddenLayers()
                : ((Gpt2Config) config).nLayer();
    }

    /** The family, depth and width of a model, in words. */
    private static String size(ModelConfig config) {
        int width =
                config instanceof VitConfig vit
                        ? vit.hiddenSize()
                        : config instanceof EncoderConfig encoder
                                ? encoder.hiddenSize()
                                : ((Gpt2Config) config).nEmbd();
        return "%s of depth %d and width %d".formatted(config.modelType(), layers(config), width);
    }

    /** Refuses a head that neither the checkpoint nor the adapter has values for. */
    private void requireTrained(TransformerModel block, TensorMatch match, LoraConfig trained) {
        for (String name : TensorNames.of(block).keySet()) {
            if (!match.contains(name)
                    && trained.modulesToSave().stream()
                            .noneMatch(part -> LoraConfig.saves(part, name))) {
                throw Arguments.rejected(
                        "modules_to_save of " + adapter,
                        "parts that include " + name + ", which the checkpoint lacks",
                        trained.modulesToSave());
            }
        }
    }

    private static void initialize(TransformerModel block, TensorMatch match, NDManager manager)
            throws IOException {
        Map<Parameter, Initializer> random = new HashMap<>();
        TensorNames.of(block)
                .forEach(
                        (name, parameter) -> {
                            if (match.contains(name)) {
                                random.put(parameter, parameter.getInitializer());
                                parameter.setInitializer(
                                        (owner, shape, type) ->
                                                stored(match, owner, block, name, shape));
                            }
                        });
        try {
            block.initialize(manager, DataType.FLOAT32, block.inputShape());
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            random.forEach(Parameter::setInitializer);
        }
    }

    private static NDArray stored(
            TensorMatch match, NDManager owner, TransformerModel block, String name, Shape shape) {
        try {
            NDArray array = match.read(owner, name);
            if (TensorNames.isTransposed(block, name)) {
                try (array;
                        NDArray transposed = array.transpose();
                        NDArray flat = transposed.reshape(-1)) {
                    return flat.reshape(shape);
                }
            }
            if (array.getShape().equals(shape)) {
                return array;
            }
            try (array) {
                VitConfig vit = (VitConfig) block.config();
                return PositionInterpolation.resample(array, vit.imageSize() / vit.patchSize());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Writes a model as a Hugging Face directory, with this checkpoint's other settings, tokenizer
     * and preprocessor. The weights are float32 and load again bit for bit. A tokenizer that would
     * let through texts longer than the model has positions for is limited to those. A classifier
     * that no class of Hugging Face's transformers computes comes with a README.md that says how to
     * compute it.
     *
     * @param block the model
     * @param target the directory, which is created if absent
     * @throws IOException if it cannot be written
     * @throws IllegalStateException if an adapter is active and not merged
     */
    public void save(TransformerModel block, Path target) throws IOException {
        CheckpointWriter writer = new CheckpointWriter(target);
        writer.write(block, json);
        writer.copyCompanions(directory);
        writer.limitTexts(config);
        Optional<PreprocessorConfig> preprocessor = preprocessor();
        if (resized && preprocessor.isPresent()) {
            writer.setSizes(preprocessor.get());
        }
    }
}
