package dev.tram.experiments.sweep;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.experiments.ExperimentConfig;
import dev.tram.experiments.ExperimentStore;
import dev.tram.experiments.RunKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Workers whose cells are lines of a shell. */
@EnabledOnOs(OS.LINUX)
class WorkersTest {

    @TempDir private Path directory;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    private Map<Integer, String> run(List<String> devices, String... lines) throws IOException {
        Group group =
                new Group(
                        "group",
                        "group",
                        ExperimentConfig.of(ExperimentConfig.preset("vit-small"), "vit-small"),
                        List.of("twemoji"),
                        List.of());
        Map<Cell, Integer> cells = new LinkedHashMap<>();
        for (int i = 0; i < lines.length; i++) {
            cells.put(new Cell(i, group, "twemoji", new RunKey("adam", i)), Launcher.END);
        }
        Tally tally =
                new Tally(new PrintStream(printed, true, StandardCharsets.UTF_8), 0, cells.size());
        Workers workers =
                new Workers(
                        devices,
                        (cell, until, device) ->
                                List.of(
                                        "sh",
                                        "-c",
                                        lines[cell.index()],
                                        "sh",
                                        directory.resolve("mark" + cell.index()).toString(),
                                        device),
                        ExperimentStore.of("--out", directory.toString()),
                        tally);
        Map<Integer, String> failures = new LinkedHashMap<>();
        workers.run(cells).forEach((cell, why) -> failures.put(cell.index(), why));
        return failures;
    }

    private List<String> printed() {
        return printed.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void aKilledProcessIsFollowedByAnotherAndAFailedOneIsNot() throws IOException {
        Map<Integer, String> failures =
                run(
                        List.of("", ""),
                        "[ -e $1 ] || { touch $1; kill -9 $$; }",
                        "echo a >>$1; echo it is wrong >&2; exit 3",
                        "true");
        assertThat(failures).containsOnlyKeys(1);
        assertThat(failures.get(1)).startsWith("exit code 3: it is wrong (all of it: ");
        assertThat(directory.resolve("mark1")).hasContent("a");
        assertThat(printed())
                .anyMatch(line -> line.startsWith("cell 0 (group twemoji adam-0) was lost"));
        assertThat(printed()).endsWith("2 done, 0 running, 1 failed, 0 left");
    }

    @Test
    void aProcessThatIsAlwaysKilledFailsInTheEnd() throws IOException {
        Map<Integer, String> failures = run(List.of(""), "echo a >>$1; kill -9 $$");
        assertThat(failures.get(0)).startsWith("exit code 137");
        assertThat(Files.readAllLines(directory.resolve("mark0"))).hasSize(5);
    }

    @Test
    void aCellThatAnotherProcessRunsIsTriedAgain() throws IOException {
        String line = "[ -e $1 ] || { touch $1; exit " + CellProcess.HELD + "; }";
        assertThat(run(List.of(""), line)).isEmpty();
        assertThat(printed()).endsWith("1 done, 0 running, 0 failed, 0 left");
    }

    @Test
    void eachWorkerHasItsDevice() throws IOException {
        String line = "echo $2 >$1; sleep 0.3";
        assertThat(run(List.of("gpu0", "gpu1"), line, line, line, line)).isEmpty();
        List<String> devices = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            devices.add(Files.readString(directory.resolve("mark" + i)).strip());
        }
        assertThat(devices).containsOnly("gpu0", "gpu1");
        assertThat(devices.subList(0, 2)).containsExactly("gpu0", "gpu1");
    }
}
