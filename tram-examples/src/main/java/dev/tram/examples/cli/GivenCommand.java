package dev.tram.examples.cli;

import dev.tram.examples.report.ShellWords;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** The command line as it was given. */
final class GivenCommand {

    private GivenCommand() {}

    static String of(CommandSpec command) {
        List<String> words = new ArrayList<>(List.of("tram"));
        words.addAll(command.root().commandLine().getParseResult().originalArgs());
        return ShellWords.join(words);
    }
}
