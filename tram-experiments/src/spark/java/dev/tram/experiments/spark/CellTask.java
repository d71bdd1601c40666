package dev.tram.experiments.spark;

import dev.tram.experiments.sweep.CellProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.SparkFiles;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.resource.ResourceInformation;

/**
 * Runs a cell in a process beside the executor, which ends with it. The process gives why the cell
 * failed, or an empty text; if it is killed, the task fails, and Spark runs it elsewhere.
 */
record CellTask(CellProcess process, int until, Workplace workplace, String workingDirectory)
        implements Function<Integer, String> {

    private static final int WAIT_SECONDS = 1;

    CellTask(CellProcess process, int until, Workplace workplace) {
        this(process, until, workplace, Path.of("").toAbsolutePath().toString());
    }

    @Override
    public String call(Integer cell) throws Exception {
        try (Workplace.Place place = workplace.of(cell)) {
            int code = run(cell, place);
            while (code == CellProcess.HELD) {
                TimeUnit.SECONDS.sleep(WAIT_SECONDS);
                code = run(cell, place);
            }
            if (CellProcess.isLost(code)) {
                throw new IOException("the process of cell " + cell + " was killed, code " + code);
            }
            return code == 0 ? "" : CellProcess.why(code, place.log(), workplace.logName(cell));
        }
    }

    private int run(int cell, Workplace.Place place) throws IOException, InterruptedException {
        List<String> line =
                process.with(place.javaOptions())
                        .line(place.classPath() + classPath(), cell, until, device());
        ProcessBuilder builder =
                new ProcessBuilder(line)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(place.log().toFile()));
        builder.environment().putAll(place.environment());
        if (Files.isDirectory(Path.of(workingDirectory))) {
            builder.directory(Path.of(workingDirectory).toFile());
        }
        Process begun = builder.start();
        try {
            return begun.waitFor();
        } finally {
            begun.destroyForcibly();
        }
    }

    /** The executor's, then what spark-submit sent along: the driver has them in this order. */
    private static String classPath() throws IOException {
        try (Stream<Path> sent = Files.list(Path.of(SparkFiles.getRootDirectory()))) {
            return Stream.concat(
                            Stream.of(System.getProperty("java.class.path")),
                            sent.map(file -> file.toAbsolutePath().toString())
                                    .filter(file -> file.endsWith(".jar"))
                                    .sorted())
                    .collect(Collectors.joining(System.getProperty("path.separator")));
        }
    }

    /** The GPU that Spark gave the task, if it gives any. */
    private static String device() {
        Map<String, ResourceInformation> resources = TaskContext.get().resourcesJMap();
        return resources.containsKey("gpu")
                ? List.of(resources.get("gpu").addresses()).stream()
                        .map(address -> "gpu" + address)
                        .collect(Collectors.joining(","))
                : "";
    }
}
