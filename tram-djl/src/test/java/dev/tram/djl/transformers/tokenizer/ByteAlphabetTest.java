package dev.tram.djl.transformers.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ByteAlphabetTest {

    /** GPT-2's vocabulary writes a space as Ġ, a line feed as Ċ, a tab as ĉ, U+00AD as Ń. */
    @Test
    void hasADistinctCharacterForEachByte() {
        assertThat(ByteAlphabet.all().chars().distinct()).hasSize(256);
        assertThat(ByteAlphabet.all()).startsWith("!\"#").contains("Ġ", "Ċ", "ĉ").endsWith("ŁłŃ");
    }
}
