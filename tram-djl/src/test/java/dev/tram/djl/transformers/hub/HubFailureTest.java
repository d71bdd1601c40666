package dev.tram.djl.transformers.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tram.djl.internal.files.Limit;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections that break and servers that refuse. */
class HubFailureTest extends ServedModel {

    private Path partial() {
        return cache.resolve("models--org--name/blobs/" + HubServer.hash(weights) + ".partial");
    }

    private void assertFetched(Path directory) {
        assertThat(directory.resolve("model.safetensors")).hasBinaryContent(weights);
        assertThat(partial()).doesNotExist();
    }

    @Test
    void resumesACutTransfer() throws IOException {
        server.mishaps.add(HubServer.cutAfter(100_000));
        server.mishaps.add(HubServer.cutAfter(50_000));

        assertFetched(fetch());

        List<String> ranges = ranges();
        assertThat(ranges).hasSize(3);
        assertThat(ranges.get(0)).isNull();
        assertThat(from(ranges.get(1))).isBetween(1, 100_000);
        assertThat(from(ranges.get(2))).isBetween(from(ranges.get(1)) + 1, 150_000);
    }

    private List<String> ranges() {
        return server.transfers().stream()
                .filter(r -> r.server().equals("content"))
                .map(HubServer.Request::range)
                .toList();
    }

    /** Where a resumed transfer begins: a cut may cost what the client has not read yet. */
    private static int from(String range) {
        return Integer.parseInt(range.replaceAll("\\D", ""));
    }

    @Test
    void progressStartsTheCountOfFailuresAnew() throws IOException {
        for (int i = 0; i < 8; ++i) {
            server.mishaps.add(HubServer.cutAfter(10_000));
        }

        assertFetched(fetch());
    }

    @Test
    void givesUpAndResumesInALaterCall() throws IOException {
        server.mishaps.add(HubServer.cutAfter(100_000));
        server.mishaps.add(HubServer.status(503));
        server.mishaps.add(HubServer.status(503));

        assertThatThrownBy(this::fetch)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the transfer of model.safetensors of org/name")
                .hasMessageContaining("failed 3 times in a row")
                .hasMessageContaining("status 503")
                .hasMessageContaining(" bytes are kept");
        byte[] kept = Files.readAllBytes(partial());
        assertThat(kept).hasSizeBetween(1, 100_000);
        assertThat(kept).isEqualTo(Arrays.copyOf(weights, kept.length));

        server.requests.clear();
        assertFetched(fetch());
        assertThat(ranges()).containsExactly("bytes=" + kept.length + "-");
    }

    @Test
    void startsAnewWhenTheContentServerHasAnotherContent() throws IOException {
        server.mishaps.add(
                (exchange, body, from) -> {
                    HubServer.cutAfter(100_000).answer(exchange, new byte[SIZE], 0);
                    server.entityTag = "\"content-2\"";
                });

        assertFetched(fetch());
    }

    @Test
    void startsAnewWithoutAStrongEntityTag() throws IOException {
        server.entityTag = "W/\"weak\"";
        server.mishaps.add(HubServer.cutAfter(100_000));

        assertFetched(fetch());
        assertThat(server.transfers()).allMatch(r -> r.range() == null);
    }

    @Test
    void startsAnewWhenTheServerDoesNotResume() throws IOException {
        server.mishaps.add(HubServer.cutAfter(100_000));
        server.mishaps.add(HubServer.status(416));

        assertFetched(fetch());
    }

    @Test
    void startsAnewWhenTheServerResumesElsewhere() throws IOException {
        server.mishaps.add(HubServer.cutAfter(100_000));
        server.mishaps.add(
                (exchange, body, from) -> {
                    exchange.getResponseHeaders().set("Content-Range", "bytes 7-9/300000");
                    exchange.sendResponseHeaders(206, 3);
                    exchange.getResponseBody().write(body, 7, 3);
                });

        assertFetched(fetch());
    }

