package dev.tram.examples.task.texttable;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.tram.examples.data.TokenFile;
import dev.tram.examples.experiment.Json;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Tokenised examples on disk: what to train on, what to validate with, and the groups to test with.
 */
public final class TextDataset implements Closeable {

    static final String TRAINING = "training";
    static final String VALIDATION = "validation";
    private static final String CONTENTS = "contents.json";

    private final Contents contents;
    private final TokenFile training;
    private final TokenFile validation;
    private final List<TokenFile> tests;

    private TextDataset(Path directory) throws IOException {
        contents = Json.read(directory.resolve(CONTENTS), Contents.class);
        List<TokenFile> opened = new ArrayList<>();
        try {
            for (String name : contents.files()) {
                opened.add(TokenFile.open(directory, name));
            }
        } catch (IOException e) {
            for (TokenFile file : opened) {
                file.close();
            }
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
     * @return the data set
     * @throws IOException if a file cannot be read
     */
    static TextDataset open(Path directory) throws IOException {
        return new TextDataset(directory);
    }

    /**
     * What is in the files.
     *
     * @param labels the classes
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
     * @param name its name
     * @param seen whether examples of the group are trained on
     */
    public record Group(@JsonProperty("name") String name, @JsonProperty("seen") boolean seen) {}

    /**
     * Returns the classes.
     *
     * @return their names
     */
    public List<String> labels() {
        return contents.labels();
    }

    /**
     * Returns the groups of the test.
     *
     * @return the groups, those seen in training first
     */
    public List<Group> groups() {
        return contents.groups();
    }

    /** Returns what to tell of rows that were left out, empty for nothing. */
    String report() {
        return contents.report();
    }

    TokenFile training() {
        return training;
    }

    TokenFile validation() {
        return validation;
    }

    TokenFile test(Group group) {
        return tests.get(contents.groups().indexOf(group));
    }

    @Override
    public void close() throws IOException {
        training.close();
        validation.close();
        for (TokenFile test : tests) {
            test.close();
        }
    }
}
