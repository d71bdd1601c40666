package dev.tram.examples.cli;

import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.AtomicFile;
import dev.tram.experiments.diagnostics.Effects;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tram effects}: how much methods differ from one, the pretrained model being the unit. */
@Command(name = "effects", mixinStandardHelpOptions = true)
final class EffectsCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "RUN", descriptionKey = "effects.RUN")
    private List<Path> runs;

    @Option(names = "--base", paramLabel = "METHOD", defaultValue = "adam")
    private String base;

    @Option(names = "--methods", paramLabel = "A,B", split = ",")
    private Set<String> methods = Set.of();

    @Option(names = "--measures", paramLabel = "A,B", split = ",")
    private List<String> measures;

    @Option(names = "--picture", paramLabel = "FILE")
    private Path picture;

    @Override
    public Integer call() throws IOException {
        if (picture != null) {
            Output.checkFile("--picture", picture);
        }
        Effects effects = new Effects(runs, base, methods);
        List<String> known = effects.measures();
        List<String> shown = measures == null ? known : measures;
        for (String measure : shown) {
            if (!known.contains(measure)) {
                throw Arguments.rejected("--measures", "of " + String.join(", ", known), measure);
            }
        }
        PrintWriter terminal = spec.commandLine().getOut();
        terminal.print(effects.table(shown).toMarkdown());
        terminal.println();
        terminal.print(effects.legend(shown));
        if (picture != null) {
            String figure = shown.get(0);
            AtomicFile.write(
                    picture, effects.overPrice(figure).toSvg(figure + " over the price of a run"));
            terminal.println("Picture: " + picture);
        }
        terminal.flush();
        return 0;
    }
}
