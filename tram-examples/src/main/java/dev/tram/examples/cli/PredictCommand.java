package dev.tram.examples.cli;

import ai.djl.Device;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.model.Checkpoint;
import dev.tram.examples.checkpoint.Checkpoints;
import dev.tram.examples.checkpoint.ConsoleProgress;
import dev.tram.examples.predict.BulkSource;
import dev.tram.examples.predict.Choice;
import dev.tram.examples.predict.Predictor;
import dev.tram.experiments.data.ImageFiles;
import dev.tram.experiments.data.OneLine;
import dev.tram.experiments.data.RowCensus;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tram predict}: what a checkpoint says to a text, an image or a file of arrays. */
@Command(name = "predict", mixinStandardHelpOptions = true)
final class PredictCommand implements Callable<Integer> {

    private static final int USUAL_TOP = 5;
    private static final int USUAL_BATCH = 32;

    @Spec private CommandSpec spec;

    @Option(names = "--checkpoint", required = true, paramLabel = "DIR")
    private String checkpoint;

    @Option(names = "--adapter", paramLabel = "DIR")
    private Path adapter;

    @Option(names = "--text", paramLabel = "TEXT")
    private String text;

    @Option(names = "--pair", paramLabel = "TEXT")
    private String pair;

    @Option(names = "--image", paramLabel = "FILE")
    private Path image;

    @Option(names = "--data", paramLabel = "FILE")
    private Path data;

    @Option(names = "--id", paramLabel = "COLUMN")
    private String id;

    @Option(names = "--batch", paramLabel = "N")
    private Integer batch;

    @Option(names = "--input", paramLabel = "FILE")
    private Path input;

    @Option(names = "--out", paramLabel = "FILE")
    private Path out;

    @Option(names = "--top", paramLabel = "N")
    private Integer top;

    @Option(names = "--device", paramLabel = "NAME", defaultValue = "cpu")
    private String device;

    @SuppressWarnings("UnusedVariable") // its option acts
    @Mixin
    private LimitOptions limits;

    @Override
    public Integer call() throws IOException {
        check();
        Path directory = Checkpoints.locate(checkpoint, new ConsoleProgress());
        try (Predictor predictor = open(directory)) {
            if (data != null) {
                predictAll(predictor);
            } else if (input != null) {
                predictor.predict(input, out);
            } else {
                print(predictor, choices(predictor, top == null ? USUAL_TOP : top));
            }
        }
        return 0;
    }

    private void predictAll(Predictor predictor) throws IOException {
        BulkSource source =
                new BulkSource(
                        data,
                        Objects.requireNonNullElse(text, "text"),
                        pair,
                        image == null ? "image" : image.toString(),
                        id);
        RowCensus census =
                source.predict(
                        predictor,
                        batch == null ? USUAL_BATCH : batch,
                        out,
                        spec.commandLine().getErr()::println);
        census.report().lines().map(OneLine::of).forEach(spec.commandLine().getErr()::println);
        spec.commandLine()
                .getOut()
                .printf("%d predictions in %s%n", census.rows() - census.malformed(), out);
    }

    private List<Choice> choices(Predictor predictor, int count) throws IOException {
        return image == null
                ? predictor.text(text, pair, count)
                : predictor.image(readImage(), count);
    }

    private void check() throws IOException {
        if (data == null && Stream.of(text, image, input).filter(Objects::nonNull).count() != 1) {
            throw new ParameterException(
                    spec.commandLine(), "give one of --text, --image, --input and --data");
        }
        require("--input", "--out alone", input == null || data == null);
        require("--pair", "--text", pair == null || text != null || data != null);
        require("--out", "--input or --data", out == null || input != null || data != null);
        require("--input", "--out", input == null || out != null);
        require("--data", "--out", data == null || out != null);
        require("--id", "--data", id == null || data != null);
        if (top != null) {
            require("--top", "--text or --image", input == null && data == null);
            Arguments.atLeast("--top", top, 1);
        }
        if (batch != null) {
            require("--batch", "--data", data != null);
            Arguments.atLeast("--batch", batch, 1);
        }
        ExperimentOptions.checkDevice(device);
        if (data == null) {
            checkReadable("--image", image);
            checkReadable("--input", input);
        } else {
            BulkSource.requireFormat(out);
            if (!Files.isReadable(data)) {
                throw Arguments.rejected("--data", "a file or folder that can be read", data);
            }
        }
        if (out != null && (Files.isDirectory(out) || !Files.isDirectory(parent(out)))) {
            throw Arguments.rejected("--out", "a file in an existing directory", out);
        }
        Path source = data == null ? input : data;
        if (out != null && Files.exists(out) && Files.isSameFile(source, out)) {
            throw Arguments.rejected(
                    "--out", "another file than " + (data == null ? "--input" : "--data"), out);
        }
    }

    private void require(String option, String companion, boolean fulfilled) {
        if (!fulfilled) {
            throw new ParameterException(
                    spec.commandLine(), option + " goes with " + companion + " only");
        }
    }

    private static void checkReadable(String option, Path file) {
        if (file != null && !(Files.isRegularFile(file) && Files.isReadable(file))) {
            throw Arguments.rejected(option, "a file that can be read", file);
        }
    }

    private static Path parent(Path file) {
        return file.toAbsolutePath().getParent();
    }

    /** A damaged or incomplete checkpoint or adapter is bad input. */
    private Predictor open(Path directory) {
        try {
            Checkpoint base = Checkpoint.open(directory);
            return new Predictor(
                    adapter == null ? base : MergeCommand.adapted(base, adapter),
                    Device.fromName(device));
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "--checkpoint "
                            + checkpoint
                            + (adapter == null ? "" : ", --adapter " + adapter)
                            + ": "
                            + e.getMessage(),
                    e);
        }
    }

    private BufferedImage readImage() {
        try {
            return ImageFiles.decode(
                    ImageFiles.read(image),
                    remark -> spec.commandLine().getErr().println(image + ": " + remark));
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "--image must be an image, received: " + image + ": " + e.getMessage(), e);
        }
    }

    private void print(Predictor predictor, List<Choice> choices) {
        PrintWriter terminal = spec.commandLine().getOut();
        boolean tokens = predictor.isLanguageModel();
        boolean numbers = predictor.isRegression();
        for (Choice choice : choices) {
            String name = tokens ? quoted(choice) : OneLine.of(choice.name());
            terminal.printf(
                    Locale.ROOT,
                    numbers ? "%10.4f  %s%n" : "%6.2f %%  %s%n",
                    numbers ? choice.value() : 100 * choice.value(),
                    name);
        }
    }

    /** A token begins with a space more often than not, and may be a line break. */
    private static String quoted(Choice token) {
        String text = new String(JsonStringEncoder.getInstance().quoteAsString(token.name()));
        return "\"" + text + "\" (" + token.index() + ")";
    }
}
