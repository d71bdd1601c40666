package dev.tram.examples.language;

import dev.tram.core.Arguments;
import dev.tram.examples.data.FileIdentity;
import dev.tram.examples.data.ParsedRows;
import dev.tram.examples.data.RowSource;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;

/**
 * A directory of texts: per split a file, or shards, {@code train.txt}, {@code valid-….parquet} and
 * the like. A file of text is one text, as in M2D2; in a table, each row's column {@code text} is
 * one. Without training and validation it is a domain to be tested on.
 *
 * @param name the directory's name
 * @param files the files of each split
 */
record FolderDomain(String name, Map<Split, List<Path>> files) implements Domain {

    /** How many characters are tokenised together, cut at the end of a line. */
    private static final int PIECE = 1 << 16;

    private static final String COLUMN = "text";

    private static final Map<Split, List<String>> STEMS =
            Map.of(
                    Split.TRAINING, List.of("train"),
                    Split.VALIDATION, List.of("valid", "validation", "val", "dev"),
                    Split.TEST, List.of("test"));

    private static final String PLAIN = ".txt";

    /** The first that there is, is taken. */
    private static final List<String> ENDINGS =
            List.of(PLAIN, ".txt.gz", ".jsonl", ".jsonl.gz", ".parquet");

    /**
     * Finds the domains of a directory: its subdirectories by name.
     *
     * @param root the directory
     * @return the domains
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if it has no subdirectory, or one without a test
     */
    static List<Domain> all(Path root) throws IOException {
        if (!Files.isDirectory(root)) {
            throw Arguments.rejected("--data", "a directory with one directory per domain", root);
        }
        List<Domain> domains = new ArrayList<>();
        try (Stream<Path> children = Files.list(root)) {
            for (Path child : children.filter(Files::isDirectory).sorted().toList()) {
                domains.add(of(child));
            }
        }
        if (domains.isEmpty()) {
            throw Arguments.rejected("--data", "a directory with one directory per domain", root);
        }
        return domains;
    }

    private static FolderDomain of(Path directory) throws IOException {
        List<Path> all;
        try (Stream<Path> children = Files.list(directory)) {
            all = children.filter(Files::isRegularFile).sorted().toList();
        }
        Map<Split, List<Path>> files = new EnumMap<>(Split.class);
        for (Split split : Split.values()) {
            List<Path> found = find(all, STEMS.get(split));
            if (!found.isEmpty()) {
                files.put(split, found);
            }
        }
        if (!files.containsKey(Split.TEST)) {
            throw Arguments.rejected(
                    "--data",
                    "a test.txt, test.jsonl or test.parquet in each directory",
                    directory);
        }
        if (files.values().stream().map(FolderDomain::isPlain).distinct().count() > 1) {
            throw Arguments.rejected(
                    "--data", "either text or tables in each directory", directory);
        }
        return new FolderDomain(directory.getFileName().toString(), files);
    }

    /** A file of one of the names, or its shards, as {@code train-00000-of-00002.parquet}. */
    private static List<Path> find(List<Path> files, List<String> stems) {
        for (String stem : stems) {
            for (String ending : ENDINGS) {
                String name = stem + "(-[\\w-]+)?" + Pattern.quote(ending);
                List<Path> found =
                        files.stream()
                                .filter(file -> file.getFileName().toString().matches(name))
                                .toList();
                if (!found.isEmpty()) {
                    return found;
                }
            }
        }
        return List.of();
    }

    private static boolean isPlain(List<Path> files) {
        return files.get(0).getFileName().toString().contains(PLAIN);
    }

    /** Names, sizes and times of the files: to read gigabytes at each start would take long. */
    @Override
    public String identity() {
        return files.values().stream()
                .flatMap(List::stream)
                .map(FileIdentity::of)
                .collect(Collectors.joining("\n"));
    }

    @Override
    public boolean isTrainable() {
        return files.size() == Split.values().length;
    }

    @Override
    public boolean isWhole() {
        return !isPlain(files.get(Split.TEST));
    }

    @Override
    public Stream<String> texts(Split split, Consumer<String> report) throws IOException {
        List<Path> parts = files.get(split);
        return isPlain(parts) ? pieces(parts) : rows(parts, report);
    }

    private static Stream<String> rows(List<Path> tables, Consumer<String> report)
            throws IOException {
        ParsedRows<String> rows =
                new ParsedRows<>(
                        RowSource.concat(tables.stream().map(RowSource::of).toList()),
                        row -> row.text(COLUMN));
        return stream(rows)
                .onClose(
                        () -> {
                            close(rows);
                            if (!rows.census().report().isEmpty()) {
                                report.accept(rows.census().report());
                            }
                        });
    }

    private static Stream<String> pieces(List<Path> parts) throws IOException {
        Stream<String> pieces = Stream.of();
        for (Path part : parts) {
            BufferedReader reader = open(part);
            pieces = Stream.concat(pieces, stream(new Pieces(reader)).onClose(() -> close(reader)));
        }
        return pieces;
    }

    private static BufferedReader open(Path file) throws IOException {
        InputStream stream = Files.newInputStream(file);
        return new BufferedReader(
                new InputStreamReader(
                        file.toString().endsWith(".gz") ? new GZIPInputStream(stream) : stream,
                        StandardCharsets.UTF_8));
    }

    private static Stream<String> stream(Iterator<String> texts) {
        Spliterator<String> all = Spliterators.spliteratorUnknownSize(texts, Spliterator.ORDERED);
        return StreamSupport.stream(all, false);
    }

    private static void close(Closeable source) {
        try {
            source.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The text in pieces of whole lines. */
    private static final class Pieces implements Iterator<String> {

        private final BufferedReader reader;
        private String next;

        Pieces(BufferedReader reader) {
            this.reader = reader;
            next = read();
        }

        @Override
        public boolean hasNext() {
            return !next.isEmpty();
        }

        @Override
        public String next() {
            if (next.isEmpty()) {
                throw new NoSuchElementException();
            }
            String piece = next;
            next = read();
            return piece;
        }

        private String read() {
            StringBuilder piece = new StringBuilder();
            try {
                String line;
                while (piece.length() < PIECE && (line = reader.readLine()) != null) {
                    piece.append(line).append('\n');
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return piece.toString();
        }
    }
}
