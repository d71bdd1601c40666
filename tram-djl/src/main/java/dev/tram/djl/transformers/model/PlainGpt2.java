package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.Map;

/**
 * GPT-2 as one writes it down with DJL's plain array operations, none of which closes its result:
 * what {@link Gpt2} is measured against. It has no dropout and takes token ids alone.
 */
public final class PlainGpt2 extends FixedBlock {

    private final Gpt2 model;
    private final Map<String, Parameter> tensors;

    /**
     * Shares a model's parameters.
     *
     * @param model the model
     */
    public PlainGpt2(Gpt2 model) {
        this.model = addChildBlock("", model);
        tensors = TensorNames.of(model);
    }

    /** Maps token ids (B, T) to logits (B, T, vocabulary). */
    @Override
    protected NDList forwardInternal(
            ParameterStore parameterStore,
            NDList inputs,
            boolean training,
            PairList<String, Object> params) {
        NDArray ids = inputs.singletonOrThrow();
        return new NDList(new Pass(parameterStore, training).logits(ids));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputShapes) {
        return model.getOutputShapes(inputShapes);
    }

    /** A forward pass with the parameters' values in a store. */
    private final class Pass {

        private final Gpt2Config config = model.config();
        private final ParameterStore store;
        private final boolean training;

        Pass(ParameterStore store, boolean training) {
            this.store = store;
            this.training = training;
        }

        private NDArray weight(String name, NDArray other) {
            return store.getValue(tensors.get(name), other.getDevice(), training);
        }

        NDArray logits(NDArray ids) {
            long length = ids.getShape().get(1);
            NDArray words = weight("transformer.wte.weight", ids);
            NDArray hidden =
                    Embedding.embedding(ids, words, SparseFormat.DENSE)
                            .singletonOrThrow()
                            .add(weight("transformer.wpe.weight", ids).get(":" + length));
            NDArray position = ids.getManager().arange((int) length);
            NDArray later = position.reshape(-1, 1).lt(position);
            NDArray mask = later.toType(DataType.FLOAT32, false).mul(-1e9);
            for (int i = 0; i < config.nLayer(); i++) {
                hidden = layer(hidden, mask, "transformer.h." + i + ".");
            }
            NDArray last = norm(hidden, "transformer.ln_f");
            return Linear.linear(last, words, null).singletonOrThrow();
        }

        private NDArray layer(NDArray hidden, NDArray mask, String name) {
            NDArray attended = attention(norm(hidden, name + "ln_1"), mask, name + "attn.");
            NDArray middle = hidden.add(attended);
            NDArray inner = dense(norm(middle, name + "ln_2"), name + "mlp.c_fc");
            return middle.add(dense(gelu(inner), name + "mlp.c_proj"));
        }

        private NDArray attention(NDArray x, NDArray mask, String name) {
            Shape shape = x.getShape();
            long head = config.nEmbd() / config.nHead();
            NDArray all = dense(x, name + "c_attn");
            NDArray perHead =
                    all.reshape(shape.get(0), shape.get(1), 3, config.nHead(), head)
                            .transpose(2, 0, 3, 1, 4);
            NDArray scores = perHead.get(0).matMul(perHead.get(1).swapAxes(2, 3));
            NDArray weighted =
                    scores.div(Math.sqrt((double) head))
                            .add(mask)
                            .softmax(-1)
                            .matMul(perHead.get(2));
            return dense(weighted.swapAxes(1, 2).reshape(shape), name + "c_proj");
        }

        /** GELU by the hyperbolic tangent, as in GPT-2's source. */
        private NDArray gelu(NDArray x) {
            NDArray inner = x.add(x.pow(3).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
            return x.mul(0.5).mul(inner.tanh().add(1));
        }

        private NDArray dense(NDArray x, String name) {
            return Linear.linear(x, weight(name + ".weight", x), weight(name + ".bias", x))
                    .singletonOrThrow();
        }

        private NDArray norm(NDArray x, String name) {
            return LayerNorm.layerNorm(
                            x,
                            new Shape(config.nEmbd()),
                            weight(name + ".weight", x),
                            weight(name + ".bias", x),
                            config.layerNormEpsilon())
                    .singletonOrThrow();
        }
    }
}
