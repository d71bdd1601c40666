package dev.tram.examples.checkpoint;

import dev.tram.experiments.ModelCache;
import dev.tram.experiments.data.Bundled;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The small pretrained models that come with the examples; {@code tram pretrain NAME} makes them
 * again.
 */
public enum Shipped {
    /** A Vision Transformer that knows Noto's emoji. */
    EMOJI_VIT(false),
    /** An encoder that read the Universal Declaration of Human Rights in 15 languages. */
    DECLARATION_ENCODER(true),
    /** A GPT-2 that read Moby Dick and State of the Union addresses until 1932. */
    SOTU_GPT2(true);

    private final boolean hasTokenizer;

    Shipped(boolean hasTokenizer) {
        this.hasTokenizer = hasTokenizer;
    }

    private List<String> files() {
        List<String> files =
                new ArrayList<>(List.of("config.json", "model.safetensors", "README.md"));
        if (hasTokenizer) {
            files.addAll(List.of("tokenizer.json", "tokenizer_config.json"));
        }
        return files;
    }

    public static Optional<Shipped> named(String name) {
        return Arrays.stream(values()).filter(model -> model.toString().equals(name)).findFirst();
    }

    /**
     * Writes the model's files to a cache, unless they are there. Returns a Hugging Face directory.
     */
    public Path directory(ModelCache cache) throws IOException {
        List<String> recipe = new ArrayList<>();
        files().forEach(file -> recipe.add(resource(file).identity()));
        return cache.get(
                ModelCache.key(toString(), recipe, List.of()),
                work -> {
                    for (String file : files()) {
                        try (InputStream in = resource(file).open()) {
                            Files.copy(in, work.resolve(file));
                        }
                    }
                    return work;
                });
    }

    private Bundled resource(String file) {
        return new Bundled(Shipped.class, this + "/" + file);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
