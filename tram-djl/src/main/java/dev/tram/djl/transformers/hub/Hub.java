package dev.tram.djl.transformers.hub;

import ai.djl.util.Progress;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tram.core.internal.Arguments;
import dev.tram.djl.internal.files.JsonFile;
import dev.tram.djl.internal.files.Limit;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Hugging Face hub, or a mirror of it.
 *
 * <p>{@link #fetch} brings the few files of a model that training needs into the cache and returns
 * their directory. What the cache has is not transferred again: a commit's files never change, and
 * for a branch one short request tells the commit. The cache has the Python library's layout and
 * place, so each finds what the other fetched.
 *
 * <p>The environment, as for the Python library: {@code HF_ENDPOINT} (default {@code
 * https://huggingface.co}), {@code HF_TOKEN}, {@code HF_HUB_OFFLINE}, {@code HF_HUB_CACHE}, {@code
 * HF_HOME}, {@code XDG_CACHE_HOME}, {@code HF_HUB_DOWNLOAD_TIMEOUT}.
 *
 * <p>A server that sends more than it announced, less than 1 KiB a second, nothing, or more than
 * the limits on sizes is left with an exception that says so.
 */
public final class Hub {

    private static final Logger logger = LoggerFactory.getLogger(Hub.class);

    private static final String CONFIG = "config.json";
    private static final String WEIGHTS = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";
    private static final String TOKENIZER = "tokenizer.json";
    private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");
    private static final Pattern SHARD = Pattern.compile("\\w[\\w.-]*\\.safetensors");
    private static final List<String> DESCRIPTIONS =
            List.of(
                    "tokenizer_config.json",
                    "special_tokens_map.json",
                    "added_tokens.json",
                    "preprocessor_config.json");
    private static final List<String> VOCABULARIES =
            List.of("vocab.json", "merges.txt", "vocab.txt", "sentencepiece.bpe.model");

    private final HubClient client;
    private final Path cache;
    private final boolean offline;
    private final Retry retry;
    private final Duration stallTimeout;
    private final Progress progress;

    private Hub(Builder builder) {
        client = new HubClient(builder.endpoint, builder.token, builder.timeout);
        cache = builder.cache;
        offline = builder.offline;
        retry = new Retry(builder.attempts, builder.delay, builder.notices);
        stallTimeout = builder.timeout;
        progress = builder.progress;
    }

    /**
     * Returns a builder that starts from the environment.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder(System.getenv());
    }

    /**
     * Makes a model's configuration, weights, tokenizer and preprocessor available.
     *
     * @param id the repository and revision
     * @return the directory that holds them
     * @throws HubException if the hub refuses or lacks a needed file, or if this hub is offline and
     *     the cache lacks one
     * @throws IOException if the hub cannot be reached, in which case a complete earlier copy is
     *     used, or the cache cannot be read or written
     */
    public Path fetch(HubId id) throws IOException {
        HubCache folder = new HubCache(cache, id.repository());
        if (offline) {
            return fetch(new CachedFiles(id, folder));
        }
        try {
            return folder.exclusively(() -> fetch(new RemoteFiles(this, folder, id, CONFIG)));
        } catch (HubException | InterruptedIOException e) {
            throw e;
        } catch (IOException e) {
            return unreachable(new CachedFiles(id, folder), e);
        }
    }

    /** A complete earlier copy is better than none. */
    private Path unreachable(CachedFiles cached, IOException failure) throws IOException {
        try {
            Path directory = fetch(cached);
            retry.notices()
                    .accept("the cached copy " + directory + " is used: " + failure.getMessage());
            return directory;
        } catch (HubException e) {
            failure.addSuppressed(e);
            throw failure;
        }
    }

    private static Path fetch(RepositoryFiles files) throws IOException {
        Path config = files.require(CONFIG);
        for (String name : DESCRIPTIONS) {
            files.obtain(name);
        }
        if (files.obtain(TOKENIZER).isEmpty()) {
            for (String name : VOCABULARIES) {
                files.obtain(name);
            }
        }
        if (files.obtain(WEIGHTS).isEmpty()) {
            fetchShards(files);
        }
        return config.getParent();
    }

    private static void fetchShards(RepositoryFiles files) throws IOException {
        Optional<Path> index = files.obtain(INDEX);
        if (index.isEmpty()) {
            throw files.missing(
                    WEIGHTS
                            + " or "
                            + INDEX
                            + " (other formats must be converted, which"
                            + " https://huggingface.co/spaces/safetensors/convert does)");
        }
        for (String shard : shards(index.get())) {
            files.require(shard);
        }
    }

    private static Set<String> shards(Path index) throws IOException {
        JsonNode map = JsonFile.read(index).path("weight_map");
        Set<String> shards = new TreeSet<>();
        for (JsonNode shard : map) {
            if (!SHARD.matcher(shard.asText()).matches()) {
                throw new HubException(
                        "weight_map of "
                                + index
                                + " must name files beside it, received: "
                                + shard);
            }
            shards.add(shard.asText());
        }
        if (shards.size() > Limit.SHARDS.value()) {
            throw new HubException(
                    "weight_map of "
                            + index
                            + " has "
                            + Limit.SHARDS.complaint(shards.size(), "shards"));
        }
        if (shards.isEmpty()) {
            throw new HubException("weight_map of " + index + " is missing or empty");
        }
        return shards;
    }

    Optional<RemoteFile> describe(HubId id, String name) throws IOException {
        return retry.run("the request for " + name + " of " + id, () -> client.describe(id, name));
    }

    void download(HubId id, String name, RemoteFile remote, Path target) throws IOException {
        new Download(client, stallTimeout, progress, id, name, remote, limit(name, remote), target)
                .run(retry);
    }

    /** Descriptions and vocabularies are read as JSON is; tensors are what takes room. */
    private static Limit limit(String name, RemoteFile remote) {
        if (!name.endsWith(".safetensors")) {
            return Limit.JSON;
        }
        return remote.size() < 0 ? Limit.DOWNLOAD : Limit.REPOSITORY;
    }

    /** Builds a {@link Hub}. */
    public static final class Builder {

        private URI endpoint;
        private Optional<String> token;
        private Path cache;
        private boolean offline;
        private int attempts = 3;
        private Duration delay = Duration.ofMillis(500);
        private Consumer<String> notices = logger::warn;
        private Duration timeout;
        private Progress progress = new NoProgress();

        Builder(Map<String, String> environment) {
            optEndpoint(environment.getOrDefault("HF_ENDPOINT", "https://huggingface.co"));
            String given = environment.getOrDefault("HF_TOKEN", "");
            token = Optional.<String>empty();
            if (!given.isBlank()) {
                optToken(given);
            }
            cache = cacheDirectory(environment);
            timeout = timeout(environment.getOrDefault("HF_HUB_DOWNLOAD_TIMEOUT", "10"));
            String flag = environment.getOrDefault("HF_HUB_OFFLINE", "");
            offline = TRUE.contains(flag.toUpperCase(Locale.ROOT));
        }

        private static Duration timeout(String seconds) {
            if (!seconds.matches("[1-9]\\d{0,4}")) {
                throw Arguments.rejected(
                        "HF_HUB_DOWNLOAD_TIMEOUT", "seconds from 1 to 99999", seconds);
            }
            return Duration.ofSeconds(Integer.parseInt(seconds));
        }

        private static Path cacheDirectory(Map<String, String> environment) {
            if (environment.containsKey("HF_HUB_CACHE")) {
                return Path.of(environment.get("HF_HUB_CACHE"));
            }
            if (environment.containsKey("HF_HOME")) {
                return Path.of(environment.get("HF_HOME"), "hub");
            }
            return environment.containsKey("XDG_CACHE_HOME")
                    ? Path.of(environment.get("XDG_CACHE_HOME"), "huggingface", "hub")
                    : Path.of(System.getProperty("user.home"), ".cache", "huggingface", "hub");
        }

        /**
         * Sets the hub's address.
         *
         * @param endpoint an {@code http} or {@code https} address
         * @return this builder
         * @throws IllegalArgumentException if it is not such an address
         */
        public Builder optEndpoint(String endpoint) {
            if (!endpoint.matches("https?://[^/?#@\\s]+(?:/[^?#\\s]*)?")) {
                throw Arguments.rejected("endpoint", "an http or https address", endpoint);
            }
            this.endpoint = URI.create(endpoint.replaceFirst("/+$", ""));
            return this;
        }

        /**
         * Sets the access token, which is sent to the endpoint's own host only.
         *
         * @param token the token; space around it, such as the end of a file's line, does not count
         * @return this builder
         * @throws IllegalArgumentException if it has other characters than a token can; the message
         *     does not tell which
         */
        public Builder optToken(String token) {
            if (!token.strip().matches("[!-~]+")) {
                throw Arguments.rejected(
                        "the access token (HF_TOKEN)",
                        "printable ASCII without spaces",
                        "something else");
            }
            this.token = Optional.of(token.strip());
            return this;
        }

        /**
         * Sets the cache's directory.
         *
         * @param cache the directory, created if need be
         * @return this builder
         */
        public Builder optCache(Path cache) {
            this.cache = cache;
            return this;
        }

        /**
         * Sets whether the cache alone is used.
         *
         * @param offline true for no request at all
         * @return this builder
         */
        public Builder optOffline(boolean offline) {
            this.offline = offline;
            return this;
        }

        /**
         * Sets how often a request is tried that fails for a passing reason.
         *
         * @param attempts failures in a row that end the trying, at least 1
         * @param delay the wait after the first failure, doubled after each further one
         * @return this builder
         * @throws IllegalArgumentException if {@code attempts} is less than 1
         */
        public Builder optRetry(int attempts, Duration delay) {
            this.attempts = Arguments.atLeast("attempts", attempts, 1);
            this.delay = delay;
            return this;
        }

        /**
         * Sets the longest wait for an answer, and for which a transfer may be slower than 1 KiB a
         * second. 10 s unless set, or what {@code HF_HUB_DOWNLOAD_TIMEOUT} says.
         *
         * @param timeout the duration, greater than zero
         * @return this builder
         */
        public Builder optTimeout(Duration timeout) {
            this.timeout = timeout;
            return this;
        }

        /**
         * Sets who is told, in words, of each failure that is followed by another try, and of a
         * cached copy that takes the place of a hub that cannot be reached.
         *
         * @param notices gets a sentence each; the log unless set
         * @return this builder
         */
        public Builder optNotices(Consumer<String> notices) {
            this.notices = notices;
            return this;
        }

        /**
         * Sets who is told of each file's bytes.
         *
         * @param progress reset for each transfer with the file's name and length in bytes (-1
         *     where unknown), then updated with the bytes received
         * @return this builder
         */
        public Builder optProgress(Progress progress) {
            this.progress = progress;
            return this;
        }

        /**
         * Builds the hub.
         *
         * @return the hub
         */
        public Hub build() {
            return new Hub(this);
        }
    }
}
