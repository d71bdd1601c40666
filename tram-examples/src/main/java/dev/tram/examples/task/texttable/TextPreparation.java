package dev.tram.examples.task.texttable;

import ai.djl.ndarray.NDManager;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import dev.tram.djl.transformers.tokenizer.TokenBatch;
import dev.tram.experiments.ModelCache;
import dev.tram.experiments.data.Labels;
import dev.tram.experiments.data.Limit;
import dev.tram.experiments.data.RecordFile;
import dev.tram.experiments.data.RowCensus;
import dev.tram.experiments.data.Share;
import dev.tram.experiments.data.TextExample;
import dev.tram.experiments.data.Tokens;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.commons.io.IOUtils;

/**
 * Turns texts into tokens on disk, once for a source and a tokenizer: first all rows are checked
 * and the classes found, then they are tokenised.
 *
 * @param maxTokens where longer inputs are cut
 */
record TextPreparation(TextSource source, Path checkpoint, int maxTokens) {

    /** Raised whenever this class changes what it writes. */
    private static final int VERSION = 4;

    private static final int BATCH = 256;

    /** Of how many characters texts are tokenised together, so that long ones fit in memory. */
    private static final int LONGEST_BATCH = 1 << 20;

    /** What the test is called where there are no groups. */
    private static final String ALL = "test";

    /** Opens the tokens, after making them if the cache lacks them. */
    TextDataset open(ModelCache cache) throws IOException {
        return new TextDataset(
                cache.get(
                        key(),
                        directory -> {
                            write(directory, contents());
                            return directory;
                        }));
    }

    String key() throws IOException {
        return ModelCache.key(
                "tokens",
                List.of(VERSION, source.identity(), maxTokens, Limit.changed()),
                TextTokenizer.identity(checkpoint));
    }

    private TextDataset.Contents contents() throws IOException {
        Map<Share, Set<String>> labels = new EnumMap<>(Share.class);
        Map<Share, Set<String>> groups = new EnumMap<>(Share.class);
        for (Share part : Share.values()) {
            labels.put(part, new TreeSet<>(Labels.ORDER));
            groups.put(part, new TreeSet<>());
        }
        RowCensus census =
                source.read(
                        (part, example) -> {
                            labels.get(part).add(example.label());
                            groups.get(part).add(group(example));
                        });
        check(labels, census.rows());
        Set<String> trained = groups.get(Share.TRAINING);
        Set<String> classes = labels.get(Share.TRAINING);
        return new TextDataset.Contents(
                List.copyOf(classes),
                groups.get(Share.TEST).stream()
                        .map(name -> new TextDataset.Group(name, trained.contains(name)))
                        .sorted(Comparator.comparing(TextDataset.Group::seen).reversed())
                        .toList(),
                census.withRemark(Labels.alike(classes)).report());
    }

    private static String group(TextExample example) {
        return example.group() == null ? ALL : example.group();
    }

    private static void check(Map<Share, Set<String>> labels, long rows) {
        Set<String> trained = labels.get(Share.TRAINING);
        labels.forEach(
                (part, found) -> {
                    if (found.isEmpty()) {
                        throw new IllegalArgumentException(
                                rows
                                        + (rows == 1 ? " row is" : " rows are")
                                        + " too few to split: none is left for "
                                        + part
                                        + "; give about 30 or more");
                    }
                    for (String label : found) {
                        if (!trained.contains(label)) {
                            throw Arguments.rejected(
                                    "the examples for " + part,
                                    "of classes that are trained on",
                                    label);
                        }
                    }
                });
        if (trained.size() < 2) {
            throw Arguments.rejected("the classes to train on", "at least two", trained);
        }
    }

    private void write(Path directory, TextDataset.Contents contents) throws IOException {
        contents.write(directory);
        try (Writer writer = new Writer(directory, contents)) {
            source.read(writer::add);
            writer.flush();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Collects examples, tokenises them by the batch and hands them to their files. */
    private final class Writer implements AutoCloseable {

        private final Map<String, Integer> labels = new HashMap<>();
        private final List<String> groups = new ArrayList<>();
        private final List<RecordFile.Writer> files = new ArrayList<>();
        private final List<TextExample> examples = new ArrayList<>();
        private final List<RecordFile.Writer> places = new ArrayList<>();
        private final TextTokenizer tokenizer;
        private long characters;

        Writer(Path directory, TextDataset.Contents contents) throws IOException {
            contents.labels().forEach(label -> labels.put(label, labels.size()));
            tokenizer =
                    TextTokenizer.builder()
                            .setDirectory(checkpoint)
                            .optMaxLength(maxTokens)
                            .optModelLimit()
                            .build();
            for (String name : contents.files()) {
                files.add(RecordFile.create(directory.resolve(name)));
            }
            contents.groups().forEach(group -> groups.add(group.name()));
        }

        private int place(String group) {
            int place = groups.indexOf(group);
            if (place < 0) {
                throw new IllegalStateException(
                        "the table must not change while it is read, received: a new group, "
                                + group);
            }
            return place;
        }

        void add(Share part, TextExample example) {
            examples.add(example);
            places.add(
                    switch (part) {
                        case TRAINING -> files.get(0);
                        case VALIDATION -> files.get(1);
                        case TEST -> files.get(2 + place(group(example)));
                    });
            characters += example.text().length();
            characters += example.pair() == null ? 0 : example.pair().length();
            if (examples.size() == BATCH || characters >= LONGEST_BATCH) {
                flush();
            }
        }

        void flush() {
            if (examples.isEmpty()) {
                return;
            }
            List<String> texts = examples.stream().map(TextExample::text).toList();
            try (NDManager manager = NDManager.newBaseManager();
                    TokenBatch batch =
                            examples.get(0).pair() == null
                                    ? tokenizer.encode(manager, texts)
                                    : tokenizer.encode(
                                            manager,
                                            texts,
                                            examples.stream().map(TextExample::pair).toList())) {
                write(batch);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            examples.clear();
            places.clear();
            characters = 0;
        }

        private void write(TokenBatch batch) throws IOException {
            int width = (int) batch.ids().getShape().get(1);
            long[] ids = batch.ids().toLongArray();
            long[] mask = batch.mask().toLongArray();
            long[] types = batch.types().toLongArray();
            for (int row = 0; row < examples.size(); row++) {
                int length = 0;
                int pairStart = 0;
                while (length < width && mask[row * width + length] == 1) {
                    pairStart += types[row * width + length] == 0 ? 1 : 0;
                    length++;
                }
                int[] tokens = new int[length];
                for (int i = 0; i < length; i++) {
                    tokens[i] = (int) ids[row * width + i];
                }
                int label = labels.get(examples.get(row).label());
                places.get(row).add(new Tokens(tokens, pairStart, label).toRecord());
            }
        }

        @Override
        public void close() throws IOException {
            tokenizer.close();
            IOUtils.close(files.toArray(RecordFile.Writer[]::new));
        }
    }
}
