package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Tests of commands: a directory, and what was printed so far. */
abstract class CommandTester {

    /** One for all: to read every command's options takes longer than most commands. */
    private static final CommandLine TRAM = Tram.commandLine();

    @TempDir Path directory;

    final StringWriter out = new StringWriter();
    final StringWriter err = new StringWriter();

    final int tram(Object... words) {
        return TRAM.setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(Stream.of(words).map(Object::toString).toArray(String[]::new));
    }

    /** Runs a command whose input is bad: one line says so, which is forgotten before the next. */
    final void assertRefused(String message, Object... words) {
        err.getBuffer().setLength(0);
        assertThat(tram(words)).as(err.toString()).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).startsWith("tram " + words[0] + ": ").contains(message);
    }
}
