package dev.tram.experiments.sweep;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command line of a process that runs one cell, on any machine with the same software, and what
 * its exit code means.
 *
 * @param main the class of the command line {@code tram}
 * @param arguments what of {@code tram cell GRID INDEX} is the same for all cells, the grid file
 *     first
 */
public record CellProcess(List<String> javaOptions, String main, List<String> arguments)
        implements Serializable {

    /** What a cell's process ends with when another one runs the cell. */
    public static final int HELD = 75;

    /** Beyond it a process was ended by a signal. */
    private static final int SIGNALS = 128;

    /**
     * Returns a command line.
     *
     * @param classPath where the software lies on the machine
     * @param until up to which step, or {@link Launcher#END}
     * @param device where it is run; empty for what the grid file says
     * @return the program and its arguments; the process ends when its standard input does
     */
    public List<String> line(String classPath, int index, int until, String device) {
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.addAll(javaOptions);
        line.addAll(List.of("-cp", classPath, main, "cell"));
        line.addAll(arguments);
        line.addAll(List.of("--attended", "--until=" + until));
        if (!device.isEmpty()) {
            line.add("--device=" + device);
        }
        line.add(Integer.toString(index));
        return line;
    }

    public CellProcess with(List<String> options) {
        List<String> all = new ArrayList<>(javaOptions);
        all.addAll(options);
        return new CellProcess(all, main, arguments);
    }

    /** Returns whether a process was killed, so that another one may go on. */
    public static boolean isLost(int code) {
        return code > SIGNALS;
    }

    /** Returns why a cell failed: its last line, and what people call the file of all lines. */
    public static String why(int code, Path log, String name) throws IOException {
        List<String> lines = Files.readAllLines(log);
        String last = lines.isEmpty() ? "" : lines.get(lines.size() - 1) + " ";
        return "exit code " + code + ": " + last + "(all of it: " + name + ")";
    }
}
