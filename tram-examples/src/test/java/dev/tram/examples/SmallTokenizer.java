package dev.tram.examples;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;

/** Byte-level tokenizers of {@link #SIZE} tokens for tests: every text has an encoding. */
public enum SmallTokenizer {
    /** One special token, which nothing places by itself. */
    GPT2,

    /** {@code <s>}, {@code <pad>}, {@code </s>}, {@code <unk>}, {@code <mask>}, framed. */
    ROBERTA;

    /** The number of tokens, special ones included. */
    public static final int SIZE = 300;

    /** Writes tokenizer.json and tokenizer_config.json. */
    public void write(Path directory) throws IOException {
        Files.createDirectories(directory);
        String folder = "small/" + name().toLowerCase(Locale.ROOT) + "/";
        for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
            try (InputStream in = SmallTokenizer.class.getResourceAsStream(folder + name)) {
                Files.copy(in, directory.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }
}
