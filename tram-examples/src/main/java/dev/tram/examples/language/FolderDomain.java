package dev.tram.examples.language;

import dev.tram.core.Arguments;
import dev.tram.examples.data.FileIdentity;
import java.io.BufferedReader;
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
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;

/**
 * A directory of plain text as in M2D2: {@code train.txt}, {@code valid.txt} and {@code test.txt},
 * each perhaps with {@code .gz} behind it. Without the first two it is a domain to be tested on.
 *
 * @param name the directory's name
 * @param files a file per split
 */
record FolderDomain(String name, Map<Split, Path> files) implements Domain {

    /** How many characters are tokenised together, cut at the end of a line. */
    private static final int PIECE = 1 << 16;

    private static final Map<Split, List<String>> STEMS =
            Map.of(
                    Split.TRAINING, List.of("train"),
                    Split.VALIDATION, List.of("valid", "validation", "val", "dev"),
                    Split.TEST, List.of("test"));

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

    private static FolderDomain of(Path directory) {
        Map<Split, Path> files = new EnumMap<>(Split.class);
        STEMS.forEach(
                (split, stems) ->
                        stems.stream()
                                .flatMap(stem -> Stream.of(stem + ".txt", stem + ".txt.gz"))
                                .map(directory::resolve)
                                .filter(Files::isRegularFile)
                                .findFirst()
                                .ifPresent(file -> files.put(split, file)));
        if (!files.containsKey(Split.TEST)) {
            throw Arguments.rejected("--data", "a test.txt in each directory", directory);
        }
        return new FolderDomain(directory.getFileName().toString(), files);
    }

    /** Names, sizes and times of the files: to read gigabytes at each start would take long. */
    @Override
    public String identity() {
        return files.values().stream().map(FileIdentity::of).collect(Collectors.joining("\n"));
    }

    @Override
    public boolean isTrainable() {
        return files.size() == Split.values().length;
    }

    @Override
    public boolean isWhole() {
        return false;
    }

    @Override
    public Stream<String> texts(Split split) throws IOException {
        Path file = files.get(split);
        InputStream stream = Files.newInputStream(file);
        BufferedReader reader =
                new BufferedReader(
                        new InputStreamReader(
                                file.toString().endsWith(".gz")
                                        ? new GZIPInputStream(stream)
                                        : stream,
                                StandardCharsets.UTF_8));
        Spliterator<String> pieces =
                Spliterators.spliteratorUnknownSize(new Pieces(reader), Spliterator.ORDERED);
        return StreamSupport.stream(pieces, false).onClose(() -> close(reader));
    }

    private static void close(BufferedReader reader) {
        try {
            reader.close();
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