    @Test
    void finishesAPartialThatIsComplete() throws IOException {
        Files.createDirectories(partial().getParent());
        Files.write(partial(), weights);
        Files.writeString(partial().resolveSibling(partial().getFileName() + ".etag"), "\"x\"");

        assertFetched(fetch());
        assertThat(server.requests).noneMatch(r -> r.server().equals("content"));
    }

    @Test
    void endsAStalledTransfer() throws IOException {
        server.mishaps.add(server.stallAfter(100_000));

        assertFetched(builder().optTimeout(Duration.ofMillis(400)).build().fetch(MODEL));
        assertThat(from(ranges().get(1))).isBetween(1, 100_000);
    }

    @Test
    void refusesAWrongChecksum() throws IOException {
        String right = HubServer.hash(weights);
        server.announcedSha256 = "0".repeat(64);

        assertThatThrownBy(this::fetch)
                .isInstanceOf(HubException.class)
                .hasMessageContaining("checksum of model.safetensors of org/name")
                .hasMessageContaining("0".repeat(64))
                .hasMessageContaining("received: " + right);
        assertThat(cache).isDirectoryNotContaining("glob:**partial*");
        assertThat(cache.resolve("models--org--name/snapshots").resolve(HubServer.COMMIT))
                .isDirectoryNotContaining("glob:**model.safetensors");
    }

    @ParameterizedTest
    @CsvSource({"299999,the server offers: 300000", "300001,the server offers: 300000"})
    void refusesAWrongLength(long announced, String message) {
        server.announcedSize = announced;

        assertThatThrownBy(this::fetch)
                .isInstanceOf(HubException.class)
                .hasMessageContaining("length of model.safetensors of org/name")
                .hasMessageContaining(announced + " bytes")
                .hasMessageContaining(message);
        assertThat(partial()).doesNotExist();
    }

    @Test
    void resumesABodyOfUnknownLengthThatEndsEarly() throws IOException {
        server.mishaps.add(unknownLength(1_000));

        assertFetched(fetch());
        assertThat(server.transfers()).anyMatch(r -> "bytes=1000-".equals(r.range()));
    }

    @Test
    void refusesABodyOfUnknownLengthThatIsTooLong() {
        server.mishaps.add(
                (exchange, body, from) ->
                        unknownLength(SIZE + 1)
                                .answer(exchange, Arrays.copyOf(body, SIZE + 1), from));

        assertThatThrownBy(this::fetch)
                .isInstanceOf(HubException.class)
                .hasMessageContaining("must be 300000 bytes")
                .hasMessageContaining("received: 300001");
        assertThat(partial()).doesNotExist();
    }

