package dev.tram.djl.transformers.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.util.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HubTest extends ServedModel {

    @BeforeEach
    void nameTheModelAndAddTokenizers() {
        server.files.put("config.json", HubServer.text("{\"model_type\": \"gpt2\"}"));
        server.files.put("tokenizer.json", HubServer.text("{\"version\": \"1.0\"}"));
        server.files.put("tokenizer_config.json", HubServer.text("{}"));
        server.files.put("vocab.json", HubServer.text("{}"));
    }

    private Path offline(HubId id) throws IOException {
        return builder().optOffline(true).build().fetch(id);
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private Path blobs() {
        return cache.resolve("models--org--name/blobs");
    }

    @Test
    void fetchesConfigurationWeightsAndTokenizer() throws IOException {
        Path directory = fetch();

        assertThat(directory)
                .isEqualTo(cache.resolve("models--org--name/snapshots/" + HubServer.COMMIT));
        assertThat(names(directory))
                .containsExactly(
                        "config.json",
                        "model.safetensors",
                        "tokenizer.json",
                        "tokenizer_config.json");
        assertThat(directory.resolve("model.safetensors")).hasBinaryContent(weights);
        assertThat(directory.resolve("config.json")).hasContent("{\"model_type\": \"gpt2\"}");
        assertThat(cache.resolve("models--org--name/refs/main")).hasContent(HubServer.COMMIT);
        assertThat(blobs().resolve(HubServer.hash(weights))).hasBinaryContent(weights);
        assertThat(names(blobs())).noneMatch(name -> name.contains("partial"));
    }

    @Test
    void fetchesVocabularyFilesWhereThereIsNoTokenizerFile() throws IOException {
        server.files.remove("tokenizer.json");

        assertThat(names(fetch())).contains("vocab.json").doesNotContain("merges.txt");
    }

    @Test
    void secondCallTransfersNothing() throws IOException {
        Path first = fetch();
        server.requests.clear();

        assertThat(fetch()).isEqualTo(first);
        assertThat(server.requests)
                .singleElement()
                .matches(r -> r.method().equals("HEAD"))
                .matches(r -> r.path().equals("/org/name/resolve/main/config.json"));
    }

    @Test
    void aCommitInTheCacheNeedsNoRequest() throws IOException {
        Path first = fetch();
        server.requests.clear();

        assertThat(builder().build().fetch(HubId.parse("org/name@" + HubServer.COMMIT)))
                .isEqualTo(first);
        assertThat(server.requests).isEmpty();
    }

    @Test
    void anotherCommitSharesUnchangedContent() throws IOException {
        Path first = fetch();
        server.commit = "f".repeat(40);
        server.files.put("config.json", HubServer.text("{\"model_type\": \"vit\"}"));
        server.requests.clear();

        Path second = fetch();

        assertThat(second).isNotEqualTo(first);
        assertThat(second.resolve("config.json")).hasContent("{\"model_type\": \"vit\"}");
        assertThat(second.resolve("model.safetensors")).hasBinaryContent(weights);
        assertThat(server.transfers())
                .singleElement()
                .matches(r -> r.path().endsWith("/config.json"));
    }

    @Test
    void withoutCommitTheEntityTagsDecide() throws IOException {
        server.commit = null;
        Path directory = fetch();
        assertThat(directory.getFileName()).hasToString("main");
        server.requests.clear();

        fetch();
        assertThat(server.transfers()).isEmpty();

        server.files.put("config.json", HubServer.text("{\"model_type\": \"vit\"}"));
        assertThat(fetch().resolve("config.json")).hasContent("{\"model_type\": \"vit\"}");
        assertThat(server.transfers()).hasSize(1);
    }

    @Test
    void fetchesTheShardsThatTheIndexNames() throws IOException {
        server.largeFiles.clear();
        server.largeFiles.put("model-00001-of-00002.safetensors", weights);
        server.largeFiles.put("model-00002-of-00002.safetensors", new byte[] {1, 2, 3});
        server.files.put(
                "model.safetensors.index.json",
                HubServer.text(
                        "{\"weight_map\": {\"a\": \"model-00001-of-00002.safetensors\", \"b\":"
                                + " \"model-00002-of-00002.safetensors\", \"c\":"
                                + " \"model-00001-of-00002.safetensors\"}}"));

        Path directory = fetch();

        assertThat(directory.resolve("model-00001-of-00002.safetensors")).hasBinaryContent(weights);
        assertThat(directory.resolve("model-00002-of-00002.safetensors"))
                .hasBinaryContent(new byte[] {1, 2, 3});
        assertThat(offline(MODEL)).isEqualTo(directory);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../../secret.safetensors",
                "/etc/secret.safetensors",
                "a/b.safetensors",
                "..",
                "..\\\\b.safetensors",
                "config.json"
            })
    void refusesAnIndexThatLeavesTheDirectory(String shard) {
        server.largeFiles.clear();
        server.files.put(
                "model.safetensors.index.json",
                HubServer.text("{\"weight_map\": {\"a\": \"" + shard + "\"}}"));

        assertThatThrownBy(this::fetch)
                .isInstanceOf(HubException.class)
                .hasMessageContaining("must name files beside it")
                .hasMessageContaining(shard);
    }

    @Test
    void followsARenamedRepository() throws IOException {
        Path directory = builder().build().fetch(HubId.parse("old/name"));

        assertThat(directory.resolve("model.safetensors")).hasBinaryContent(weights);
    }

    @Test
    void sendsTheTokenToTheEndpointOnly() throws IOException {
        builder().optToken("secret").build().fetch(MODEL);

        assertThat(server.requests)
                .filteredOn(r -> r.server().equals("endpoint"))
                .isNotEmpty()
                .allMatch(r -> "Bearer secret".equals(r.token()));
        assertThat(server.requests)
                .filteredOn(r -> r.server().equals("content"))
                .isNotEmpty()
                .allMatch(r -> r.token() == null);
    }

    /** A token read from a file ends with its line. */
    @Test
    void takesTheTokenWithoutTheSpaceAroundIt() throws IOException {
        builder().optToken(" secret\n").build().fetch(MODEL);
        assertThat(server.requests.get(0).token()).isEqualTo("Bearer secret");
    }

    @Test
    void refusesATokenWithoutPrintingIt() {
        assertThatThrownBy(() -> new Hub.Builder(Map.of("HF_TOKEN", "sec\nret")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("HF_TOKEN")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("sec", "ret"));
    }

    @Test
    void reportsBytesReceived() throws IOException {
        List<String> calls = new ArrayList<>();
        Progress recorder =
                new Progress() {
                    @Override
                    public void reset(String message, long max, String trailing) {
                        calls.add("reset " + message + " " + max);
                    }

                    @Override
                    public void start(long initial) {
                        calls.add("start " + initial);
                    }

                    @Override
                    public void end() {
                        calls.add("end");
                    }

                    @Override
                    public void increment(long increment) {
                        throw new IllegalStateException("not used");
                    }

                    @Override
                    public void update(long progress, String message) {
                        calls.add("update " + progress);
                    }
                };
        builder().optProgress(recorder).build().fetch(MODEL);

        assertThat(calls)
                .containsSubsequence(
                        "reset model.safetensors " + SIZE, "start 0", "update " + SIZE, "end");
    }

    @Test
    void quotesARevisionWithSlashes() throws IOException {
        builder().build().fetch(HubId.parse("org/name@refs/pr/1"));

        assertThat(server.requests.get(0).path())
                .isEqualTo("/org/name/resolve/refs%2Fpr%2F1/config.json");
        assertThat(cache.resolve("models--org--name/refs/refs/pr/1")).hasContent(HubServer.COMMIT);
    }

    @Test
    void offlineUsesTheCacheAlone() throws IOException {
        Path directory = fetch();
        server.requests.clear();

        assertThat(offline(MODEL)).isEqualTo(directory);
        assertThat(offline(HubId.parse("org/name@" + HubServer.COMMIT))).isEqualTo(directory);
        assertThat(server.requests).isEmpty();
    }

    @Test
    void offlineWithoutACopyIsAnError() {
        assertThatThrownBy(() -> offline(MODEL))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("config.json of org/name@main not found in the cache")
                .hasMessageContaining(cache.toString())
                .hasMessageContaining("HF_HUB_OFFLINE");
        assertThat(server.requests).isEmpty();
    }

    @Test
    void offlineWithHalfACopyIsAnError() throws IOException {
        Path directory = fetch();
        Files.delete(directory.resolve("model.safetensors"));

        assertThatThrownBy(() -> offline(MODEL))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("model.safetensors");
    }

    @Test
    void anUnreachableHubLeavesTheCache() throws IOException {
        Path directory = fetch();
        server.close();

        assertThat(fetch()).isEqualTo(directory);
        assertThatThrownBy(() -> builder().build().fetch(HubId.parse("org/other")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("config.json of org/other@main failed 3 times");
    }

    @ParameterizedTest
    @CsvSource({"1,true", "true,true", "YES,true", "on,true", "0,false", "'',false"})
    void readsTheEnvironment(String flag, boolean offline) {
        Map<String, String> environment =
                Map.of(
                        "HF_ENDPOINT",
                        server.endpoint() + "/",
                        "HF_HOME",
                        cache.toString(),
                        "HF_TOKEN",
                        "secret",
                        "HF_HUB_OFFLINE",
                        flag);
        Hub hub = new Hub.Builder(environment).build();
        if (offline) {
            assertThatThrownBy(() -> hub.fetch(MODEL))
                    .hasMessageContaining(cache.resolve("hub/models--org--name").toString());
            assertThat(server.requests).isEmpty();
        } else {
            assertThatThrownBy(() -> hub.fetch(HubId.parse("org/none"))).isNotNull();
            assertThat(server.requests.get(0).token()).isEqualTo("Bearer secret");
        }
    }

    @Test
    void rejectsAnEndpointThatIsNoAddress() {
        assertThatThrownBy(() -> builder().optEndpoint("huggingface.co"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("received: huggingface.co");
        assertThatThrownBy(() -> builder().optEndpoint("https://user:password@mirror.org"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
