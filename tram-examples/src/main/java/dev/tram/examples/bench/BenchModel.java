package dev.tram.examples.bench;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.training.dataset.Batch;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.model.Gpt2;
import dev.tram.djl.transformers.model.Gpt2Config;
import dev.tram.djl.transformers.model.PlainGpt2;
import dev.tram.djl.transformers.model.VitConfig;
import dev.tram.experiments.Batches;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A model to time, with random weights and random data, without dropout.
 *
 * @param heads the number of attention heads
 * @param classes the number of classes or the size of the vocabulary
 * @param batch the number of examples per step
 * @param tokens the number of tokens per text; 0 for other models
 */
public record BenchModel(
        String name,
        Kind kind,
        int layers,
        int width,
        int heads,
        int classes,
        int batch,
        int tokens) {

    private static final int IMAGE = 32;
    private static final int PATCH = 4;
    private static final int FEATURES = 64;

    private static final List<BenchModel> ALL =
            List.of(
                    new BenchModel("mlp", Kind.MLP, 3, 256, 1, 10, 64, 0),
                    new BenchModel("vit-tiny", Kind.VIT, 4, 128, 4, 10, 32, 0),
                    new BenchModel("gpt2-tiny", Kind.GPT2, 4, 128, 4, 2000, 8, 64),
                    new BenchModel("gpt2-mini", Kind.GPT2, 6, 256, 8, 8000, 8, 256),
                    new BenchModel("gpt2", Kind.GPT2, 12, 768, 12, 50257, 4, 256));

    public enum Kind {
        MLP,
        VIT,
        GPT2
    }

    public BenchModel {
        Arguments.atLeast("--batch", batch, 1);
        if (kind == Kind.GPT2) {
            Arguments.atLeast("--tokens", tokens, 1);
        }
    }

    /**
     * Finds a model.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    public static BenchModel named(String name) {
        return ALL.stream()
                .filter(model -> model.name.equals(name))
                .findFirst()
                .orElseThrow(() -> Arguments.rejected("--model", "one of " + names(), name));
    }

    private static String names() {
        return ALL.stream().map(BenchModel::name).collect(Collectors.joining(", "));
    }

    /**
     * Changes the size of a batch.
     *
     * @param newBatch the number of examples, or null for the model's own
     * @param newTokens the number of tokens per text, or null for the model's own
     * @throws IllegalArgumentException if the model has no tokens, or for numbers below 1
     */
    public BenchModel withSize(Integer newBatch, Integer newTokens) {
        if (newTokens != null && kind != Kind.GPT2) {
            throw Arguments.rejected("--tokens", "absent for the model " + name, newTokens);
        }
        return new BenchModel(
                name,
                kind,
                layers,
                width,
                heads,
                classes,
                newBatch == null ? batch : newBatch,
                newTokens == null ? tokens : newTokens);
    }

    /** A new block, without values for its parameters. */
    Block block() {
        return switch (kind) {
            case MLP -> perceptron();
            case VIT -> VitConfig.of(IMAGE, PATCH, width, layers, heads, labels()).newBlock();
            case GPT2 -> gpt2();
        };
    }

    private Gpt2 gpt2() {
        return Gpt2Config.of(classes, tokens, width, layers, heads).withDropout(0f).newBlock();
    }

    /**
     * The block written with DJL's plain array operations.
     *
     * @throws IllegalArgumentException for a model that there is no such block of
     */
    Block plainBlock() {
        checkPlain();
        return new PlainGpt2(gpt2());
    }

    void checkPlain() {
        if (kind != Kind.GPT2) {
            throw Arguments.rejected(
                    "--methods", "without it for a model that is no GPT-2", Contender.PLAIN_ADAM);
        }
    }

    private Block perceptron() {
        SequentialBlock block = new SequentialBlock();
        for (int layer = 1; layer < layers; layer++) {
            block.add(Linear.builder().setUnits(width).build()).add(Activation::relu);
        }
        return block.add(Linear.builder().setUnits(classes).build());
    }

    private List<String> labels() {
        return IntStream.range(0, classes).mapToObj(Integer::toString).toList();
    }

    Shape inputShape() {
        return switch (kind) {
            case MLP -> new Shape(batch, FEATURES);
            case VIT -> new Shape(batch, 3, IMAGE, IMAGE);
            case GPT2 -> new Shape(batch, tokens);
        };
    }

    /** Random data of a batch, owned by the manager. */
    NDList data(NDManager manager) {
        Shape shape = inputShape();
        return new NDList(
                kind == Kind.GPT2 ? randomClasses(manager, shape) : manager.randomNormal(shape));
    }

    /** Random labels of a batch, owned by the manager. */
    NDList labels(NDManager manager) {
        Shape shape = kind == Kind.GPT2 ? new Shape(batch, tokens) : new Shape(batch);
        return new NDList(randomClasses(manager, shape));
    }

    private NDArray randomClasses(NDManager manager, Shape shape) {
        try (NDArray uniform = manager.randomUniform(0f, classes - 0.01f, shape)) {
            return uniform.toType(DataType.INT64, true);
        }
    }

    /** A batch of copies of the arrays; closing it closes them. */
    Batch batch(Model model, NDList data, NDList labels) {
        NDManager manager = model.getNDManager().newSubManager();
        return Batches.of(manager, copies(manager, data), copies(manager, labels), batch);
    }

    private static NDList copies(NDManager manager, NDList arrays) {
        NDList copies = new NDList();
        for (NDArray array : arrays) {
            NDArray copy = array.duplicate();
            copy.attach(manager);
            copies.add(copy);
        }
        return copies;
    }

    @Override
    public String toString() {
        return kind == Kind.GPT2
                ? name + ", " + batch + " × " + tokens + " tokens"
                : name + ", batch " + batch;
    }
}
