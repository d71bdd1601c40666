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
public final class TextDataset implements Closeable {

    static final String TRAINING = "training";
    static final String VALIDATION = "validation";
    private static final String CONTENTS = "contents.json";

    private final Contents contents;
    private final RecordFile training;
    private final RecordFile validation;
    private final List<RecordFile> tests;

    private TextDataset(Path directory) throws IOException {
        contents = Json.read(directory.resolve(CONTENTS), Contents.class);
        List<RecordFile> opened = new ArrayList<>();
        try {
            for (String name : contents.files()) {
                opened.add(RecordFile.open(directory.resolve(name)));
            }
        } catch (IOException e) {
            IOUtils.close(opened.toArray(RecordFile[]::new));
            throw e;
        }
        training = opened.get(0);
        validation = opened.get(1);
        tests = List.copyOf(opened.subList(2, opened.size()));
    }

    /**
     * Opens a data set.
     *
     * @param directory its directory, which {@link TextPreparation} made
     */
    static TextDataset open(Path directory) throws IOException {
        return new TextDataset(directory);
    }

    /**
     * What is in the files.
     *
     * @param groups the groups of the test
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
            List<String> files = new ArrayList<>(List.of(TRAINING, VALIDATION));
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
    public record Group(@JsonProperty("name") String name, @JsonProperty("seen") boolean seen) {}

    public List<String> labels() {
        return contents.labels();
    }

    /** Returns the groups of the test, those seen in training first. */
    public List<Group> groups() {
        return contents.groups();
    }

    /** Returns what to tell of rows that were left out, empty for nothing. */
    String report() {
        return contents.report();
    }

    RecordFile training() {
        return training;
    }

    RecordFile validation() {
        return validation;
    }

    RecordFile test(Group group) {
        return tests.get(contents.groups().indexOf(group));
    }

    @Override
    public void close() throws IOException {
        IOUtils.close(training, validation);
        IOUtils.close(tests.toArray(RecordFile[]::new));
    }
}