    private static HubServer.Mishap unknownLength(int bytes) {
        return (exchange, body, from) -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(body, 0, bytes);
        };
    }

    @Test
    void namesAMissingRepository() {
        server.refused.put("config.json", 404);
        server.errorCodes.put("config.json", "RepoNotFound");

        assertThatThrownBy(this::fetch)
                .isInstanceOf(HubException.class)
                .hasMessageContaining("404")
                .hasMessageContaining("org/name@main: the repository does not exist");
        assertThat(server.requests).hasSize(1);
    }

    @Test
    void namesAMissingRevision() {
        server.refused.put("config.json", 404);
        server.errorCodes.put("config.json", "RevisionNotFound");

        assertThatThrownBy(() -> builder().build().fetch(HubId.parse("org/name@v9")))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("org/name@v9: the repository has no such revision");
    }

    @Test
    void namesAMissingFile() {
        server.files.remove("config.json");

        assertThatThrownBy(this::fetch)
                .isInstanceOf(HubException.class)
                .hasMessageContaining("org/name@main has no config.json");
    }

    @Test
    void saysWhatToDoAboutOtherFormats() {
        server.largeFiles.clear();
        server.largeFiles.put("pytorch_model.bin", weights);

        assertThatThrownBy(this::fetch)
                .isInstanceOf(HubException.class)
                .hasMessageContaining("has no model.safetensors")
                .hasMessageContaining("convert");
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403})
    void asksForATokenWhereAccessIsDenied(int status) {
        server.refused.put("config.json", status);

        assertThatThrownBy(this::fetch)
                .isInstanceOf(HubException.class)
                .hasMessageContaining(status + " from localhost")
                .hasMessageContaining("set HF_TOKEN");
        assertThatThrownBy(() -> builder().optToken("secret").build().fetch(MODEL))
                .isInstanceOf(HubException.class)
                .hasMessageContaining("the token in HF_TOKEN gives no access")
                .hasMessageNotContaining("secret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"http://host name/x", "mailto:someone", "http://", "file:///etc/passwd"})
    void refusesARedirectToNoAddress(String location) {
        server.location = location;
        assertThatThrownBy(this::fetch)
                .isInstanceOf(HubException.class)
                .hasMessageContaining(location);
        assertThat(cache.resolve("models--org--name/snapshots")).satisfies(this::hasNoWeights);
    }

    private void hasNoWeights(Path snapshots) {
        assertThat(snapshots.resolve(HubServer.COMMIT).resolve("model.safetensors")).doesNotExist();
    }

    @Test
    void refusesACommitThatIsAPath() {
        server.commit = "../../../elsewhere";
        assertThatThrownBy(this::fetch)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("received: ../../../elsewhere");
        assertThat(cache.resolveSibling("elsewhere")).doesNotExist();
    }

    @Test
    void triesAgainWhenTheServerIsBusy() {
        server.refused.put("tokenizer.json", 429);

        assertThatThrownBy(this::fetch)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("failed 3 times")
                .hasMessageContaining("429");
        assertThat(server.requests).filteredOn(r -> r.path().endsWith("tokenizer.json")).hasSize(3);
    }

    @Test
    void concurrentCallsTransferOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Future<Path> one = threads.submit(this::fetch);
            Future<Path> two = threads.submit(this::fetch);
            assertFetched(one.get());
            assertFetched(two.get());
        } finally {
            threads.shutdown();
        }
        assertThat(server.transfers()).filteredOn(r -> r.server().equals("content")).hasSize(1);
    }

    /** A server without end must be left at the length that it announced. */
    @Test
    void leavesABodyThatIsLongerThanAnnounced() {
        server.mishaps.add(endless(200));

        assertThatThrownBy(this::fetch)
                .isInstanceOf(HubException.class)
                .hasMessageContaining("length of model.safetensors of org/name")
                .hasMessageContaining("must be 300000 bytes");
        assertThat(partial()).doesNotExist();
    }

    /** Such as a listing that lies about its length, or tells none. */
    @Test
    void leavesABodyOfUnannouncedLengthAtTheLimit() throws IOException {
        Limit.DOWNLOAD.set(SIZE - 1);
        try {
            server.announcesSize = false;
            server.mishaps.add(endless(200));
            assertThatThrownBy(this::fetch)
                    .isInstanceOf(HubException.class)
                    .hasMessageContaining("model.safetensors of org/name")
                    .hasMessageContaining(
                            "bytes, expected at most 299,999 (-Dtram.limit.download=N sets that)");
            assertThat(partial()).doesNotExist();
        } finally {
            System.clearProperty("tram.limit.download");
        }
        server.mishaps.clear();
        assertFetched(fetch());
    }

    private static HubServer.Mishap endless(int status) {
        return (exchange, body, from) -> {
            exchange.sendResponseHeaders(status, 0);
            for (int sent = 0; sent < 1 << 30; sent += body.length) {
                exchange.getResponseBody().write(body);
            }
        };
    }

    @Test
    void refusesAnAnnouncedLengthAboveTheLimit() {
        server.announcedSize = 1L << 60;
        assertThatThrownBy(this::fetch)
                .isInstanceOf(HubException.class)
                .hasMessageContaining(" bytes or more, expected at most 107,374,182,400")
                .hasMessageContaining("-Dtram.limit.repository=N");
        assertThat(server.requests).noneMatch(r -> r.server().equals("content"));
    }

    @Test
    void refusesALongDescription() {
        Limit.JSON.set(1);
        try {
            assertThatThrownBy(this::fetch)
                    .isInstanceOf(HubException.class)
                    .hasMessageContaining("config.json of org/name")
                    .hasMessageContaining("2 bytes, expected at most 1");
        } finally {
            System.clearProperty("tram.limit.json");
        }
    }

    @Test
    void refusesThousandsOfShards() {
        server.largeFiles.clear();
        StringBuilder map = new StringBuilder("{\"weight_map\": {\"a\": \"s.safetensors\"");
        for (int i = 0; i < 1_000; i++) {
            map.append(",\"a%d\": \"s%d.safetensors\"".formatted(i, i));
        }
        server.files.put("model.safetensors.index.json", HubServer.text(map + "}}"));

        assertThatThrownBy(this::fetch)
                .isInstanceOf(HubException.class)
                .hasMessageContaining("1,001 shards, expected at most 1,000");
    }

    /** A byte now and then is no progress; a try that keeps a few bytes does not start anew. */
    @Test
    void endsADrippingTransferAndSaysSo() {
        List<String> notices = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            server.mishaps.add(dripping());
        }

        assertThatThrownBy(
                        () ->
                                builder()
                                        .optTimeout(Duration.ofMillis(600))
                                        .optNotices(notices::add)
                                        .build()
                                        .fetch(MODEL))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("the transfer of model.safetensors of org/name")
                .hasMessageContaining("failed 3 times in a row")
                .hasMessageContaining("less than 1 KiB a second");
        assertThat(notices).hasSize(2);
        assertThat(notices.get(0))
                .contains("the transfer of model.safetensors", "1 KiB a second")
                .endsWith("trying again, 2 of 3");
    }

    private HubServer.Mishap dripping() {
        return (exchange, body, from) -> {
            exchange.sendResponseHeaders(from > 0 ? 206 : 200, body.length - from);
            for (int i = from; i < body.length; i++) {
                exchange.getResponseBody().write(body, i, 1);
                exchange.getResponseBody().flush();
                sleep(100);
            }
        };
    }

    private static void sleep(long millis) throws IOException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** Heads that never end, from a server that speaks no HTTP but drips bytes. */
    @ParameterizedTest
    @ValueSource(strings = {"", "HTTP/1.1 200 OK\r\nX-A: "})
    void endsAnAnswerWhoseHeadDrips(String head) throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        List<String> notices = new CopyOnWriteArrayList<>();
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            threads.execute(() -> drip(silent, head, threads));
            Hub hub =
                    builder()
                            .optEndpoint("http://localhost:" + silent.getLocalPort())
                            .optTimeout(Duration.ofMillis(300))
                            .optNotices(notices::add)
                            .build();
            assertThatThrownBy(() -> hub.fetch(MODEL))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("the request for config.json of org/name@main failed 3")
                    .hasMessageContaining("no answer from localhost:");
        } finally {
            threads.shutdownNow();
        }
        assertThat(notices).hasSize(2);
    }

    private static void drip(ServerSocket server, String head, ExecutorService threads) {
        try {
            while (!server.isClosed()) {
                Socket client = server.accept();
                threads.execute(() -> drip(client, head));
            }
        } catch (IOException e) {
            assertThat(server.isClosed()).isTrue();
        }
    }

    private static void drip(Socket client, String head) {
        try (client) {
            client.getOutputStream().write(HubServer.text(head));
            while (!Thread.currentThread().isInterrupted()) {
                sleep(100);
                client.getOutputStream().write(head.isEmpty() ? new byte[0] : new byte[] {'a'});
            }
        } catch (IOException e) {
            assertThat(client.isClosed()).as("left by the hub's client").isTrue();
        }
    }

    @Test
    void theEnvironmentSetsTheTimeout() {
        assertThatThrownBy(() -> new Hub.Builder(Map.of("HF_HUB_DOWNLOAD_TIMEOUT", "soon")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("HF_HUB_DOWNLOAD_TIMEOUT must be seconds")
                .hasMessageContaining("received: soon");
    }
}
