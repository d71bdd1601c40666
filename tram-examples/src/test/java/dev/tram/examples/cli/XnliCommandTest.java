package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class XnliCommandTest {

    @TempDir private Path directory;

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
        StringWriter err = new StringWriter();
        CommandLine tram = Tram.commandLine();
        tram.setErr(new PrintWriter(err));
        Path target = directory.resolve("out");
        Path data = value.equals(".") ? directory : Path.of(value);
        int code = tram.execute("xnli", "--out", target.toString(), option, data.toString());
        assertThat(code).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).startsWith("tram xnli: ").contains(message);
        assertThat(target).doesNotExist();
    }
}
