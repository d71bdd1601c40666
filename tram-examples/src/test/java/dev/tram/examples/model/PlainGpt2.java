package dev.tram.examples.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.LayerNorm;
import java.util.Map;
import java.util.stream.Collectors;

/** GPT-2 as one writes it down with plain array operations, none of which closes its result. */
final class PlainGpt2 {

    private final Gpt2Config config;
    private final Map<String, NDArray> weights;

    /** Shares a model's weights. */
    PlainGpt2(Gpt2 model) {
        config = model.config();
        weights =
                TensorNames.of(model).entrySet().stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().getArray()));
    }

    NDArray logits(NDArray ids) {
        long length = ids.getShape().get(1);
        NDArray words = weights.get("transformer.wte.weight");
        NDArray hidden =
                Embedding.embedding(ids, words, SparseFormat.DENSE)
                        .singletonOrThrow()
                        .add(weights.get("transformer.wpe.weight").get(":" + length));
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
                scores.div(Math.sqrt((double) head)).add(mask).softmax(-1).matMul(perHead.get(2));
        return dense(weighted.swapAxes(1, 2).reshape(shape), name + "c_proj");
    }

    /** GELU by the hyperbolic tangent, as in GPT-2's source. */
    private static NDArray gelu(NDArray x) {
        NDArray inner = x.add(x.pow(3).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
        return x.mul(0.5).mul(inner.tanh().add(1));
    }

    private NDArray dense(NDArray x, String name) {
        return Linear.linear(x, weights.get(name + ".weight"), weights.get(name + ".bias"))
                .singletonOrThrow();
    }

    private NDArray norm(NDArray x, String name) {
        return LayerNorm.layerNorm(
                        x,
                        new Shape(config.nEmbd()),
                        weights.get(name + ".weight"),
                        weights.get(name + ".bias"),
                        config.layerNormEpsilon())
                .singletonOrThrow();
    }
}
