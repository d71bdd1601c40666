"""Writes electra-tiny, bert-tiny and gpt2-classifier-tiny with what they are to give, in float64.

Written from the architectures' papers with PyTorch's array operations alone; run as: python3 make-classifiers.py
"""
import json
import math
import pathlib
import struct

import torch
from torch.nn.functional import cross_entropy, gelu, layer_norm, log_softmax

HERE = pathlib.Path(__file__).parent
LABELS = ["entailment", "neutral", "contradiction"]
WIDTH, HEADS, INNER, LAYERS = 24, 3, 96, 2


def draw(generator, *shape, scale=0.25, shift=0.0):
    """Numbers that are exact in float32."""
    values = torch.randn(*shape, generator=generator) * scale + shift
    return values.float().double()


def save(name, config, tensors, expected):
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for key, value in sorted(tensors.items()):
        size = 4 * value.numel()
        header[key] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(folder / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, value in sorted(tensors.items()):
            file.write(value.detach().float().numpy().tobytes())


def array(value):
    return {"shape": list(value.shape), "values": value.reshape(-1).tolist()}


def norm(x, tensors, name, epsilon):
    return layer_norm(x, x.shape[-1:], tensors[name + ".weight"], tensors[name + ".bias"], epsilon)


def heads(x):
    return x.reshape(*x.shape[:2], HEADS, -1).transpose(1, 2)


def attend(query, key, value, allowed):
    scores = query @ key.transpose(2, 3) / math.sqrt(query.shape[-1])
    mixed = scores.masked_fill(~allowed, float("-inf")).softmax(-1) @ value
    return mixed.transpose(1, 2).reshape(mixed.shape[0], mixed.shape[2], -1)


def encode(tensors, trunk, ids, mask, types, noise):
    """Devlin et al. (2019); for ELECTRA with a projection of the embeddings (Clark et al., 2020)."""
    e = trunk + ".embeddings."
    x = tensors[e + "word_embeddings.weight"][ids] + noise
    x = x + tensors[e + "position_embeddings.weight"][: ids.shape[1]] + tensors[e + "token_type_embeddings.weight"][types]
    x = norm(x, tensors, e + "LayerNorm", 1e-12)

    def map_by(name, y):
        return y @ tensors[name + ".weight"].T + tensors[name + ".bias"]

    if trunk + ".embeddings_project.weight" in tensors:
        x = map_by(trunk + ".embeddings_project", x)
    for i in range(LAYERS):
        n = f"{trunk}.encoder.layer.{i}."
        q, k, v = (heads(map_by(n + "attention.self." + part, x)) for part in ("query", "key", "value"))
        y = attend(q, k, v, mask[:, None, None, :].bool())
        x = norm(x + map_by(n + "attention.output.dense", y), tensors, n + "attention.output.LayerNorm", 1e-12)
        y = map_by(n + "output.dense", gelu(map_by(n + "intermediate.dense", x)))
        x = norm(x + y, tensors, n + "output.LayerNorm", 1e-12)
    first = x[:, 0]
    if trunk == "electra":
        return map_by("classifier.out_proj", gelu(map_by("classifier.dense", first)))
    return map_by("classifier", torch.tanh(map_by("bert.pooler.dense", first)))


def decode(tensors, ids, mask, noise):
    """Radford et al. (2019); the last token that is no padding through a linear head."""
    t = "transformer."
    x = tensors[t + "wte.weight"][ids] + noise + tensors[t + "wpe.weight"][: ids.shape[1]]
    length = ids.shape[1]
    allowed = torch.ones(length, length).tril().bool() & mask[:, None, None, :].bool()
    allowed = allowed | torch.eye(length).bool()
    for i in range(LAYERS):
        n = f"{t}h.{i}."
        y = norm(x, tensors, n + "ln_1", 1e-5) @ tensors[n + "attn.c_attn.weight"] + tensors[n + "attn.c_attn.bias"]
        y = attend(*(heads(part) for part in y.split(WIDTH, 2)), allowed)
        x = x + y @ tensors[n + "attn.c_proj.weight"] + tensors[n + "attn.c_proj.bias"]
        y = norm(x, tensors, n + "ln_2", 1e-5) @ tensors[n + "mlp.c_fc.weight"] + tensors[n + "mlp.c_fc.bias"]
        y = 0.5 * y * (1 + torch.tanh(math.sqrt(2 / math.pi) * (y + 0.044715 * y**3)))
        x = x + y @ tensors[n + "mlp.c_proj.weight"] + tensors[n + "mlp.c_proj.bias"]
    last = mask.sum(1) - 1
    return norm(x, tensors, t + "ln_f", 1e-5)[torch.arange(len(ids)), last] @ tensors["score.weight"].T


def parameters(generator, shapes):
    tensors = {}
    for name, shape in shapes.items():
        is_norm = "LayerNorm" in name or ".ln_" in name
        shift = 1.0 if is_norm and name.endswith("weight") else 0.0
        tensors[name] = draw(generator, *shape, scale=0.1 if is_norm else 0.25, shift=shift).requires_grad_()
    return tensors


def linear(name, out, into, conv=False):
    return {name + ".weight": (into, out) if conv else (out, into), name + ".bias": (out,)}


def vector(name, width):
    return {name + ".weight": (width,), name + ".bias": (width,)}


def encoder_shapes(trunk, vocabulary, positions, embedding):
    e = trunk + ".embeddings."
    shapes = {
        e + "word_embeddings.weight": (vocabulary, embedding),
        e + "position_embeddings.weight": (positions, embedding),
        e + "token_type_embeddings.weight": (2, embedding),
        **vector(e + "LayerNorm", embedding),
    }
    if embedding != WIDTH:
        shapes |= linear(trunk + ".embeddings_project", WIDTH, embedding)
    for i in range(LAYERS):
        n = f"{trunk}.encoder.layer.{i}."
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            shapes |= linear(n + "attention." + part, WIDTH, WIDTH)
        shapes |= vector(n + "attention.output.LayerNorm", WIDTH) | linear(n + "intermediate.dense", INNER, WIDTH)
        shapes |= linear(n + "output.dense", WIDTH, INNER) | vector(n + "output.LayerNorm", WIDTH)
    return shapes


def decoder_shapes(vocabulary, positions):
    t = "transformer."
    shapes = {t + "wte.weight": (vocabulary, WIDTH), t + "wpe.weight": (positions, WIDTH), **vector(t + "ln_f", WIDTH)}
    for i in range(LAYERS):
        n = f"{t}h.{i}."
        shapes |= vector(n + "ln_1", WIDTH) | vector(n + "ln_2", WIDTH)
        shapes |= linear(n + "attn.c_attn", 3 * WIDTH, WIDTH, True) | linear(n + "attn.c_proj", WIDTH, WIDTH, True)
        shapes |= linear(n + "mlp.c_fc", INNER, WIDTH, True) | linear(n + "mlp.c_proj", WIDTH, INNER, True)
    return shapes | {"score.weight": (len(LABELS), WIDTH)}


def expectations(generator, tensors, run, inputs, width):
    ids = inputs["input_ids"]
    labels = torch.tensor([1, 0, 2, 1])
    noise = draw(generator, *ids.shape, width, scale=0.1)
    logits = run(torch.zeros(()))
    loss = cross_entropy(logits, labels)
    loss.backward()
    noisy = run(noise)
    p, q = log_softmax(noisy, -1), log_softmax(logits, -1)
    return {
        "inputs": {**{name: array(value) for name, value in inputs.items()}, "labels": array(labels)},
        "logits": array(logits.detach()),
        "loss": loss.item(),
        "gradient_norm": {name: value.grad.norm().item() for name, value in tensors.items()},
        "noise": array(noise),
        "noisy_logits": array(noisy.detach()),
        "noisy_distance": (p.exp() * (p - q)).sum(-1).mean().item(),
    }


def batch(generator, vocabulary, types):
    mask = (torch.arange(10) < torch.tensor([10, 6, 10, 4])[:, None]).long()
    ids = torch.randint(1, vocabulary, (4, 10), generator=generator) * mask
    inputs = {"input_ids": ids, "attention_mask": mask}
    if types:
        inputs["token_type_ids"] = (torch.arange(10) >= torch.tensor([5, 3, 7, 2])[:, None]).long() * mask
    return inputs


def encoder(name, trunk, vocabulary, positions, embedding, head, config):
    generator = torch.Generator().manual_seed(len(name))
    tensors = parameters(generator, encoder_shapes(trunk, vocabulary, positions, embedding) | head)
    inputs = batch(generator, vocabulary, True)
    run = lambda noise: encode(tensors, trunk, inputs["input_ids"], inputs["attention_mask"], inputs["token_type_ids"], noise)
    expected = expectations(generator, tensors, run, inputs, embedding)
    common = {
        "vocab_size": vocabulary,
        "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "intermediate_size": INNER,
        "max_position_embeddings": positions,
        "type_vocab_size": 2,
        "pad_token_id": 0,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "id2label": dict(enumerate(LABELS)),
    }
    return config | common, tensors, expected


def electra():
    head = linear("classifier.dense", WIDTH, WIDTH) | linear("classifier.out_proj", 3, WIDTH)
    config = {"model_type": "electra", "architectures": ["ElectraForSequenceClassification"], "embedding_size": 12}
    save("electra-tiny", *encoder("electra-tiny", "electra", 53, 18, 12, head, config))


def bert():
    """With the ids of texts in three languages by the tokenizer beside, as a multilingual MiniLM has them."""
    head = linear("bert.pooler.dense", WIDTH, WIDTH) | linear("classifier", 3, WIDTH)
    config = {"model_type": "bert", "architectures": ["BertForSequenceClassification"]}
    config, tensors, expected = encoder("bert-tiny", "bert", 402, 64, WIDTH, head, config)
    pieces = json.loads((HERE / "../tokenizer/sentencepiece/expected.json").read_text())["cases"]
    texts = []
    for case in (pieces[0], pieces[1], pieces[5]):
        ids = [0, *(3 if piece == 0 else piece + 1 for piece in case["ids"]), 2]
        row = torch.tensor([ids])
        logits = encode(tensors, "bert", row, torch.ones_like(row), torch.zeros_like(row), torch.zeros(()))
        texts.append({"text": case["text"], "logits": logits[0].tolist()})
    save("bert-tiny", config, tensors, expected | {"texts": texts})


def gpt2():
    generator = torch.Generator().manual_seed(2)
    tensors = parameters(generator, decoder_shapes(61, 16))
    inputs = batch(generator, 61, False)
    run = lambda noise: decode(tensors, inputs["input_ids"], inputs["attention_mask"], noise)
    config = {
        "model_type": "gpt2",
        "architectures": ["GPT2ForSequenceClassification"],
        "vocab_size": 61,
        "n_embd": WIDTH,
        "n_layer": LAYERS,
        "n_head": HEADS,
        "n_positions": 16,
        "activation_function": "gelu_new",
        "layer_norm_epsilon": 1e-5,
        "pad_token_id": 0,
        "id2label": dict(enumerate(LABELS)),
    }
    save("gpt2-classifier-tiny", config, tensors, expectations(generator, tensors, run, inputs, WIDTH))


if __name__ == "__main__":
    electra()
    bert()
    gpt2()
