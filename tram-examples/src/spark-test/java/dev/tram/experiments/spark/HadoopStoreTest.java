package dev.tram.experiments.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tram.experiments.ExperimentStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.RemoteIterator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two processes' copies of one store, on this machine's file system and on HDFS. */
class HadoopStoreTest {

    @TempDir private static Path directory;
    private static Hdfs hdfs;

    @BeforeAll
    static void startHdfs() throws IOException {
        hdfs = new Hdfs(directory.resolve("hdfs"));
    }

    @AfterAll
    static void stopHdfs() {
        hdfs.close();
    }

    private static String location(String system, String name) {
        return system.equals("hdfs")
                ? hdfs.folder(name)
                : directory.resolve("files").resolve(name).toUri().toString().replaceAll("/$", "");
    }

    private static ExperimentStore open(String location) throws IOException {
        return ExperimentStore.of("--out", location);
    }

    private static Path write(ExperimentStore store, String name, String text) throws IOException {
        Path file = store.folder().resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private static Set<String> names(String location) throws IOException {
        var root = new org.apache.hadoop.fs.Path(location);
        FileSystem files = root.getFileSystem(HadoopStoreProvider.settings());
        Set<String> names = new TreeSet<>();
        RemoteIterator<LocatedFileStatus> all = files.listFiles(root, true);
        while (all.hasNext()) {
            String path = all.next().getPath().toUri().getPath();
            names.add(path.substring(root.toUri().getPath().length() + 1));
        }
        return names;
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "hdfs"})
    void filesAreWholeAndTheLatestAreTaken(String system) throws IOException {
        String location = location(system, "latest");
        try (ExperimentStore one = open(location);
                ExperimentStore other = open(location)) {
            assertThat(one.isEmpty()).isTrue();
            one.push(write(one, "a/b/1.txt", "first"));
            one.push(one.folder().resolve("a/absent"));
            assertThat(one.isEmpty()).isFalse();
            assertThat(one.name(one.folder().resolve("a"))).endsWith("/latest/a");

            Path copy = other.folder().resolve("a/b/1.txt");
            other.pull(other.folder().resolve("a"));
            assertThat(copy).hasContent("first");
            one.push(write(one, "a/b/1.txt", "later"));
            other.pull(copy);
            assertThat(copy).hasContent("later");
            other.pull(other.folder().resolve("absent"));
            assertThat(other.folder().resolve("absent")).doesNotExist();
            assertThat(names(location)).containsExactly("a/b/1.txt");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "hdfs"})
    void whatIsUpToDateIsNotWrittenAgain(String system) throws IOException {
        String location = location(system, "same");
        try (ExperimentStore store = open(location);
                ExperimentStore other = open(location)) {
            Path file = write(store, "a/1.txt", "text");
            store.push(file);
            other.pull(other.folder().resolve("a"));
            long before = modified(location + "/a/1.txt");
            other.push(other.folder().resolve("a"));
            store.push(file);
            assertThat(modified(location + "/a/1.txt")).isEqualTo(before);
        }
    }

    private static long modified(String file) throws IOException {
        var path = new org.apache.hadoop.fs.Path(file);
        return path.getFileSystem(HadoopStoreProvider.settings())
                .getFileStatus(path)
                .getModificationTime();
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "hdfs"})
    void whoIsFirstDecides(String system) throws IOException {
        String location = location(system, "first");
        try (ExperimentStore one = open(location);
                ExperimentStore other = open(location)) {
            one.agree(write(one, "sweep.json", "one"));
            Path file = write(other, "sweep.json", "two");
            other.agree(file);
            assertThat(file).hasContent("one");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "hdfs"})
    void theLatestSavepointIsUnpackedElsewhere(String system) throws IOException {
        String location = location(system, "savepoints");
        try (ExperimentStore one = open(location);
                ExperimentStore other = open(location)) {
            Path checkpoint = one.folder().resolve("images/checkpoints/adam-0");
            Path metrics = write(one, "images/metrics/adam-0.jsonl", "{}\n");
            Path state = write(one, "images/checkpoints/adam-0/8.safetensors", "eight");
            one.save(checkpoint, 8, List.of(metrics, one.folder().resolve("absent")));
            Files.delete(state);
            write(one, "images/checkpoints/adam-0/10.safetensors", "ten");
            write(one, "images/checkpoints/adam-0/best-4/model.safetensors", "best");
            one.save(checkpoint, 10, List.of(metrics));
            assertThat(names(location))
                    .containsExactly("savepoints/images/checkpoints/adam-0/10.zip");

            Path there = other.folder().resolve("images/checkpoints/adam-0");
            other.restore(there.resolveSibling("adam-1"));
            other.restore(there);
            assertThat(there.resolve("10.safetensors")).hasContent("ten");
            assertThat(there.resolve("best-4/model.safetensors")).hasContent("best");
            assertThat(there.resolve("8.safetensors")).doesNotExist();
            assertThat(other.folder().resolve("images/metrics/adam-0.jsonl")).hasContent("{}");

            other.forget(there);
            assertThat(names(location)).isEmpty();
        }
    }

    @Test
    void aScratchFolderIsDeletedInTheEnd() throws IOException {
        Path folder;
        try (ExperimentStore store = open(location("file", "scratch"))) {
            folder = store.folder();
            write(store, "a/1.txt", "text");
        }
        assertThat(folder).doesNotExist();
    }

    @Test
    void aFileSystemThatIsNoneIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> open("nowhere://host/folder"))
                .withMessageContaining("on a file system that Hadoop has here")
                .withMessageContaining("nowhere://host/folder")
                .withMessageContaining("No FileSystem for scheme \"nowhere\"");
    }
}
