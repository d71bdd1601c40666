package dev.tram.examples.checkpoint;

import static java.util.stream.Collectors.joining;

import ai.djl.util.Progress;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.hub.Hub;
import dev.tram.djl.transformers.hub.HubException;
import dev.tram.djl.transformers.hub.HubId;
import dev.tram.experiments.ModelCache;
import dev.tram.experiments.data.OneLine;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** The checkpoints that a command line can name. */
public final class Checkpoints {

    private Checkpoints() {}

    /**
     * Returns the local directory of a checkpoint, after fetching or converting it if need be.
     *
     * @param checkpoint a directory's path; {@code minilm}, see {@link MiniLm}; the name of a
     *     {@link Shipped} model; or {@code ORG/NAME[@REVISION]} on the hub that the environment
     *     names, see {@link Hub}
     * @param progress told of each transferred file's bytes
     * @throws IllegalArgumentException if the text is none of these
     * @throws HubException if the checkpoint cannot be fetched
     * @throws IOException if the thread is interrupted meanwhile
     */
    public static Path locate(String checkpoint, Progress progress) throws IOException {
        return locate(
                checkpoint,
                Hub.builder()
                        .optProgress(progress)
                        .optNotices(notice -> System.err.println("tram: " + OneLine.of(notice))));
    }

    static Path locate(String checkpoint, Hub.Builder hub) throws IOException {
        Path path = Path.of(checkpoint);
        if (Files.isDirectory(path)) {
            return path;
        }
        Optional<Shipped> shipped = Shipped.named(checkpoint);
        if (shipped.isPresent()) {
            return shipped.get().directory(ModelCache.ofUser());
        }
        if (checkpoint.equals(MiniLm.NAME)) {
            return MiniLm.directory(ModelCache.ofUser());
        }
        String name = checkpoint.split("@", 2)[0];
        if (path.isAbsolute() || name.startsWith(".") || Path.of(name).getNameCount() > 2) {
            throw Arguments.rejected("checkpoint", "an existing directory", checkpoint);
        }
        if (!name.contains("/")) {
            throw Arguments.rejected("checkpoint", known(), checkpoint);
        }
        String absent = "'" + checkpoint + "' is not a local directory; ";
        try {
            return hub.build().fetch(HubId.parse(checkpoint));
        } catch (InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            throw new HubException(absent + e.getMessage(), e);
        }
    }

    /** A name of one word is no longer one of the hub, where each model has an owner. */
    private static String known() {
        return "an existing directory, ORG/NAME on the hub, such as openai-community/gpt2, or one of "
                + MiniLm.NAME
                + ", "
                + Stream.of(Shipped.values()).map(Shipped::toString).collect(joining(", "));
    }
}
