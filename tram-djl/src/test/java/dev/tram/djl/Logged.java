package dev.tram.djl;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** What is logged. */
final class Logged {

    private Logged() {}

    /** What is logged while something works. */
    static String by(Runnable work) {
        PrintStream error = System.err;
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        System.setErr(new PrintStream(written, true, StandardCharsets.UTF_8));
        try {
            work.run();
        } finally {
            System.setErr(error);
        }
        return written.toString(StandardCharsets.UTF_8);
    }
}
