package dev.tram.examples.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A master and workers of Apache Spark, processes of their own on this machine. */
final class StandaloneSpark implements AutoCloseable {

    /** What a driver on this machine sets. */
    static final Map<String, String> SETTINGS =
            Map.of(
                    "spark.driver.host", "127.0.0.1",
                    "spark.driver.bindAddress", "127.0.0.1",
                    "spark.ui.enabled", "false",
                    "spark.executor.memory", "512m",
                    "spark.executor.defaultJavaOptions", "-XX:+UseSerialGC");

    private final Path home;
    private final int port;
    private final List<Process> all = new ArrayList<>();
    private Process master;

    StandaloneSpark(Path home) throws Exception {
        this.home = home;
        Files.createDirectories(home.resolve("jars"));
        Files.createFile(home.resolve("RELEASE"));
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        startMaster();
    }

    /** Puts a jar where Spark's distribution has its own. */
    void install(Path jar) throws IOException {
        Files.createSymbolicLink(home.resolve("jars").resolve(jar.getFileName()), jar);
    }

    /** Runs spark-submit, as its script does. */
    String submit(Path log, List<String> arguments) throws Exception {
        List<String> asked =
                new ArrayList<>(
                        List.of("org.apache.spark.deploy.SparkSubmit", "--master", address()));
        asked.addAll(arguments);
        Process launcher =
                builder(
                                List.of(),
                                home.resolve("jars") + "/*",
                                "org.apache.spark.launcher.Main",
                                asked)
                        .redirectError(log.toFile())
                        .start();
        String words = new String(launcher.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        // A line for terminals, and then the words, each of which ends with a zero.
        String line = words.substring(words.indexOf('\n') + 1);
        ProcessBuilder builder =
                new ProcessBuilder(line.split("\0", 0))
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile());
        builder.environment().putAll(environment());
        Process submitted = builder.start();
        all.add(submitted);
        submitted.waitFor();
        return Files.readString(log);
    }

    String address() {
        return "spark://127.0.0.1:" + port;
    }

    void startMaster() throws Exception {
        master =
                start(
                        "master",
                        List.of(
                                "-Dspark.deploy.recoveryMode=FILESYSTEM",
                                "-Dspark.deploy.recoveryDirectory=" + home.resolve("recovery")),
                        "org.apache.spark.deploy.master.Master",
                        "--host",
                        "127.0.0.1",
                        "--port",
                        Integer.toString(port),
                        "--webui-port",
                        "0");
        while (!answers()) {
            if (!master.isAlive()) {
                throw new IOException(Files.readString(home.resolve("master.log")));
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }

    private boolean answers() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    void killMaster() throws InterruptedException {
        master.destroyForcibly().waitFor();
    }

    Process startWorker(String name, int cores) throws IOException {
        return start(
                name,
                List.of(),
                "org.apache.spark.deploy.worker.Worker",
                "--host",
                "127.0.0.1",
                "--cores",
                Integer.toString(cores),
                "--memory",
                "1g",
                "--webui-port",
                "0",
                "--work-dir",
                home.resolve(name).toString(),
                address());
    }

    private Process start(String name, List<String> options, String main, String... arguments)
            throws IOException {
        Process process =
                builder(options, System.getProperty("java.class.path"), main, List.of(arguments))
                        .redirectErrorStream(true)
                        .redirectOutput(
                                ProcessBuilder.Redirect.appendTo(
                                        home.resolve(name + ".log").toFile()))
                        .start();
        all.add(process);
        return process;
    }

    private ProcessBuilder builder(
            List<String> options, String classPath, String main, List<String> arguments) {
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        line.addAll(options);
        line.addAll(List.of("-cp", classPath, main));
        line.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(line);
        builder.environment().putAll(environment());
        return builder;
    }

    private Map<String, String> environment() {
        return Map.of(
                "SPARK_HOME",
                home.toString(),
                "SPARK_SCALA_VERSION",
                "2.13",
                "SPARK_LOCAL_IP",
                "127.0.0.1",
                "JAVA_HOME",
                System.getProperty("java.home"));
    }

    @Override
    public void close() throws InterruptedException {
        for (Process process : all) {
            process.destroy();
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
    }
}
