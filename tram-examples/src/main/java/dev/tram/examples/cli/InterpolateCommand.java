package dev.tram.examples.cli;

import ai.djl.ndarray.NDManager;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.WeightInterpolation;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.examples.checkpoint.Checkpoints;
import dev.tram.examples.checkpoint.ConsoleProgress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tram interpolate}: models between two checkpoints, without training. */
@Command(name = "interpolate", mixinStandardHelpOptions = true)
final class InterpolateCommand implements Callable<Integer> {

    @Option(names = "--from", required = true, paramLabel = "START")
    private String start;

    @Option(names = "--to", required = true, paramLabel = "END")
    private String end;

    @Option(names = "--alpha", split = ",", defaultValue = "0.25,0.5,0.75", paramLabel = "X,Y")
    private List<Float> alphas;

    @Option(names = "--out", required = true, paramLabel = "DIR")
    private Path out;

    @Override
    public Integer call() throws IOException {
        for (float alpha : alphas) {
            if (!(alpha >= 0 && alpha <= 1)) {
                throw Arguments.rejected("--alpha", "in [0, 1]", alpha);
            }
        }
        Output.checkDirectory(out, "new or empty");
        Checkpoint first = open(start);
        Checkpoint last = open(end);
        try (NDManager manager = NDManager.newBaseManager()) {
            TransformerModel from = first.load(manager);
            TransformerModel to = last.load(manager);
            TransformerModel between = last.load(manager);
            for (float alpha : alphas) {
                WeightInterpolation.apply(from, to, alpha, between);
                last.save(between, out.resolve("alpha-" + alpha));
            }
        }
        return 0;
    }

    private static Checkpoint open(String place) throws IOException {
        return Checkpoint.open(Checkpoints.locate(place, new ConsoleProgress()));
    }
}
