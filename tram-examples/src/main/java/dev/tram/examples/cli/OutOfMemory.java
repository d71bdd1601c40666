package dev.tram.examples.cli;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;

/** What to do when memory does not suffice: Java's, the engine's or the GPU's. */
final class OutOfMemory {

    /** How PyTorch says it, for the CPU and for CUDA. */
    private static final Pattern OF_ENGINE =
            Pattern.compile(
                    "(?i)not enough memory|can't allocate memory|out of memory|storage size");

    /** What takes less memory when it is less. */
    private static final List<String> SIZES =
            List.of(
                    "--batch",
                    "--max-tokens",
                    "--block",
                    "--tokens",
                    "--image-size",
                    "--examples",
                    "--limit");

    private OutOfMemory() {}

    /** Finds the lack of memory in a failure's causes. */
    static Optional<Throwable> in(Throwable failure) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .filter(OutOfMemory::isLack)
                .findFirst();
    }

    private static boolean isLack(Throwable cause) {
        return cause instanceof OutOfMemoryError
                || (cause.getClass().getName().startsWith("ai.djl.")
                        && cause.getMessage() != null
                        && OF_ENGINE.matcher(cause.getMessage()).find());
    }

    /** Returns a line that says what to lower. */
    static String advice(Throwable lack, CommandLine command) {
        String sizes =
                SIZES.stream()
                        .filter(command.getCommandSpec().optionsMap()::containsKey)
                        .collect(Collectors.joining(" or "));
        boolean isJavas = lack instanceof OutOfMemoryError;
        return "memory does not suffice ("
                + String.valueOf(lack.getMessage()).lines().findFirst().orElse("")
                + "): lower "
                + (sizes.isEmpty() ? "the size of the input" : sizes)
                + (isJavas ? ", or give Java more, as by TRAM_JAVA_OPTIONS=-Xmx12g" : "");
    }
}
