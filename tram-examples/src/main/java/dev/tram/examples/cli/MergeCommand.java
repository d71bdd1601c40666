package dev.tram.examples.cli;

import ai.djl.ndarray.NDManager;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.djl.transformers.model.TransformerModel;
import dev.tram.examples.checkpoint.Checkpoints;
import dev.tram.examples.checkpoint.ConsoleProgress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tram merge}: a checkpoint and an adapter become a checkpoint. */
@Command(name = "merge", mixinStandardHelpOptions = true)
final class MergeCommand implements Callable<Integer> {

    @Option(names = "--checkpoint", required = true, paramLabel = "DIR")
    private String checkpoint;

    @Option(names = "--adapter", required = true, paramLabel = "DIR")
    private Path adapter;

    @Option(names = "--out", required = true, paramLabel = "DIR")
    private Path out;

    @Override
    public Integer call() throws IOException {
        Output.checkDirectory(out, "a new or empty directory");
        Path directory = Checkpoints.locate(checkpoint, new ConsoleProgress());
        try (NDManager manager = NDManager.newBaseManager()) {
            Checkpoint both = adapted(Checkpoint.open(directory), adapter);
            TransformerModel model = both.load(manager);
            model.adapters().merge();
            both.save(model, out);
        }
        return 0;
    }

    /** An adapter that cannot be read is bad input. */
    static Checkpoint adapted(Checkpoint base, Path adapter) {
        try {
            return base.withAdapter(adapter);
        } catch (IOException e) {
            throw new IllegalArgumentException("--adapter " + adapter + ": " + e.getMessage(), e);
        }
    }
}
