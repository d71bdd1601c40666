package dev.tram.examples.cli;

import dev.tram.core.internal.Arguments;
import dev.tram.experiments.NearNames;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is said of a command line that cannot be parsed. */
final class ParserMessages {

    /** How many names a message about a wrong one offers. */
    private static final int NEAR_NAMES = 5;

    private static final Map<Class<?>, String> NUMBERS =
            Map.of(
                    Integer.class, "an integer",
                    int.class, "an integer",
                    Float.class, "a number",
                    float.class, "a number");

    private ParserMessages() {}

    static String of(ParameterException failure) {
        if (failure instanceof UnmatchedArgumentException unmatched) {
            return ofUnmatched(unmatched);
        }
        if (failure.getArgSpec() instanceof OptionSpec option
                && failure.getValue() != null
                && NUMBERS.containsKey(option.auxiliaryTypes()[0])) {
            return Arguments.rejected(
                            option.longestName(),
                            NUMBERS.get(option.auxiliaryTypes()[0]),
                            failure.getValue())
                    .getMessage();
        }
        return failure.getMessage();
    }

    private static String ofUnmatched(UnmatchedArgumentException failure) {
        String word = failure.getUnmatched().get(0);
        Set<String> commands = failure.getCommandLine().getSubcommands().keySet();
        if (word.startsWith("-")) {
            return "there is no option "
                    + word
                    + NearNames.didYouMean(
                            failure.getSuggestions().stream().limit(NEAR_NAMES).toList());
        }
        if (commands.isEmpty()) {
            return "'" + word + "' is one argument too many";
        }
        List<String> near = NearNames.of(word, commands);
        return "there is no command '"
                + word
                + "'"
                + (near.isEmpty()
                        ? "; there are " + String.join(", ", commands)
                        : NearNames.didYouMean(near));
    }
}
