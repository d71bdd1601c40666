package dev.tram.examples.task.texttable;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.tram.experiments.Json;
import dev.tram.experiments.data.RecordFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.io.IOUtils;

/**
 * Tokenised examples on disk: what to train on, what to validate with, and the groups to test with.
 */
final class TextDataset implements Closeable {

    private static final String CONTENTS = "contents.json";

    private final Contents contents;
    private final List<RecordFile> files = new ArrayList<>();

    /**
     * Opens a data set.
     *
     * @param directory its directory, which {@link TextPreparation} made
     */
    TextDataset(Path directory) throws IOException {
        contents = Json.read(directory.resolve(CONTENTS), Contents.class);
        try {
            for (String name : contents.files()) {
                files.add(RecordFile.open(directory.resolve(name)));
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /**
     * What is in the files.
     *
     * @param groups the groups of the test, those seen in training first
     * @param report what to tell of rows that were left out, empty for nothing
     */
    record Contents(
            @JsonProperty("labels") List<String> labels,
            @JsonProperty("groups") List<Group> groups,
            @JsonProperty("report") String report) {

        void write(Path directory) throws IOException {
            Json.write(directory.resolve(CONTENTS), this);
        }

        /** The names of the files of tokens: training, validation and a test per group. */
        List<String> files() {
            List<String> files = new ArrayList<>(List.of("training", "validation"));
            for (int i = 0; i < groups.size(); i++) {
                files.add("test-" + i);
            }
            return files;
        }
    }

    /**
     * A group of the test.
     *
     * @param seen whether examples of the group are trained on
     */
    record Group(@JsonProperty("name") String name, @JsonProperty("seen") boolean seen) {}

    Contents contents() {
        return contents;
    }

    RecordFile training() {
        return files.get(0);
    }

    RecordFile validation() {
        return files.get(1);
    }

    RecordFile test(Group group) {
        return files.get(2 + contents.groups().indexOf(group));
    }

    @Override
    public void close() throws IOException {
        IOUtils.close(files.toArray(RecordFile[]::new));
    }
}
