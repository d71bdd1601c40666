package dev.tram.djl.internal.files;

import java.util.Locale;

/**
 * What a file may ask for, so that a damaged or hostile one is refused before it takes the memory
 * or the time that it asks for. A system property {@code tram.limit.NAME} sets another value.
 */
public enum Limit implements Bound {
    /** Bytes of a JSON file; it may have a tenth as many names, numbers, texts and brackets. */
    JSON(1L << 25),

    /** Bytes of the header of a safetensors file. */
    HEADER(1L << 24),

    /** Tensors of a checkpoint. */
    TENSORS(100_000),

    /** Bytes of the parameters of a checkpoint or an adapter, float32 each. */
    MODEL(1L << 33),

    /** Files of a checkpoint's tensors. */
    SHARDS(1_000),

    /** Bytes of a vocabulary that is no JSON, such as vocab.txt. */
    VOCABULARY(1L << 24),

    /** Bytes of a file whose length the hub does not tell. */
    DOWNLOAD(1L << 30),

    /** Bytes of all files of a repository together. */
    REPOSITORY(100L << 30);

    private final long usual;

    Limit(long usual) {
        this.usual = usual;
    }

    @Override
    public long usual() {
        return usual;
    }

    /** Returns the name as the property has it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
