package dev.tram.examples;

import java.nio.file.Files;
import java.nio.file.Path;

/** The one argument of a program that trains a model: the directory that gets it. */
final class TargetArgument {

    private static final int BAD_INPUT = 2;

    private TargetArgument() {}

    /** Reads the argument, or prints how the program is called and exits. */
    static Path of(Class<?> program, String... arguments) {
        String usage =
                "usage: " + program.getSimpleName() + " DIR, the directory that gets the model";
        if (arguments.length == 1 && arguments[0].matches("-h|--help")) {
            System.out.println(usage);
            System.exit(0);
        }
        if (arguments.length != 1 || arguments[0].startsWith("-")) {
            refuse(usage);
        }
        Path target = Path.of(arguments[0]);
        Path existing = target.toAbsolutePath().normalize();
        while (!Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (!Files.isDirectory(existing)) {
            refuse(usage + "; DIR must be a directory, received: " + target);
        }
        String[] names = target.toFile().list();
        if (names != null && names.length > 0) {
            refuse(usage + "; DIR must be empty or not there yet, received: " + target);
        }
        return target;
    }

    private static void refuse(String message) {
        System.err.println(message);
        System.exit(BAD_INPUT);
    }
}
