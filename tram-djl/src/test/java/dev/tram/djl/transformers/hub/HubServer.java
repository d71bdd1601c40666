package dev.tram.djl.transformers.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A hub on the loopback interface. As on the real one, the endpoint serves small files itself, and
 * answers for large ones with a redirect to another origin, the content server.
 */
final class HubServer implements AutoCloseable {

    static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    /** A request as it arrived. */
    record Request(String server, String method, String path, String token, String range) {}

    /** What happens to one answer of the content server instead of a full body. */
    interface Mishap {
        void answer(HttpExchange exchange, byte[] body, int from) throws IOException;
    }

    final Map<String, byte[]> files = new TreeMap<>();
    final Map<String, byte[]> largeFiles = new TreeMap<>();
    final Map<String, Integer> refused = new ConcurrentHashMap<>();
    final Map<String, String> errorCodes = new ConcurrentHashMap<>();
    final List<Request> requests = new CopyOnWriteArrayList<>();
    final Deque<Mishap> mishaps = new ArrayDeque<>();
    final CountDownLatch end = new CountDownLatch(1);

    String commit = COMMIT;
    String entityTag = "\"content-1\"";
    String announcedSha256;
    long announcedSize = -1;

    /** Whether a large file's length is told at all. */
    volatile boolean announcesSize = true;

    String location;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final HttpServer endpoint = server("endpoint", this::answerEndpoint);
    private final HttpServer content = server("content", this::answerContent);

    private interface Handler {
        void handle(HttpExchange exchange, String path) throws IOException;
    }

    private HttpServer server(String name, Handler handler) {
        try {
            HttpServer server =
                    HttpServer.create(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.setExecutor(threads);
            server.createContext(
                    "/",
                    exchange -> {
                        try (exchange) {
                            String path = exchange.getRequestURI().getRawPath();
                            requests.add(
                                    new Request(
                                            name,
                                            exchange.getRequestMethod(),
                                            path,
                                            header(exchange, "Authorization"),
                                            header(exchange, "Range")));
                            handler.handle(exchange, path);
                        }
                    });
            server.start();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String header(HttpExchange exchange, String name) {
        return exchange.getRequestHeaders().getFirst(name);
    }

    private static String address(HttpServer server) {
        return "http://localhost:" + server.getAddress().getPort();
    }

    String endpoint() {
        return address(endpoint);
    }

    List<Request> transfers() {
        return requests.stream().filter(r -> r.method().equals("GET")).toList();
    }

    private void answerEndpoint(HttpExchange exchange, String path) throws IOException {
        if (path.startsWith("/old/name/")) {
            exchange.getResponseHeaders().set("Location", path.replace("/old/name", "/org/name"));
            exchange.sendResponseHeaders(307, -1);
            return;
        }
        String file = path.replaceFirst("^/org/name/resolve/[^/]+/", "");
        if (commit != null) {
            exchange.getResponseHeaders().set("X-Repo-Commit", commit);
        }
        byte[] small = files.get(file);
        byte[] large = largeFiles.get(file);
        if (refused.containsKey(file)) {
            exchange.getResponseHeaders().set("X-Error-Code", errorCodes.getOrDefault(file, ""));
            exchange.sendResponseHeaders(refused.get(file), -1);
        } else if (small != null) {
            exchange.getResponseHeaders().set("ETag", "\"" + hash(small).substring(0, 40) + "\"");
            send(exchange, 200, small, 0);
        } else if (large != null) {
            redirect(exchange, file, large);
        } else {
            exchange.getResponseHeaders().set("X-Error-Code", "EntryNotFound");
            exchange.sendResponseHeaders(404, -1);
        }
    }

    private void redirect(HttpExchange exchange, String file, byte[] body) throws IOException {
        String sha256 = announcedSha256 == null ? hash(body) : announcedSha256;
        long size = announcedSize < 0 ? body.length : announcedSize;
        exchange.getResponseHeaders().set("X-Linked-ETag", "\"" + sha256 + "\"");
        if (announcesSize) {
            exchange.getResponseHeaders().set("X-Linked-Size", Long.toString(size));
        }
        exchange.getResponseHeaders()
                .set("Location", location == null ? address(content) + "/" + file : location);
        exchange.sendResponseHeaders(302, -1);
    }

    private void answerContent(HttpExchange exchange, String path) throws IOException {
        byte[] body = largeFiles.get(path.substring(1));
        String range = header(exchange, "Range");
        boolean partial = range != null && entityTag.equals(header(exchange, "If-Range"));
        int from = partial ? Integer.parseInt(range.replaceAll("\\D", "")) : 0;
        exchange.getResponseHeaders().set("ETag", entityTag);
        if (partial) {
            exchange.getResponseHeaders()
                    .set(
                            "Content-Range",
                            "bytes " + from + "-" + (body.length - 1) + "/" + body.length);
        }
        Mishap mishap = mishaps.poll();
        if (mishap == null) {
            send(exchange, partial ? 206 : 200, body, from);
        } else {
            mishap.answer(exchange, body, from);
        }
    }

    private static void send(HttpExchange exchange, int status, byte[] body, int from)
            throws IOException {
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
            exchange.sendResponseHeaders(status, -1);
            return;
        }
        exchange.sendResponseHeaders(status, body.length - from);
        exchange.getResponseBody().write(body, from, body.length - from);
    }

    /** Sends the next bytes of a full answer and cuts the connection. */
    static Mishap cutAfter(int bytes) {
        return (exchange, body, from) -> {
            exchange.sendResponseHeaders(from > 0 ? 206 : 200, body.length - from);
            exchange.getResponseBody().write(body, from, bytes);
            exchange.getResponseBody().flush();
        };
    }

    /** Sends the first bytes and then nothing more until the server ends. */
    Mishap stallAfter(int bytes) {
        return (exchange, body, from) -> {
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body, 0, bytes);
            exchange.getResponseBody().flush();
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
    }

    /** Answers with a status alone. */
    static Mishap status(int status) {
        return (exchange, body, from) -> {
            exchange.getResponseHeaders().remove("Content-Range");
            exchange.sendResponseHeaders(status, -1);
        };
    }

    static String hash(byte[] body) {
        return HexFormat.of().formatHex(RemoteFile.newSha256().digest(body));
    }

    static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        end.countDown();
        endpoint.stop(0);
        content.stop(0);
        threads.shutdownNow();
    }
}
