package dev.tram.djl.transformers.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ByteAlphabetTest {

    /** GPT-2's vocabulary writes a space as Ġ, a line feed as Ċ, a tab as ĉ, U+00AD as Ń. */
    @Test
    void writesBytesAsGpt2Does() {
        assertThat(ByteAlphabet.encode("a b\n\t~é")).isEqualTo("aĠbĊĉ~Ã©");
        assertThat(ByteAlphabet.encode("\u00ad")).isEqualTo("ÂŃ");
    }

    @Test
    void hasADistinctCharacterForEachByte() {
        assertThat(ByteAlphabet.all().chars().distinct()).hasSize(256);
        assertThat(ByteAlphabet.all()).startsWith("!\"#").endsWith("ŁłŃ");
    }
}
