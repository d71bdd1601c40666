package dev.tram.djl.transformers.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tram.djl.transformers.FuzzRounds;
import dev.tram.djl.transformers.Mutations;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A hub of whose answers, heads and bodies, bytes are others. */
class HubFuzzTest {

    private static final byte[] WEIGHTS = HubServer.text("tensors");
    private static final Map<String, byte[]> FILES =
            Map.of(
                    "config.json",
                    HubServer.text("{}"),
                    "tokenizer.json",
                    HubServer.text("{\"a\": [1]}"),
                    "model.safetensors.index.json",
                    HubServer.text(
                            "{\"weight_map\": {\"a\": \"one.safetensors\", \"b\": \"one.safetensors\"}}"));

    @TempDir private Path folder;
    private ServerSocket server;
    private volatile Mutations mutations = new Mutations(0);
    private volatile boolean changes;

    @BeforeEach
    void serve() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(this::accept, "hub");
        thread.setDaemon(true);
        thread.start();
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
    }

    private void accept() {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                answer(socket);
            } catch (IOException e) {
                // a client that has left, or the end
            }
        }
    }

    private void answer(Socket socket) throws IOException {
        socket.setSoTimeout(1_000);
        BufferedReader request =
                new BufferedReader(
                        new InputStreamReader(
                                socket.getInputStream(), StandardCharsets.ISO_8859_1));
        String first = request.readLine();
        String line = first;
        while (line != null && !line.isEmpty()) {
            line = request.readLine();
        }
        if (first != null) {
            byte[] answer = answer(first);
            socket.getOutputStream().write(changes ? mutations.bytes(answer) : answer);
        }
    }

    private byte[] answer(String request) {
        String path = request.split(" ", -1)[1];
        String name = path.substring(path.lastIndexOf('/') + 1);
        boolean head = request.startsWith("HEAD");
        if (FILES.containsKey(name)) {
            return answer("200 OK", "ETag: \"" + name + "\"\r\n", FILES.get(name), head);
        }
        if (!name.equals("one.safetensors")) {
            return answer("404 Not Found", "X-Error-Code: EntryNotFound\r\n", new byte[0], head);
        }
        if (path.startsWith("/content/")) {
            return answer("200 OK", "ETag: \"content\"\r\n", WEIGHTS, head);
        }
        String linked =
                "Location: /content/%s\r\nX-Linked-Size: %d\r\nX-Linked-ETag: \"%s\"\r\n"
                        .formatted(name, WEIGHTS.length, HubServer.hash(WEIGHTS));
        return answer("302 Found", linked, new byte[0], head);
    }

    private static byte[] answer(String status, String headers, byte[] body, boolean head) {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        answer.writeBytes(
                HubServer.text(
                        "HTTP/1.1 %s\r\nX-Repo-Commit: %s\r\nConnection: close\r\n%sContent-Length: %d\r\n\r\n"
                                .formatted(status, HubServer.COMMIT, headers, body.length)));
        answer.writeBytes(head ? new byte[0] : body);
        return answer.toByteArray();
    }

    private Path fetch(Path cache, Duration timeout) throws IOException {
        return new Hub.Builder(Map.of("HF_HUB_CACHE", cache.toString()))
                .optEndpoint("http://localhost:" + server.getLocalPort())
                .optRetry(1, Duration.ofMillis(1))
                .optTimeout(timeout)
                .build()
                .fetch(HubId.parse("org/name"));
    }

    @Test
    @Timeout(3_600)
    void endsWithFilesOrAClearExceptionAndStaysInItsCache() throws IOException {
        Path cache = folder.resolve("cache");
        Path whole = fetch(cache, Duration.ofSeconds(10));
        assertThat(whole.resolve("one.safetensors")).hasBinaryContent(WEIGHTS);
        changes = true;
        FuzzRounds.run(
                "HUB",
                round -> {
                    mutations = round;
                    deleteAll(cache);
                    try {
                        Path fetched = fetch(cache, Duration.ofMillis(500));
                        assertThat(fetched.toRealPath()).startsWith(cache.toRealPath());
                    } finally {
                        assertThat(folder).isDirectoryNotContaining(file -> !file.equals(cache));
                    }
                });
    }

    private static void deleteAll(Path directory) throws IOException {
        if (Files.exists(directory)) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
