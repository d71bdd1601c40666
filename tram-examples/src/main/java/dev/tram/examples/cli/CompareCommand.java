package dev.tram.examples.cli;

import dev.tram.core.internal.Arguments;
import dev.tram.experiments.diagnostics.RunComparison;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tram compare}: several experiments side by side. */
@Command(name = "compare", mixinStandardHelpOptions = true)
final class CompareCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Parameters(arity = "0..*", paramLabel = "RUN", descriptionKey = "compare.RUN")
    private List<Path> runs;

    @Option(names = "--out", paramLabel = "FILE", defaultValue = "compare.html")
    private Path out;

    @Override
    public Integer call() throws IOException {
        if (runs == null || runs.size() < 2) {
            throw Arguments.rejected(
                    "RUN",
                    "given twice or more: tram compare RUN RUN ...",
                    runs == null ? "nothing" : runs.get(0));
        }
        Output.checkFile("--out", out);
        new RunComparison(runs).write(out, Tram.given(spec), System.out);
        return 0;
    }
}
