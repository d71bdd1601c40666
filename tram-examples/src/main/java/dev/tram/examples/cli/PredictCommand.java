package dev.tram.examples.cli;

import ai.djl.Device;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.tram.core.internal.Arguments;
import dev.tram.examples.checkpoint.Checkpoints;
import dev.tram.examples.checkpoint.ConsoleProgress;
import dev.tram.examples.data.ImageDecoder;
import dev.tram.examples.predict.Choice;
import dev.tram.examples.predict.Predictor;
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
@Command(
        name = "predict",
        description = {
            "Show what a trained model says.",
            "",
            "A classifier names the most probable classes of a text or an image, a regression its"
                    + " numbers, a language model the most probable next tokens of a text. For programs, a JSON file of"
                    + " inputs becomes a JSON file of logits."
        },
        mixinStandardHelpOptions = true)
final class PredictCommand implements Callable<Integer> {

    private static final int USUAL_TOP = 5;

    @Spec private CommandSpec spec;

    @Option(
            names = "--checkpoint",
            required = true,
            paramLabel = "DIR",
            description =
                    "A Hugging Face directory, a model of the hub as ORG/NAME[@REVISION], or"
                            + " minilm.")
    private String checkpoint;

    @Option(
            names = "--adapter",
            paramLabel = "DIR",
            description = "An adapter (LoRA) of the checkpoint, in the layout of PEFT.")
    private Path adapter;

    @Option(
            names = "--text",
            paramLabel = "TEXT",
            description = "A text to classify or to continue.")
    private String text;

    @Option(
            names = "--pair",
            paramLabel = "TEXT",
            description = "The second text of a pair, such as the hypothesis.")
    private String pair;

    @Option(
            names = "--image",
            paramLabel = "FILE",
            description = "An image to classify: PNG, JPEG, GIF, BMP or TIFF.")
    private Path image;

    @Option(
            names = "--input",
            paramLabel = "FILE",
            description =
                    "A JSON file of inputs, such as {\"inputs\": {\"input_ids\": {\"shape\":"
                            + " [1, 2], \"values\": [5, 7]}}}.")
    private Path input;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "The JSON file that gets the logits of --input.")
    private Path out;

    @Option(
            names = "--top",
            paramLabel = "N",
            description = "How many classes or tokens to name (default: 5).")
    private Integer top;

    @Option(
            names = "--device",
            paramLabel = "NAME",
            defaultValue = "cpu",
            description = "cpu or gpu0, gpu1, … (default: ${DEFAULT-VALUE}).")
    private String device;

    @SuppressWarnings("UnusedVariable") // its option acts
    @Mixin
    private LimitOptions limits;

    @Override
    public Integer call() throws IOException {
        check();
        Path directory = Checkpoints.locate(checkpoint, new ConsoleProgress());
        try (Predictor predictor = open(directory)) {
            if (input != null) {
                predictor.predict(input, out);
            } else {
                print(predictor, choices(predictor, top == null ? USUAL_TOP : top));
            }
        }
        return 0;
    }

    private List<Choice> choices(Predictor predictor, int count) throws IOException {
        return image == null
                ? predictor.text(text, pair, count)
                : predictor.image(readImage(), count);
    }

    private void check() throws IOException {
        if (Stream.of(text, image, input).filter(Objects::nonNull).count() != 1) {
            throw new ParameterException(
                    spec.commandLine(), "give one of --text, --image and --input");
        }
        require("--pair", "--text", pair == null || text != null);
        require("--out", "--input", out == null || input != null);
        require("--input", "--out", input == null || out != null);
        if (top != null) {
            require("--top", "--text or --image", input == null);
            Arguments.atLeast("--top", top, 1);
        }
        ExperimentOptions.checkDevice(device);
        checkReadable("--image", image);
        checkReadable("--input", input);
        if (out != null && (Files.isDirectory(out) || !Files.isDirectory(parent(out)))) {
            throw Arguments.rejected("--out", "a file in an existing directory", out);
        }
        if (out != null && Files.exists(out) && Files.isSameFile(input, out)) {
            throw Arguments.rejected("--out", "another file than --input", out);
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
        Predictor predictor;
        try {
            predictor = Predictor.open(directory, Device.fromName(device));
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "--checkpoint " + checkpoint + ": " + e.getMessage(), e);
        }
        try {
            if (adapter != null) {
                predictor.adapt(adapter);
            }
            return predictor;
        } catch (IOException e) {
            predictor.close();
            throw new IllegalArgumentException("--adapter " + adapter + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            predictor.close();
            throw e;
        }
    }

    private BufferedImage readImage() {
        try {
            return ImageDecoder.decode(
                    ImageDecoder.read(image),
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
            String name = tokens ? quoted(choice) : choice.name();
            terminal.printf(
                    Locale.ROOT,
                    numbers ? "%10.4f  %s%n" : "%6.2f %%  %s%n",
                    numbers ? choice.value() : 100 * choice.value(),
                    name);
        }
        terminal.flush();
    }

    /** A token begins with a space more often than not, and may be a line break. */
    private static String quoted(Choice token) {
        String text = new String(JsonStringEncoder.getInstance().quoteAsString(token.name()));
        return "\"" + text + "\" (" + token.index() + ")";
    }
}
