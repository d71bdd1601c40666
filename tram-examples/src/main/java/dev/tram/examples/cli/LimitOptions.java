package dev.tram.examples.cli;

import dev.tram.experiments.data.Limit;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What files may ask for, of every command that reads some. */
final class LimitOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(names = "--limit", paramLabel = "NAME=N")
    void set(Map<Limit, Long> limits) {
        if (limits != null) {
            try {
                limits.forEach(Limit::set);
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), e.getMessage(), e);
            }
        }
    }
}
