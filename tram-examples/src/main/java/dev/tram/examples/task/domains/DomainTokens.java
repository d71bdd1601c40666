package dev.tram.examples.task.domains;

import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.tokenizer.SpecialToken;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import dev.tram.examples.data.Limit;
import dev.tram.examples.data.RecordFile;
import dev.tram.examples.experiment.ModelCache;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A domain's tokens, by split. They are made once and kept on disk: each text's tokens, then the
 * end of text where a text is whole.
 *
 * @param domain the domain's name
 * @param blocks the blocks of each split
 */
public record DomainTokens(String domain, Map<Split, TokenBlocks> blocks) implements Closeable {

    /** Raised whenever this class writes other tokens. */
    private static final int VERSION = 2;

    private static final String SUFFIX = ".tokens";

    /**
     * Opens a domain's tokens, which are made if the cache lacks them.
     *
     * @param domain the domain
     * @param splits which of its splits are wanted
     * @param tokenizer the tokenizer
     * @param tokenizerIdentity what determines its ids
     * @param length the number of tokens of a block
     * @param report takes lines of what was left out when they are made
     * @throws IllegalArgumentException if a split does not fill a block
     */
    static DomainTokens open(
            ModelCache cache,
            Domain domain,
            List<Split> splits,
            TextTokenizer tokenizer,
            List<byte[]> tokenizerIdentity,
            int length,
            Consumer<String> report)
            throws IOException {
        Map<Split, TokenBlocks> blocks = new EnumMap<>(Split.class);
        DomainTokens tokens = new DomainTokens(domain.name(), blocks);
        try {
            for (Split split : splits) {
                String key =
                        ModelCache.key(
                                "tokens-" + split,
                                List.of(VERSION, domain.identity(), Limit.changed()),
                                tokenizerIdentity);
                Path directory =
                        cache.get(key, work -> write(domain, split, tokenizer, work, report));
                blocks.put(split, TokenBlocks.open(directory.resolve(split + SUFFIX), length));
                Arguments.atLeast(
                        "the number of blocks of " + domain.name() + " for " + split,
                        blocks.get(split).size(),
                        1);
            }
            return tokens;
        } catch (IOException | IllegalArgumentException e) {
            tokens.close();
            throw e;
        }
    }

    private static Path write(
            Domain domain,
            Split split,
            TextTokenizer tokenizer,
            Path directory,
            Consumer<String> report)
            throws IOException {
        OptionalLong end = tokenizer.id(SpecialToken.END);
        try (RecordFile.Writer writer = RecordFile.create(directory.resolve(split + SUFFIX));
                Stream<String> texts = domain.texts(split, report)) {
            for (Iterator<String> text = texts.iterator(); text.hasNext(); ) {
                writer.add(TokenBlocks.record(tokenizer.encode(text.next())));
                if (domain.isWhole() && end.isPresent()) {
                    writer.add(TokenBlocks.record(end.getAsLong()));
                }
            }
        }
        return directory;
    }

    TokenBlocks get(Split split) {
        return blocks.get(split);
    }

    /** Says how many blocks there are. */
    @Override
    public String toString() {
        return blocks.entrySet().stream()
                .map(entry -> entry.getValue().size() + " for " + entry.getKey())
                .collect(Collectors.joining(", ", domain + ": blocks of " + length() + ", ", ""));
    }

    private int length() {
        return get(Split.TEST).length();
    }

    @Override
    public void close() throws IOException {
        for (TokenBlocks open : blocks.values()) {
            open.close();
        }
    }
}
