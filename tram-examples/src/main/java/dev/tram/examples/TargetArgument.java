package dev.tram.examples;

import java.nio.file.Files;
import java.nio.file.Path;

/** The one argument of a program that trains a model: the directory that gets it. */
final class TargetArgument {

    private static final int BAD_INPUT = 2;

    private TargetArgument() {}

    /** Reads the argument, or prints how the program is called and exits. */
    static Path of(Class<?> program, String... arguments) {
        boolean asksForHelp = arguments.length == 1 && arguments[0].matches("-h|--help");
        if (asksForHelp) {
            System.out.println(usage(program));
            System.exit(0);
        }
        if (arguments.length != 1 || arguments[0].startsWith("-")) {
            System.err.println(usage(program));
            System.exit(BAD_INPUT);
        }
        Path target = Path.of(arguments[0]);
        Path existing = target.toAbsolutePath().normalize();
        while (!Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (!Files.isDirectory(existing)) {
            System.err.println(usage(program) + "; DIR must be a directory, received: " + target);
            System.exit(BAD_INPUT);
        }
        if (holdsFiles(target)) {
            System.err.println(
                    usage(program) + "; DIR must be empty or not there yet, received: " + target);
            System.exit(BAD_INPUT);
        }
        return target;
    }

    private static boolean holdsFiles(Path directory) {
        String[] names = directory.toFile().list();
        return names != null && names.length > 0;
    }

    private static String usage(Class<?> program) {
        return "usage: " + program.getSimpleName() + " DIR, the directory that gets the model";
    }
}
