package dev.tram.djl.transformers.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which tensor of a checkpoint each parameter of a model takes. A tensor may lack the trunk's
 * prefix ({@code vit.}, {@code transformer.}, {@code bert.}, {@code roberta.}) and may call a
 * normalization's parameters gamma and beta; GPT-2's embedding may be there as the output layer
 * that is tied to it. Other heads and buffers are ignored; a tensor of the trunk that the model has
 * no place for is not.
 */
final class TensorMatch {

    /** Arrays of the trunk that are computed here, or that only pretraining needs. */
    private static final Set<String> BUFFERS =
            Set.of(
                    ".attn.bias",
                    ".attn.masked_bias",
                    ".position_ids",
                    ".token_type_ids",
                    ".mask_token");

    private static final int MOST_LISTED = 20;

    private final TensorFiles files;
    private final String prefix;
    private final boolean newHead;
    private final boolean resizing;
    private final Map<String, String> tensorOf = new HashMap<>();
    private final Set<String> taken = new HashSet<>();
    private final List<String> missing = new ArrayList<>();
    private final List<String> misshapen = new ArrayList<>();
    private final List<String> mistyped = new ArrayList<>();

    /**
     * Matches a model with a checkpoint.
     *
     * @param model the model
     * @param files the checkpoint
     * @param newHead whether the head's parameters take no tensor
     * @param resizing whether position embeddings may have another size
     * @throws IllegalArgumentException if they do not fit, naming each tensor
     */
    TensorMatch(TransformerModel model, TensorFiles files, boolean newHead, boolean resizing) {
        this.files = files;
        this.newHead = newHead;
        this.resizing = resizing;
        prefix = model.trunkName() + ".";
        Map<String, Parameter> parameters = TensorNames.of(model);
        Set<String> names = files.names();
        parameters.forEach((name, parameter) -> match(model, name, parameter, names));
        List<String> unexpected = unexpected(parameters.keySet(), names);
        String complaints =
                listed("Missing", missing)
                        + listed("Of another shape", misshapen)
                        + listed("Not of floating-point numbers", mistyped)
                        + listed("Unexpected", unexpected);
        if (!complaints.isEmpty()) {
            throw new IllegalArgumentException(
                    "The checkpoint does not fit config.json." + complaints + advice());
        }
    }

    /** An encoder without a head is common on the hub, and no mistake. */
    private String advice() {
        boolean headless = missing.stream().allMatch(this::isOfHead);
        return headless && !missing.isEmpty() && misshapen.isEmpty()
                ? " It has no head of this kind: give it a new one and train that."
                : "";
    }

    private boolean isOfHead(String name) {
        return !name.startsWith(prefix) || name.startsWith(prefix + "pooler.");
    }

    private void match(
            TransformerModel model, String name, Parameter parameter, Set<String> names) {
        if (newHead && !name.startsWith(prefix)) {
            return;
        }
        String tensor = candidates(name, parameter).filter(names::contains).findFirst().orElse("");
        if (tensor.isEmpty()) {
            if (!newHead || !isOfHead(name)) {
                missing.add(name);
            }
            return;
        }
        taken.add(tensor);
        if (!files.type(tensor).isFloating()) {
            mistyped.add(
                    tensor + ", received: " + files.type(tensor) + " in " + files.path(tensor));
            return;
        }
        Shape expected = TensorNames.storedShape(model, name, parameter);
        Shape received = files.shape(tensor);
        if (expected.equals(received) || isResizable(name, received)) {
            tensorOf.put(name, tensor);
        } else {
            misshapen.add(
                    "%s, expected: %s, received: %s in %s"
                            .formatted(tensor, expected, received, files.path(tensor)));
        }
    }

    private boolean isResizable(String name, Shape received) {
        return resizing
                && name.endsWith(VitEmbeddings.POSITIONS)
                && received.dimension() == 3
                && PositionInterpolation.side(received) > 0;
    }

    private Stream<String> candidates(String name, Parameter parameter) {
        Stream<String> spellings =
                switch (parameter.getType()) {
                    case GAMMA -> Stream.of(name, name.replaceFirst("weight$", "gamma"));
                    case BETA -> Stream.of(name, name.replaceFirst("bias$", "beta"));
                    default -> Stream.of(name);
                };
        Stream<String> own =
                spellings.flatMap(spelling -> Stream.of(spelling, unprefixed(spelling)));
        return name.equals(prefix + "wte.weight")
                ? Stream.concat(own, Stream.of("lm_head.weight"))
                : own;
    }

    private String unprefixed(String name) {
        return name.startsWith(prefix) ? name.substring(prefix.length()) : name;
    }

    /** The tensors without a parameter whose path begins like one of the trunk's. */
    private List<String> unexpected(Set<String> parameters, Set<String> names) {
        Set<String> trunk =
                parameters.stream()
                        .filter(name -> name.startsWith(prefix))
                        .map(name -> firstPart(unprefixed(name)))
                        .collect(Collectors.toSet());
        return names.stream()
                .filter(name -> !taken.contains(name))
                .filter(name -> trunk.contains(firstPart(unprefixed(name))))
                .filter(name -> BUFFERS.stream().noneMatch(("." + name)::endsWith))
                .toList();
    }

    private static String firstPart(String name) {
        return name.split("\\.", 2)[0];
    }

    private static String listed(String title, List<String> items) {
        if (items.isEmpty()) {
            return "";
        }
        String named = String.join("; ", items.subList(0, Math.min(MOST_LISTED, items.size())));
        int others = items.size() - MOST_LISTED;
        return " " + title + ": " + named + (others > 0 ? "; and " + others + " more." : ".");
    }

    /** Whether a parameter takes a tensor. */
    boolean contains(String name) {
        return tensorOf.containsKey(name);
    }

    /**
     * Reads the tensor that a parameter takes.
     *
     * @param manager the owner of the array
     * @param name the parameter's name
     * @return the array as it is stored
     */
    NDArray read(NDManager manager, String name) throws IOException {
        return files.read(manager, tensorOf.get(name));
    }
}
