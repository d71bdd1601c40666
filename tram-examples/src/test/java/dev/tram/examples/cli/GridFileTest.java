package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tram.experiments.sweep.GridFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a wrong grid file is refused. */
class GridFileTest {

    @TempDir private Path directory;

    private GridFile read(String yaml) throws IOException {
        Path file = Files.writeString(directory.resolve("grid.yaml"), yaml);
        return GridFile.read(file, file.toString(), new GridExperiments());
    }

    /** Of 400 values each. */
    @Test
    @Timeout(10)
    void combinationsAreCountedBeforeTheyAreMade() {
        String values =
                IntStream.rangeClosed(1, 400)
                        .mapToObj(Integer::toString)
                        .collect(Collectors.joining(", ", "[", "]"));
        String vary =
                Stream.of("steps", "batch", "warmup", "seeds")
                        .map(option -> option + ": " + values)
                        .collect(Collectors.joining(", "));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read("{experiments: {a: {command: vit}}, vary: {" + vary + "}}"))
                .withMessageEndingWith(
                        "grid.yaml, vary: a grid can have 10000 cells: give fewer values or seeds,"
                                + " or several grid files");
    }

    @Test
    void aGridFileIsWrittenByAPerson() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read("#".repeat(1 << 21)))
                .withMessageStartingWith("GRID must be a file of at most 1048576 bytes, received: ")
                .withMessageEndingWith("grid.yaml of 2097152");
    }

    @Test
    void aGridFileIsUtf8() throws IOException {
        Path file = Files.write(directory.resolve("latin.yaml"), new byte[] {'#', (byte) 0xE4});
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GridFile.read(file, "grid", new GridExperiments()))
                .withMessage(file + " must be text in UTF-8");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            textBlock =
                    """
                    experiment: {a: {command: vit}} | there is no key 'experiment'; did you mean experiments?
                    experiments: {} | at least one experiment by name is needed
                    experiments: {a: {command: vti}} | , a: command must be one of
                    experiments: {a: {command: vti}} | received: vti; did you mean vit?
                    experiments: {a: {command: vit, step: 3}} | , a: there is no key 'step'; did you mean steps
                    experiments: {a: {command: vit, out: b}} | , a: there is no key 'out'
                    experiments: {a: {command: vit, steps: many}} | , a: Invalid value for option '--steps'
                    experiments: {a: {command: vit, steps: 0}} | , a: steps must be an integer >= 1
                    experiments: {a: {command: vit, methods: [sma]}} | , a: there is no method 'sma'; did you mean
                    experiments: {a/b: {command: vit}} | , a/b: a name must have letters
                    experiments: {a: vit} | , a: keys with values are needed
                    experiments: {a: {command: vit, steps: {b: 1}}} | , a: steps must be a value
                    "{experiments: {a: {command: vit}}, vary: {lr: 1}}" | , vary: lr must be a list
                    "{experiments: {a: {command: vit}}, vary: {rate: [1]}}" | there is no key 'rate'
                    "experiments: {a: {command: vit}, a: {command: vit}}" | line 1: Duplicate field 'a'
                    experiments: [ | line 1:
                    "{experiments: {a: {command: vit}}, halving: {first-steps: 20}}" | , halving: first-steps 20 must be a multiple of save-every, which is 0 in a
                    "{experiments: {a: {command: vit, save-every: 5}}, halving: {first-steps: 5}}" | , halving: first-steps 5 must be a multiple of evaluate-every, which is an eighth of 160 steps
                    "{experiments: {a: {command: vit, save-every: 5}}, halving: {first-steps: 0}}" | , halving: first-steps must be a whole number >= 1, received: 0
                    "{experiments: {a: {command: vit}}, halving: {eta: 3}}" | , halving: there is no key 'eta'
                    "{experiments: {a: {command: vit, seeds: 5001, methods: [adam, sam]}}}" | , a: a grid can have 10000 cells
                    "{experiments: {a: {command: vit, seeds: 2000000000}}}" | , a: seeds must be an integer <= 10000, received: 2000000000
                    """)
    void isRefusedByName(String yaml, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read(yaml))
                .withMessageContaining("grid.yaml")
                .withMessageContaining(message);
    }
}
