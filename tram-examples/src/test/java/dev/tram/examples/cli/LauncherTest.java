package dev.tram.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code bin/tram} on machines that lack something: one line, and 2. */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {

    @TempDir Path directory;
    private Path root;
    private Path script;

    private record Outcome(int code, List<String> out, List<String> err) {}

    /** A checkout that is built, by the look of it. */
    @BeforeEach
    void checkOut() throws IOException {
        root = directory.resolve("check out");
        script = root.resolve("tram-examples/bin/tram");
        Files.createDirectories(script.getParent());
        Files.createDirectories(root.resolve("tram-examples/src/main"));
        Files.createDirectories(root.resolve("tram-examples/target"));
        Files.copy(Path.of("bin/tram"), script);
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path pom = Files.writeString(root.resolve("pom.xml"), "");
        Files.copy(pom, root.resolve("tram-examples/pom.xml"));
        Path jar = Files.writeString(root.resolve("a.jar"), "");
        Files.writeString(root.resolve("tram-examples/target/tram.classpath"), jar.toString());
        Files.writeString(root.resolve("tram-examples/target/tram.maven-options"), "\n");
    }

    private void touchSources() throws IOException {
        Files.setLastModifiedTime(
                root.resolve("pom.xml"), FileTime.from(Instant.now().plusSeconds(60)));
    }

    /** A JDK that says of which version it is, and prints what it is called with. */
    private Path jdk(String name, String version, boolean hasCompiler) throws IOException {
        Path home = directory.resolve(name);
        executable(home.resolve("bin/java"), "printf '%s\\n' \"$@\"");
        if (hasCompiler) {
            executable(home.resolve("bin/javac"), "");
        }
        Files.writeString(home.resolve("release"), "A=\"b\"\nJAVA_VERSION=\"" + version + "\"\n");
        return home;
    }

    private static void executable(Path file, String line) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "#!/bin/sh\n" + line + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Outcome run(Map<String, String> environment, String... command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment()
                .keySet()
                .removeAll(List.of("JAVA_HOME", "TRAM_MAVEN_OPTIONS", "TRAM_MAIN"));
        builder.environment().putAll(environment);
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");
        int code =
                builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start().waitFor();
        return new Outcome(code, Files.readAllLines(out), Files.readAllLines(err));
    }

    private Outcome tram(Path home) throws Exception {
        return run(Map.of("JAVA_HOME", home.toString()), script.toString(), "doctor", "a b");
    }

    private static void assertRefused(Outcome outcome, String... words) {
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err()).hasSize(1);
        assertThat(outcome.err().get(0)).startsWith("tram: ").contains(words);
    }

    @Test
    void runsJavaWithTheArguments() throws Exception {
        Outcome outcome = tram(jdk("jdk", "17.0.15", true));
        assertThat(outcome.code()).isZero();
        assertThat(outcome.err()).isEmpty();
        assertThat(outcome.out())
                .contains("--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC")
                .doesNotContain("--sun-misc-unsafe-memory-access=allow")
                .endsWith("dev.tram.examples.cli.Tram", "doctor", "a b");
    }

    /** Java refuses to be given two. */
    @Test
    void anotherCollectorMayBeChosen() throws Exception {
        Map<String, String> environment =
                Map.of(
                        "JAVA_HOME",
                        jdk("jdk", "17.0.15", true).toString(),
                        "TRAM_JAVA_OPTIONS",
                        "-Xmx2g -XX:+UseZGC");
        assertThat(run(environment, script.toString(), "doctor").out())
                .contains("-Xmx2g", "-XX:+UseZGC")
                .doesNotContain("-XX:+UseSerialGC");
    }

    @Test
    void runsAnotherProgramThatThereIs() throws Exception {
        Map<String, String> environment =
                Map.of(
                        "JAVA_HOME",
                        jdk("jdk", "17.0.15", true).toString(),
                        "TRAM_MAIN",
                        "dev.tram.examples.FineTuneTexts");
        assertRefused(
                run(environment, script.toString(), "runs/spam"),
                "TRAM_MAIN must name a program",
                "received: dev.tram.examples.FineTuneTexts");
        Path program =
                root.resolve("tram-examples/target/classes/dev/tram/examples/FineTuneTexts.class");
        Files.createDirectories(program.getParent());
        Files.createFile(program);
        assertThat(run(environment, script.toString(), "runs/spam").out())
                .endsWith("dev.tram.examples.FineTuneTexts", "runs/spam");
    }

    @Test
    void laterJdksAreToldToBeQuiet() throws Exception {
        assertThat(tram(jdk("jdk", "25", true)).out())
                .contains(
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow");
    }

    /** With CDPATH, cd prints where it went. */
    @Test
    void cdPathChangesNothing() throws Exception {
        Path home = jdk("jdk", "21", true);
        Map<String, String> environment =
                Map.of("JAVA_HOME", home.toString(), "CDPATH", directory.toString());
        Outcome outcome = run(environment, "sh", "check out/tram-examples/bin/tram", "doctor");
        assertThat(outcome.code()).isZero();
        assertThat(outcome.out())
                .contains(root.resolve("tram-examples/target/classes:") + "" + root + "/a.jar");
    }

    @Test
    void aWrongJavaHomeIsNamed() throws Exception {
        Path absent = directory.resolve("absent");
        assertRefused(tram(absent), "JAVA_HOME must be a JDK", absent + "/bin/java");
    }

    @Test
    void anOlderJdkIsNamed() throws Exception {
        assertRefused(tram(jdk("jdk11", "11.0.2", true)), "17 or later", "version 11");
        assertRefused(tram(jdk("jdk8", "1.8.0_292", true)), "17 or later", "version 1");
    }

    /** A JDK without the file that tells its version. */
    @Test
    void javaItselfTellsItsVersion() throws Exception {
        Path home = jdk("jdk11", "11", true);
        Files.delete(home.resolve("release"));
        executable(home.resolve("bin/java"), "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2");
        assertRefused(tram(home), "version 11");
        executable(home.resolve("bin/java"), "exit 1");
        assertRefused(tram(home), "version unknown");
    }

    @Test
    void noJavaIsSaid() throws Exception {
        Path tools = directory.resolve("tools");
        Files.createDirectories(tools);
        for (String tool :
                List.of("sh", "env", "pwd", "readlink", "dirname", "sed", "head", "cut")) {
            executable(tools.resolve(tool), "exec " + which(tool) + " \"$@\"");
        }
        Outcome outcome =
                run(Map.of("PATH", tools.toString()), which("sh"), script.toString(), "doctor");
        assertRefused(outcome, "no java in PATH");
    }

    private static String which(String tool) {
        return List.of("/bin/", "/usr/bin/").stream()
                .map(folder -> folder + tool)
                .filter(file -> Files.exists(Path.of(file)))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aDeletedWorkingDirectoryIsSaid() throws Exception {
        Path home = jdk("jdk", "17", true);
        String commands =
                "mkdir gone && cd gone && rmdir ../gone && exec '" + script + "' doctor 2>&1";
        Outcome outcome = run(Map.of("JAVA_HOME", home.toString()), which("sh"), "-c", commands);
        assertThat(outcome.code()).isEqualTo(2);
        List<String> own = new ArrayList<>(outcome.out());
        own.removeIf(line -> !line.startsWith("tram: ")); // the shell may say it, too
        assertThat(own)
                .containsExactly("tram: the working directory is gone; change to another one");
    }

    @Test
    void aJreCannotBuild() throws Exception {
        touchSources();
        Path home = jdk("jre", "17", false);
        executable(directory.resolve("maven/mvn"), "exit 1");
        String path = directory.resolve("maven") + ":" + System.getenv("PATH");
        Outcome outcome =
                run(Map.of("JAVA_HOME", home.toString(), "PATH", path), script.toString());
        assertRefused(outcome, "not a JRE", home + "/bin/javac");
    }

    /** Nothing can be written below a file, whoever asks. */
    @Test
    void aCheckoutThatMustBeBuiltAndCannotBeWrittenIsNamed() throws Exception {
        Path target = root.resolve("tram-examples/target");
        Files.delete(target.resolve("tram.classpath"));
        Files.delete(target.resolve("tram.maven-options"));
        Files.delete(target);
        Files.writeString(target, "");
        executable(directory.resolve("maven/mvn"), "exit 1");
        String path = directory.resolve("maven") + ":" + System.getenv("PATH");
        Path home = jdk("jdk", "17", true);
        Outcome outcome =
                run(Map.of("JAVA_HOME", home.toString(), "PATH", path), script.toString());
        assertRefused(outcome, root.toString(), "cannot be written");
    }

    /** A build that is killed, or fails late, leaves nothing that looks like one. */
    @Test
    void whatIsHalfBuiltIsBuiltAgain() throws Exception {
        touchSources();
        Path classpath = root.resolve("tram-examples/target/tram.classpath");
        String old = Files.readString(classpath);
        executable(
                directory.resolve("maven/mvn"),
                "for a; do case $a in -Dmdep.outputFile=*) echo part >\"${a#*=}\";; esac; done; exit 1");
        String path = directory.resolve("maven") + ":" + System.getenv("PATH");
        String home = jdk("jdk", "17", true).toString();
        for (int i = 0; i < 2; i++) {
            Outcome outcome = run(Map.of("JAVA_HOME", home, "PATH", path), script.toString());
            assertThat(outcome.code()).isEqualTo(1);
            assertThat(outcome.err()).last().isEqualTo("tram: the build failed");
            assertThat(classpath).hasContent(old);
        }
    }

    /** Two starts at once. */
    @EnabledOnOs(OS.LINUX)
    @Test
    void anotherStartWaitsForTheBuild() throws Exception {
        touchSources();
        Path calls = directory.resolve("calls");
        executable(
                directory.resolve("maven/mvn"),
                String.format(
                        "echo call >>'%s'; for a; do case $a in -Dmdep.outputFile=*) sleep 1;"
                                + " echo '%s' >\"${a#*=}\"; touch -d '+2 minutes' \"${a#*=}\";;"
                                + " esac; done",
                        calls, root.resolve("a.jar")));
        Path home = jdk("jdk", "17", true);
        String both = "'" + script + "' a & first=$!; '" + script + "' b && wait $first";
        String path = directory.resolve("maven") + ":" + System.getenv("PATH");
        Outcome outcome =
                run(Map.of("JAVA_HOME", home.toString(), "PATH", path), "bash", "-c", both);
        assertThat(outcome.code()).as("%s", outcome).isZero();
        assertThat(calls).hasContent("call");
    }

    /** What is built, for the CPU or a GPU, follows from the options. */
    @Test
    void otherMavenOptionsBuildAgain() throws Exception {
        Path calls = directory.resolve("calls");
        Path tools = directory.resolve("tools");
        executable(
                tools.resolve("mvn"),
                String.format(
                        "echo \"$@\" >> '%s'%necho '%s' > '%s'",
                        calls,
                        root.resolve("a.jar"),
                        root.resolve("tram-examples/target/tram.classpath.incomplete")));
        String home = jdk("jdk", "17", true).toString();
        String path = tools + ":" + System.getenv("PATH");
        Map<String, String> cpu = Map.of("JAVA_HOME", home, "PATH", path);
        Map<String, String> gpu =
                Map.of("JAVA_HOME", home, "PATH", path, "TRAM_MAVEN_OPTIONS", "-P cu121");

        assertThat(run(cpu, script.toString(), "doctor").code()).isZero();
        assertThat(calls).doesNotExist();
        assertThat(run(gpu, script.toString(), "doctor").code()).isZero();
        assertThat(run(gpu, script.toString(), "doctor").code()).isZero();
        assertThat(Files.readAllLines(calls)).singleElement().asString().contains("-P cu121 ");
        assertThat(run(cpu, script.toString(), "doctor").code()).isZero();
        assertThat(Files.readAllLines(calls)).hasSize(2);
        assertThat(Files.readAllLines(calls).get(1)).doesNotContain("cu121");
    }
}
