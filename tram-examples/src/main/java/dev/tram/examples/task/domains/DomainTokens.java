package dev.tram.examples.task.domains;

import dev.tram.core.internal.Arguments;
import dev.tram.djl.transformers.tokenizer.SpecialToken;
import dev.tram.djl.transformers.tokenizer.TextTokenizer;
import dev.tram.experiments.ModelCache;
import dev.tram.experiments.data.Limit;
import dev.tram.experiments.data.RecordFile;
import dev.tram.experiments.data.Share;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.commons.io.IOUtils;

/**
 * A domain's tokens, by what they are for. They are made once and kept on disk: each text's tokens,
 * then the end of text where a text is whole.
 *
 * @param blocks the blocks of each share
 */
public record DomainTokens(String domain, Map<Share, TokenBlocks> blocks) implements Closeable {

    /** Raised whenever this class writes other tokens. */
    private static final int VERSION = 2;

    private static final String SUFFIX = ".tokens";

    /**
     * Opens a domain's tokens, which are made if the cache lacks them.
     *
     * @param shares which of its shares are wanted
     * @param report takes lines of what was left out when they are made
     * @throws IllegalArgumentException if a share does not fill a block
     */
    static DomainTokens open(
            ModelCache cache,
            Domain domain,
            List<Share> shares,
            TextTokenizer tokenizer,
            List<byte[]> tokenizerIdentity,
            int length,
            Consumer<String> report)
            throws IOException {
        Map<Share, TokenBlocks> blocks = new EnumMap<>(Share.class);
        DomainTokens tokens = new DomainTokens(domain.name(), blocks);
        try {
            for (Share share : shares) {
                String key =
                        ModelCache.key(
                                "tokens-" + share,
                                List.of(VERSION, domain.identity(), Limit.changed()),
                                tokenizerIdentity);
                Path directory =
                        cache.get(key, work -> write(domain, share, tokenizer, work, report));
                blocks.put(share, TokenBlocks.open(directory.resolve(share + SUFFIX), length));
                Arguments.atLeast(
                        "the number of blocks of " + domain.name() + " for " + share,
                        blocks.get(share).size(),
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
            Share share,
            TextTokenizer tokenizer,
            Path directory,
            Consumer<String> report)
            throws IOException {
        OptionalLong end = tokenizer.id(SpecialToken.END);
        try (RecordFile.Writer writer = RecordFile.create(directory.resolve(share + SUFFIX))) {
            domain.read(
                    share,
                    text -> {
                        writer.add(TokenBlocks.record(tokenizer.encode(text)));
                        if (domain.isWhole() && end.isPresent()) {
                            writer.add(TokenBlocks.record(end.getAsLong()));
                        }
                    },
                    report);
        }
        return directory;
    }

    TokenBlocks get(Share share) {
        return blocks.get(share);
    }

    /** Says how many blocks there are. */
    @Override
    public String toString() {
        return blocks.entrySet().stream()
                .map(entry -> entry.getValue().size() + " for " + entry.getKey())
                .collect(
                        Collectors.joining(
                                ", ",
                                domain + ": blocks of " + get(Share.TEST).length(0) + ", ",
                                ""));
    }

    @Override
    public void close() throws IOException {
        IOUtils.close(blocks.values().toArray(TokenBlocks[]::new));
    }
}
