package dev.tram.djl.transformers.tokenizer;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegexCheckTest {

    /**
     * What tokenizers on the hub split and replace by: GPT-2, GPT-4, GPT-4o, Llama 3 and others.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
                "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
                        + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
                "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}|"
                        + " ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s",
                "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*"
                        + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
                        + "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+"
                        + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}|"
                        + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
                " ?[^(\\s|[.,!?…。，、।۔،])]+",
                "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|"
                        + "[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|"
                        + "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
                "[一-龥\u3040-ゟ゠-ヿ]+",
                " {2,}",
                "\\s+",
                "^\\s+|\\s+$",
                "[0-9][0-9][0-9]",
                "\\d{1,3}(?=(?:\\d{3})*\\b)",
                "\\p{L}+(?:'\\p{L}+)*",
                "<s>",
                "a{x}",
                "\\d+\\.\\d+\\.\\d+"
            })
    void allows(String pattern) {
        assertThatCode(() -> RegexCheck.check("Split", pattern)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(a+)+$",
                "(x+x+)+y",
                "x+x+y",
                "x*x*x*y",
                "(?:x+)(?:x*)y",
                "^(([a-z])+.)+[A-Z]([a-z])+$",
                "(a|a)*b",
                "(a|aa)+$",
                "(a?){30}a{30}",
                "a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?aaaaaaaaaaaaaaaaaaaa",
                "(?:'[\\p{L}']+)*x",
                "(.*)(\\d+)(.*)z",
                "a+(?=a+b)",
                "(?:(?:ab)+c?)*d",
                "x{0,500}x{0,500}y",
                "((a{1000}){1000}){1001}",
                "a**",
                "a{3}{4}",
                "a{1,3}+",
                "(?<n>a\\g<n>)",
                "(a)\\1",
                "\\k<n>",
                "(?(1)a|b)",
                "(?~|a)",
                "(?{x})",
                "(*FAIL)",
                "(",
                ")",
                "(?",
                "[a",
                "\\",
                "+",
                "(?<x"
            })
    void refuses(String pattern) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RegexCheck.check("Split", pattern))
                .withMessageContaining("Split must be one that cannot search without end")
                .withMessageContaining("received: " + pattern);
    }

    @Test
    void refusesWhatIsTooLongOrTooDeep() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RegexCheck.check("Split", "a".repeat(5_000)))
                .withMessageContaining("more than 4000 characters");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> RegexCheck.check("Split", "(".repeat(100) + "a" + ")".repeat(100)))
                .withMessageContaining("30 deep");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> RegexCheck.check("Split", "[".repeat(100) + "a" + "]".repeat(100)))
                .withMessageContaining("30 deep");
    }
}
