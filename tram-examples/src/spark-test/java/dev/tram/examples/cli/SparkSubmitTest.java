package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A sweep by spark-submit: master, worker and driver have Spark's jars only, and are sent ours. */
@EnabledOnOs(OS.LINUX)
class SparkSubmitTest {

    /** Where what Spark's distribution does not have lies in Maven's repository. */
    private static final List<String> OURS =
            List.of(
                    "/ai/djl/",
                    "/info/picocli/",
                    "/me/tongfei/",
                    "/org/webjars/",
                    "/blue/strategic/",
                    "/com/drewnoakes/",
                    "/org/tribuo/",
                    "/dev/langchain4j/",
                    "/jackson-dataformat-yaml/",
                    "/snakeyaml/",
                    "/commons-statistics",
                    "/commons-numbers",
                    "/commons-csv/",
                    "/jline/",
                    "/com/google/protobuf/",
                    "/net/java/dev/jna/",
                    "/dev/tram/");

    @TempDir private Path directory;

    @Test
    void aSubmittedSweepHasTheFilesOfThePlainCommand() throws Exception {
        TinyGrid tiny = new TinyGrid(directory);
        Path sweep = directory.resolve("sweep");
        try (StandaloneSpark spark = new StandaloneSpark(directory.resolve("spark"))) {
            List<Path> sent = new ArrayList<>();
            for (Path path : classPath()) {
                if (Files.isDirectory(path)) {
                    sent.add(jar(path));
                } else if (OURS.stream().anyMatch(path.toString()::contains)) {
                    sent.add(path);
                } else {
                    spark.install(path);
                }
            }
            spark.startWorker("worker1", 2);
            String printed =
                    spark.submit(
                            directory.resolve("submit.log"),
                            List.of(
                                    "--class",
                                    "dev.tram.examples.cli.Tram",
                                    "--jars",
                                    sent.stream()
                                            .map(Path::toString)
                                            .collect(Collectors.joining(",")),
                                    "--driver-java-options",
                                    "-Dai.djl.offline=true -Dai.djl.default_engine=PyTorch",
                                    "--conf",
                                    "spark.executor.memory=512m",
                                    "--conf",
                                    "spark.driver.host=127.0.0.1",
                                    sent.get(0).toString(),
                                    "sweep",
                                    tiny.file().toString(),
                                    "--out=" + sweep,
                                    "--spark"));
            assertThat(printed).contains("4 done, 0 running, 0 failed, 0 left");
        }
        assertThat(TinyGrid.outcome(sweep.resolve("images")))
                .isEqualTo(TinyGrid.outcome(tiny.plain()));
    }

    private static List<Path> classPath() {
        List<Path> paths = new ArrayList<>();
        for (String name : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path path = Path.of(name);
            if (path.endsWith("classes") || name.endsWith(".jar")) {
                paths.add(path);
            }
        }
        return paths;
    }

    private Path jar(Path classes) throws IOException {
        String name = classes.getParent().getParent().getFileName().toString();
        Path jar = directory.resolve(name + ".jar");
        int code =
                ToolProvider.findFirst("jar")
                        .orElseThrow()
                        .run(
                                System.out,
                                System.err,
                                "--create",
                                "--file=" + jar,
                                "-C",
                                classes.toString(),
                                ".");
        assertThat(code).isZero();
        return jar;
    }
}
