package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextCommandTest extends CommandTester {

    /** Options, TABLE standing for a table with columns a and b, and a part of the message. */
    @ParameterizedTest
    @CsvSource({
        "--text a, absent without --data",
        "--train-groups x, absent without --data",
        "--data none.csv --text a --label b, received: /",
        "--data TABLE, 'needs --text COLUMN and --label COLUMN; columns of table.csv: a, b'",
        "--data TABLE --label b, --text",
        "--data TABLE --text a, --label",
        "--data TABLE --text a --label b --train-groups x, absent without --group",
        "--data TABLE --text a --label c, 'table.csv, which has a, b, received: c'",
        "--data TABLE --text nope --label b, --text must be a column of",
        "--data pom.xml --text a --label b, '.csv, .tsv or .jsonl'",
        "--checkpoint /none, received: /none",
        "--max-tokens 3, received: 3",
        "--max-tokens x, x",
        "--methods none, 'there is no method ''none'' (docs/methods.md'",
        "--lora r=8, given targets",
        "'--lora targets=query,rank=4', received: rank=4",
        "--lora targets=c_attn, received: c_attn",
        "--lora targets=query --methods sam-on, received: sam-on",
        "--methods adam --sigma 1, '--sigma must be absent, as no method of adam has it'",
    })
    void badInputIsOneLineAndCode2AndWritesNothing(String options, String message)
            throws IOException {
        Path table = Files.writeString(directory.resolve("table.csv"), "a,b\n1,2\n3,4\n");
        Path target = directory.resolve("out");
        List<String> arguments = new ArrayList<>(List.of("text", "--out", target.toString()));
        Arrays.stream(options.split(" ", -1))
                .map(option -> option.equals("TABLE") ? table.toString() : option)
                .forEach(arguments::add);
        assertRefused(message, arguments.toArray());
        assertThat(target).doesNotExist();
    }

    @Test
    void onlyAnEncoderIsACheckpoint() throws IOException {
        Files.writeString(directory.resolve("config.json"), "{\"model_type\": \"gpt2\"}");
        assertThat(tram("text", "--checkpoint", directory)).isEqualTo(2);
        assertThat(err.toString()).contains("an encoder", "received: " + directory);
    }
}
