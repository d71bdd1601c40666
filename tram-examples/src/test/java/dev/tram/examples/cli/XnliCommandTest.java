package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class XnliCommandTest extends CommandTester {

    /** Option, value, a part of the message. */
    @ParameterizedTest
    @CsvSource({
        "--data, /none, received: /none",
        "--data, ., multinli_1.0_train.jsonl",
        "--max-tokens, 5, received: 5",
        "--checkpoint, /none, received: /none",
        "--seeds, 0, received: 0",
    })
    void badInputIsOneLineAndCode2AndWritesNothing(String option, String value, String message) {
        Path target = directory.resolve("out");
        Path data = value.equals(".") ? directory : Path.of(value);
        assertRefused(message, "xnli", "--out", target, option, data);
        assertThat(target).doesNotExist();
    }
}
